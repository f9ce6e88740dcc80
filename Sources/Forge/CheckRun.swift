import Model

/// A check run of a commit on GitHub: a line among the pull request's checks that a branch
/// protection can ask for.
public struct CheckRun: Sendable {
  /// How it ended.
  public enum Conclusion: String, Sendable {
    /// Passed.
    case success
    /// Blocks.
    case failure
    /// Says nothing against it.
    case neutral
    /// Was stopped.
    case cancelled
  }

  private let client: ForgeClient
  /// Its number on the forge.
  public let id: Int

  /// A check run that is there already.
  public init(id: Int, client: ForgeClient) {
    self.id = id
    self.client = client
  }

  /// Starts one under a name that must stay the same from run to run: branch protection knows it
  /// by that.
  public static func start(
    _ name: String, commit: String, runURL: String?, client: ForgeClient
  ) throws(ForgeError) -> CheckRun {
    var members = [
      JSONMember("name", .string(name)), JSONMember("head_sha", .string(commit)),
      JSONMember("status", .string("in_progress")),
    ]
    if let runURL { members.append(JSONMember("details_url", .string(runURL))) }
    let answer = try client.send(
      .init(
        method: "POST", path: client.address.repositoryPath + "/check-runs",
        body: .object(members), isCreation: true))
    guard let id = answer.value["id"]?.intValue else {
      throw .unexpected(what: "a check run without an id")
    }
    return CheckRun(id: id, client: client)
  }

  /// Ends it; may be done again, the last word stays. `summary` is Markdown of at most 65,535
  /// characters.
  public func complete(
    _ conclusion: Conclusion, title: String, summary: String
  ) throws(ForgeError) {
    let output = JSONValue.object([
      JSONMember("title", .string(title)), JSONMember("summary", .string(summary)),
    ])
    _ = try client.send(
      .init(
        method: "PATCH", path: client.address.repositoryPath + "/check-runs/\(id)",
        body: .object([
          JSONMember("status", .string("completed")),
          JSONMember("conclusion", .string(conclusion.rawValue)), JSONMember("output", output),
        ])))
  }
}
