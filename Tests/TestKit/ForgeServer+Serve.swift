import Foundation
import Model

extension ForgeServer {
  /// What is answered.
  struct Reply {
    var status: Int
    var headers: [String] = []
    var value: JSONValue?

    static func message(_ status: Int, _ text: String) -> Reply {
      Reply(status: status, value: .object([JSONMember("message", .string(text))]))
    }

    static let notFound = message(404, "Not Found")
  }

  static func serve(
    _ connection: RawConnection, _ shape: Shape, _ pageSize: Int, _ state: Locked<State>
  ) {
    while let text = connection.readRequest() {
      let request = Request(text)
      let fault = state.withLock { state -> Fault? in
        state.requests.append(request)
        return state.takeFault(request)
      }
      switch fault {
      case .reset: return connection.reset()
      case .silence:
        connection.waitForClose()
        return connection.close()
      case .answer(let status, let headers, let body):
        connection.send(http(status, headers, body))
        continue
      case .doneAndReset, nil: break
      }
      let reply = Router(shape: shape, pageSize: pageSize, state: state, request: request).reply()
      state.withLock { state in
        guard let after = state.afterNext, after.method == request.method else { return }
        state.afterNext = nil
        after.change(&state)
      }
      if case .doneAndReset = fault { return connection.reset() }
      let body = reply.value.map { String(decoding: JSONWriter.bytes($0), as: UTF8.self) }
      connection.send(http(reply.status, reply.headers, body ?? ""))
    }
    connection.close()
  }

  private static func http(_ status: Int, _ headers: [String], _ body: String) -> String {
    let lines =
      ["HTTP/1.1 \(status) X", "Content-Type: application/json; charset=utf-8"]
      + (status == 204 ? [] : ["Content-Length: \(body.utf8.count)"]) + headers
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + (status == 204 ? "" : body)
  }
}

extension ForgeServer.Request {
  init(_ text: String) {
    let end = text.range(of: "\r\n\r\n")
    head = String(text[..<(end?.lowerBound ?? text.endIndex)])
    body = end.map { String(text[$0.upperBound...]) } ?? ""
    let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
    method = words.first.map(String.init) ?? ""
    target = words.count > 1 ? String(words[1]) : ""
  }

  /// The value of a header, by its lower-case name.
  public func header(_ name: String) -> String? {
    head.components(separatedBy: "\r\n").dropFirst().lazy.compactMap { line -> String? in
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else {
        return nil
      }
      return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }.first
  }

  var segments: [String] {
    target.prefix { $0 != "?" }.split(separator: "/").map(String.init)
  }

  func query(_ name: String) -> Int? {
    URLComponents(string: target)?.queryItems?.first { $0.name == name }?.value.flatMap { Int($0) }
  }

  var json: JSONValue { (try? JSONReader.parse(Array(body.utf8))) ?? .null }
}

/// Answers one request.
private struct Router {
  typealias Reply = ForgeServer.Reply

  let shape: ForgeServer.Shape
  let pageSize: Int
  let state: Locked<ForgeServer.State>
  let request: ForgeServer.Request

  private var user: ForgeServer.User? {
    let token: String?
    switch shape {
    case .github:
      token = request.header("authorization").flatMap(after("Bearer "))
    case .gitea:
      token = request.header("authorization").flatMap(after("token "))
    case .gitlab:
      token = request.header("private-token")
    }
    return token.flatMap { token in state.withLock { $0.users[token] } }
  }

  private func after(_ lead: String) -> (String) -> String? {
    { $0.hasPrefix(lead) ? String($0.dropFirst(lead.count)) : nil }
  }

  func reply() -> Reply {
    // GitHub refuses whoever does not say what it is.
    guard request.header("user-agent") != nil else {
      return .message(403, "Request forbidden by administrative rules.")
    }
    guard let user else { return .message(401, "Bad credentials") }
    let path = Array(request.segments.dropFirst(2))  // without api, v3
    if path == ["user"] {
      return user.canAskWhoItIs
        ? Reply(status: 200, value: value(of: user))
        : .message(403, "Resource not accessible by integration")
    }
    let root = shape == .gitlab ? ["projects", "acme%2Fgateway"] : ["repos", "acme", "gateway"]
    guard path.starts(with: root) else { return .notFound }
    let rest = Array(path.dropFirst(root.count))
    if let comments = commentReply(rest, user) { return comments }
    if let pulls = pullReply(rest) { return pulls }
    if shape == .github, rest.first == "check-runs" { return checkReply(rest, user) }
    if shape == .github, rest.first == "commits", rest.last == "check-runs" {
      return checkList(of: rest[1])
    }
    return .notFound
  }

  // MARK: Comments

  private func commentReply(_ path: [String], _ user: ForgeServer.User) -> Reply? {
    let pull: Int?
    let id: Int?
    if shape == .gitlab {
      guard path.count >= 3, path[0] == "merge_requests", path[2] == "notes" else { return nil }
      (pull, id) = (Int(path[1]), path.count == 4 ? Int(path[3]) : nil)
    } else if path.starts(with: ["issues", "comments"]) {
      (pull, id) = (nil, path.last.flatMap { Int($0) })
    } else {
      guard path.count == 3, path[0] == "issues", path[2] == "comments" else { return nil }
      (pull, id) = (Int(path[1]), nil)
    }
    if let pull, !state.withLock({ $0.pulls.contains { $0.number == pull } }) { return .notFound }
    if request.method == "GET" { return list(pull ?? 0) }
    guard user.canComment else { return .message(403, "Resource not accessible by integration") }
    return id.map { change($0, user) } ?? create(pull ?? 0, user)
  }

  private func list(_ pull: Int) -> Reply {
    let (found, users) = state.withLockNotifying { state in
      state.lists += 1
      return (state.comments.filter { $0.pullRequest == pull }, state.users)
    }
    let values = found.map { value(of: $0, users) }
    guard shape != .gitea else { return Reply(status: 200, value: .array(values)) }
    let size = min(request.query("per_page") ?? 20, pageSize)
    let page = request.query("page") ?? 1
    let part = values.dropFirst((page - 1) * size).prefix(size)
    let isMore = values.count > page * size
    let next = "<http://forge.test/next?page=\(page + 1)>; rel=\"next\""
    return Reply(
      status: 200, headers: isMore ? ["Link: \(next)"] : [], value: .array(Array(part)))
  }

  private func create(_ pull: Int, _ user: ForgeServer.User) -> Reply {
    let body = request.json["body"]?.stringValue ?? ""
    guard !body.isEmpty, body.unicodeScalars.count <= 65_536 else {
      return .message(422, "Validation Failed")
    }
    return state.withLock(when: { $0.lists >= $0.listsBeforeCreation }) { state in
      let id = state.add(body, user.id, pull)
      let comment = state.comments.first { $0.id == id }
      return Reply(status: 201, value: comment.map { value(of: $0, state.users) })
    }
  }

  private func change(_ id: Int, _ user: ForgeServer.User) -> Reply {
    let body = request.json["body"]?.stringValue
    return state.withLock { state in
      guard let index = state.comments.firstIndex(where: { $0.id == id }) else {
        return .notFound
      }
      guard state.comments[index].author == user.id else {
        return .message(403, "Must have admin rights to Repository.")
      }
      switch (request.method, body) {
      case ("DELETE", _):
        state.comments.remove(at: index)
        return Reply(status: 204)
      case (shape == .gitlab ? "PUT" : "PATCH", .some(let body)):
        guard body.unicodeScalars.count <= 65_536 else { return .message(422, "too long") }
        state.comments[index].body = body
        return Reply(status: 200, value: value(of: state.comments[index], state.users))
      default: return .message(405, "Method Not Allowed")
      }
    }
  }

  private func value(of user: ForgeServer.User) -> JSONValue {
    var members = [
      JSONMember("id", .integer(Int64(user.id))),
      JSONMember(shape == .gitlab ? "username" : "login", .string(user.name)),
    ]
    if shape == .github { members.append(JSONMember("type", .string(user.isBot ? "Bot" : "User"))) }
    return .object(members)
  }

  private func value(
    of comment: ForgeServer.Comment, _ users: [String: ForgeServer.User]
  ) -> JSONValue {
    let user =
      users.values.first { $0.id == comment.author }
      ?? ForgeServer.User(id: comment.author, name: "user-\(comment.author)")
    return .object([
      JSONMember("id", .integer(Int64(comment.id))), JSONMember("body", .string(comment.body)),
      JSONMember(shape == .gitlab ? "author" : "user", value(of: user)),
    ])
  }

  // MARK: Pull requests

  private func pullReply(_ path: [String]) -> Reply? {
    guard path.first == (shape == .gitlab ? "merge_requests" : "pulls") else { return nil }
    let pulls = state.withLock { $0.pulls }
    if path.count == 2 {
      guard let pull = pulls.first(where: { String($0.number) == path[1] }) else {
        return .notFound
      }
      return Reply(status: 200, value: value(of: pull))
    }
    let size = min(request.query("per_page") ?? request.query("limit") ?? 30, pageSize)
    let page = request.query("page") ?? 1
    let part = pulls.dropFirst((page - 1) * size).prefix(size)
    let isMore = pulls.count > page * size
    return Reply(
      status: 200, headers: isMore ? ["Link: <http://forge.test/next>; rel=\"next\""] : [],
      value: .array(part.map(value)))
  }

  private func value(of pull: ForgeServer.Pull) -> JSONValue {
    guard shape != .gitlab else {
      return .object([
        JSONMember("iid", .integer(Int64(pull.number))), JSONMember("sha", .string(pull.head)),
      ])
    }
    let repository = JSONValue.object([JSONMember("full_name", .string(pull.headRepository))])
    return .object([
      JSONMember("number", .integer(Int64(pull.number))),
      JSONMember("state", .string("open")),
      JSONMember(
        "head", .object([JSONMember("sha", .string(pull.head)), JSONMember("repo", repository)])),
    ])
  }

  // MARK: Check runs

  private func checkList(of commit: String) -> Reply {
    let name = URLComponents(string: request.target)?.queryItems?
      .first { $0.name == "check_name" }?.value
    let found = state.withLock { state in
      state.checks.filter { check in
        check.value["head_sha"]?.stringValue == commit && check.value["name"]?.stringValue == name
      }
    }
    let values = found.reversed().map { check in
      check.value.merging(.object([JSONMember("id", .integer(Int64(check.id)))]))
    }
    return Reply(
      status: 200,
      value: .object([
        JSONMember("total_count", .integer(Int64(values.count))),
        JSONMember("check_runs", .array(values)),
      ]))
  }

  private func checkReply(_ path: [String], _ user: ForgeServer.User) -> Reply {
    guard user.canCheck else { return .message(403, "Resource not accessible by integration") }
    let sent = request.json
    return state.withLock { state in
      if path.count == 1, request.method == "POST" {
        let check = ForgeServer.Check(id: state.nextID, value: sent)
        state.nextID += 1
        state.checks.append(check)
        return Reply(status: 201, value: .object([JSONMember("id", .integer(Int64(check.id)))]))
      }
      let found = state.checks.firstIndex { path.count == 2 && String($0.id) == path[1] }
      guard let index = found, request.method == "PATCH" else { return .notFound }
      state.checks[index].value = state.checks[index].value.merging(sent)
      return Reply(status: 200, value: .object([JSONMember("id", .integer(0))]))
    }
  }
}
