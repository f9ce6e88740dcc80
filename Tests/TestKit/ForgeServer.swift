import Foundation
public import Model

/// A forge on loopback: comments of pull requests, check runs and who a token is, in the shape of
/// GitHub's, Gitea's or GitLab's interface, with pages, refusals and faults as a test wants them.
///
/// Repository `acme/gateway`, pull request 7, unless a test adds others. Real HTTP: what a client
/// does wrong with it shows.
public final class ForgeServer: Sendable {
  /// Whose interface it has.
  public enum Shape: String, Sendable, CaseIterable {
    /// GitHub's, also of GitHub Enterprise.
    case github
    /// Gitea's and Forgejo's: all comments at once, whatever page is asked for.
    case gitea
    /// GitLab's.
    case gitlab
  }

  /// A user, and what its token may.
  public struct User: Sendable {
    /// The user's number.
    public var id: Int
    /// The user's name.
    public var name: String
    /// True for a machine's.
    public var isBot: Bool
    /// True if the token may ask who it is; a job's may not.
    public var canAskWhoItIs: Bool
    /// True if it may write comments; a fork's may not.
    public var canComment: Bool
    /// True if it may write check runs.
    public var canCheck: Bool

    /// A user.
    public init(
      id: Int = 1, name: String = "gate", isBot: Bool = false, canAskWhoItIs: Bool = true,
      canComment: Bool = true, canCheck: Bool = true
    ) {
      self.id = id
      self.name = name
      self.isBot = isBot
      self.canAskWhoItIs = canAskWhoItIs
      self.canComment = canComment
      self.canCheck = canCheck
    }

    /// A job of GitHub's: it may comment and not ask who it is.
    public static let job = User(
      id: 41_898_282, name: "github-actions[bot]", isBot: true, canAskWhoItIs: false)
  }

  /// A comment as the forge has it.
  public struct Comment: Sendable, Equatable {
    /// Larger for a later one.
    public var id: Int
    /// The pull request.
    public var pullRequest: Int
    /// The text.
    public var body: String
    /// Its author's number.
    public var author: Int
  }

  /// An open pull request.
  public struct Pull: Sendable {
    /// Its number.
    public var number: Int
    /// The commit that its branch is at.
    public var head: String
    /// The repository that it comes from.
    public var headRepository: String

    /// A pull request.
    public init(number: Int, head: String, headRepository: String = "acme/gateway") {
      (self.number, self.head, self.headRepository) = (number, head, headRepository)
    }
  }

  /// A check run as the forge has it.
  public struct Check: Sendable {
    /// Its id.
    public var id: Int
    /// Its members as they were sent, later ones over earlier ones.
    public var value: JSONValue
  }

  /// A request as it came.
  public struct Request: Sendable {
    /// GET, POST and so on.
    public var method: String
    /// The path with its query.
    public var target: String
    /// All header lines.
    public var head: String
    /// The body.
    public var body: String
  }

  /// What goes wrong with a request.
  public enum Fault: Sendable {
    /// This status, with these headers and a body of JSON; the request has no effect.
    case answer(Int, headers: [String], body: String)
    /// The request has its effect, and its answer never comes: the connection is reset.
    case doneAndReset
    /// The connection is reset before anything is done.
    case reset
    /// No answer, until the client goes.
    case silence
  }

  struct State: Sendable {
    var users: [String: User]
    var comments: [Comment] = []
    var pulls: [Pull] = []
    var checks: [Check] = []
    var requests: [Request] = []
    var faults: [(method: String, fault: Fault)] = []
    var standingFaults: [(pathEnd: String, fault: Fault)] = []
    var nextID = 101
    /// How many lists of comments must have been answered before a comment is made.
    var listsBeforeCreation = 0
    var lists = 0
    /// What happens once, after the next request of that method.
    var afterNext: (method: String, change: @Sendable (inout State) -> Void)?
  }

  /// Its shape.
  public let shape: Shape
  /// Comments of a page, however many are asked for.
  public let pageSize: Int
  let state: Locked<State>
  private let server: RawServer

  /// A forge that knows these tokens.
  public init(_ shape: Shape, users: [String: User], pageSize: Int = 100) throws {
    self.shape = shape
    self.pageSize = pageSize
    let state = Locked(State(users: users))
    self.state = state
    server = try RawServer { connection, _ in
      ForgeServer.serve(connection, shape, pageSize, state)
    }
    add(Pull(number: 7, head: String(repeating: "4f2a9c1be0", count: 4)))
  }

  deinit {
    server.stop()
  }

  /// Where it is.
  public var url: String { server.url }

  /// The address of its interface.
  public var apiURL: String {
    switch shape {
    case .github: url + "/api/v3"
    case .gitea: url + "/api/v1"
    case .gitlab: url + "/api/v4"
    }
  }

  /// What it has, oldest first.
  public var comments: [Comment] { state.withLock { $0.comments } }
  /// What it has, oldest first.
  public var checks: [Check] { state.withLock { $0.checks } }
  /// What came, in order.
  public var requests: [Request] { state.withLock { $0.requests } }

  /// Opens a pull request.
  public func add(_ pull: Pull) {
    state.withLock { state in
      state.pulls.removeAll { $0.number == pull.number }
      state.pulls.append(pull)
    }
  }

  /// Adds a comment of a user, by the user's number; gives its id.
  @discardableResult
  public func comment(_ body: String, by author: Int, in pullRequest: Int = 7) -> Int {
    state.withLock { $0.add(body, author, pullRequest) }
  }

  /// Lets the next requests of that method go wrong, one each; `*` is any method.
  public func fail(_ method: String, _ faults: Fault...) {
    state.withLock { $0.faults += faults.map { (method, $0) } }
  }

  /// Lets every request of a path with that end go wrong.
  public func failAlways(_ pathEnd: String, _ fault: Fault) {
    state.withLock { $0.standingFaults.append((pathEnd, fault)) }
  }

  /// Does something right after the next request of that method, as another client would.
  public func afterNext(
    _ method: String, _ change: @escaping @Sendable (_ comments: inout [Comment]) -> Void
  ) {
    state.withLock { state in
      state.afterNext = (method, { change(&$0.comments) })
    }
  }

  /// Makes the first comment wait until so many lists of comments have been answered from now on:
  /// two jobs then both find nothing before either writes.
  public func holdCreation(untilLists count: Int) {
    state.withLock { state in
      state.listsBeforeCreation = count
      state.lists = 0
    }
  }

  /// Forgets comments, check runs and requests.
  public func clear() {
    state.withLock { ($0.comments, $0.checks, $0.requests) = ([], [], []) }
  }
}

extension ForgeServer.State {
  mutating func add(_ body: String, _ author: Int, _ pullRequest: Int) -> Int {
    let id = nextID
    nextID += 1
    comments.append(
      ForgeServer.Comment(id: id, pullRequest: pullRequest, body: body, author: author))
    return id
  }

  /// The fault that is due for a request: one of its path, else one of its method, which is then
  /// spent.
  mutating func takeFault(_ request: ForgeServer.Request) -> ForgeServer.Fault? {
    let path = request.target.prefix { $0 != "?" }
    if let standing = standingFaults.first(where: { path.hasSuffix($0.pathEnd) }) {
      return standing.fault
    }
    let method = request.method
    guard let index = faults.firstIndex(where: { $0.method == method || $0.method == "*" })
    else { return nil }
    return faults.remove(at: index).fault
  }
}
