import Model

extension ForgeClient {
  /// Pages of open pull requests that are looked through.
  static let pullPagesMax = 30

  /// The number of the open pull request whose branch is at `commit` in `repository`, nil if there
  /// is none any more. For GitHub and Gitea, whose events tell of a run and not of its pull
  /// request.
  public func openPullRequest(
    commit: String, repository: String?
  ) throws(ForgeError) -> Int? {
    guard address.kind != .gitlab, let repository = repository?.lowercased() else { return nil }
    let size = address.kind == .gitea ? "limit=50" : "per_page=100"
    var seen: Set<Int> = []
    for page in 1...ForgeClient.pullPagesMax {
      let answer = try send(
        .init(path: "\(address.repositoryPath)/pulls?state=open&\(size)&page=\(page)"))
      guard let pulls = answer.value.arrayValue else {
        throw .unexpected(what: "a list of pull requests that is none")
      }
      var isNew = false
      for pull in pulls {
        guard let number = pull["number"]?.intValue, seen.insert(number).inserted else { continue }
        isNew = true
        let head = pull["head"]
        let source = head?["repo"]?["full_name"]?.stringValue?.lowercased()
        if head?["sha"]?.stringValue == commit, source == repository { return number }
      }
      if !isNew || !(answer.hasNext ?? true) { return nil }
    }
    return nil
  }

  /// The commit that a pull request's branch is at now; nil where the forge does not tell, or not
  /// soon.
  public func headCommit(ofPullRequest number: Int) -> String? {
    Comments(client: self, pullRequest: number).headCommit()
  }
}
