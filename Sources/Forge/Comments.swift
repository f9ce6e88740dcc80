import Model

/// The comments of one pull request: GitHub's and Gitea's of its issue, GitLab's notes.
struct Comments {
  /// Comments of a page.
  private static let pageSize = 100
  /// Pages that are read; a pull request with more is one that nobody reads.
  static let pagesMax = 100

  /// One comment.
  struct Comment: Equatable {
    /// Larger for a later one.
    var id: Int
    var body: String
    var author: Author
  }

  /// Who wrote it.
  struct Author: Equatable {
    var id: Int?
    var name: String
    var isBot: Bool
  }

  let client: ForgeClient
  let pullRequest: Int

  private var isNotes: Bool { client.address.kind == .gitlab }

  /// Where the comments of this pull request are.
  private var list: String {
    let repository = client.address.repositoryPath
    return isNotes
      ? "\(repository)/merge_requests/\(pullRequest)/notes"
      : "\(repository)/issues/\(pullRequest)/comments"
  }

  private func place(_ id: Int) -> String {
    isNotes ? "\(list)/\(id)" : "\(client.address.repositoryPath)/issues/comments/\(id)"
  }

  /// Who the token speaks for; nil where the forge does not tell, as GitHub's of a job.
  func me() throws(ForgeError) -> Author? {
    do {
      return author(try client.send(.init(path: "/user")).value)
    } catch .refused(let status, let said) {
      if status == 401 { throw .refused(status: status, said: said) }
      return nil
    }
  }

  /// All comments, each once. A forge that knows no pages sends all with each.
  func all() throws(ForgeError) -> [Comment] {
    var comments: [Comment] = []
    var seen: Set<Int> = []
    for page in 1...Comments.pagesMax {
      let size = client.address.kind == .gitea ? "limit" : "per_page"
      let answer = try client.send(
        .init(path: "\(list)?\(size)=\(Comments.pageSize)&page=\(page)"))
      guard let values = answer.value.arrayValue else {
        throw .unexpected(what: "a list of comments that is none")
      }
      let new = values.compactMap(comment).filter { seen.insert($0.id).inserted }
      comments += new
      if new.isEmpty || !(answer.hasNext ?? (values.count >= Comments.pageSize)) { break }
    }
    return comments
  }

  func create(_ body: String) throws(ForgeError) -> Int {
    let answer = try client.send(
      .init(method: "POST", path: list, body: text(body), isCreation: true))
    guard let id = answer.value["id"]?.intValue else {
      throw .unexpected(what: "a new comment without an id")
    }
    return id
  }

  /// False if the comment is gone.
  func update(_ id: Int, _ body: String) throws(ForgeError) -> Bool {
    try unlessGone {
      () throws(ForgeError) in
      _ = try client.send(
        .init(method: isNotes ? "PUT" : "PATCH", path: place(id), body: text(body)))
    }
  }

  /// Deletes a comment that may be gone already.
  func delete(_ id: Int) throws(ForgeError) {
    _ = try unlessGone { () throws(ForgeError) in
      _ = try client.send(.init(method: "DELETE", path: place(id)))
    }
  }

  /// The commit that the pull request's branch is at now; nil where the forge does not tell, or
  /// not soon: no comment waits for it.
  func headCommit() -> String? {
    let repository = client.address.repositoryPath
    let path = isNotes ? "merge_requests" : "pulls"
    let request = ForgeClient.Request(path: "\(repository)/\(path)/\(pullRequest)")
    guard let value = try? client.hasty.send(request).value else { return nil }
    return (isNotes ? value["sha"] : value["head"]?["sha"])?.stringValue
  }

  private func unlessGone(_ body: () throws(ForgeError) -> Void) throws(ForgeError) -> Bool {
    do {
      try body()
      return true
    } catch .refused(let status, _) where status == 404 || status == 410 {
      return false
    }
  }

  private func text(_ body: String) -> JSONValue {
    .object([JSONMember("body", .string(body))])
  }

  private func comment(_ value: JSONValue) -> Comment? {
    guard let id = value["id"]?.intValue, let body = value["body"]?.stringValue,
      let author = author(value[isNotes ? "author" : "user"])
    else { return nil }
    return Comment(id: id, body: body, author: author)
  }

  private func author(_ value: JSONValue?) -> Author? {
    guard let value else { return nil }
    let name = (value["login"] ?? value["username"])?.stringValue ?? ""
    let id = value["id"]?.intValue
    guard id != nil || !name.isEmpty else { return nil }
    return Author(id: id, name: name, isBot: isBot(value, name))
  }

  /// What the forge calls a machine: GitHub's type, Gitea's user of its jobs, GitLab's users of
  /// project and group tokens.
  private func isBot(_ value: JSONValue, _ name: String) -> Bool {
    switch client.address.kind {
    case .github: value["type"]?.stringValue == "Bot"
    case .gitea: ["gitea-actions", "forgejo-actions", "actions-user"].contains(name)
    case .gitlab:
      (value["bot"]?.boolValue ?? false)
        || (name.contains("_bot") && ["project_", "group_"].contains(where: name.hasPrefix))
    }
  }
}
