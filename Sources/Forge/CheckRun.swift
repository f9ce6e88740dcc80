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

  /// How often a creation is sent of which nobody knows whether it succeeded.
  static let creationsMax = 4

  /// Starts one under a name that must stay the same from run to run: branch protection knows it
  /// by that. `mark` tells this one from all others, so that one whose answer was lost is found
  /// again and no second one made.
  public static func start(
    _ name: String, commit: String, runURL: String?, mark: String, client: ForgeClient
  ) throws(ForgeError) -> CheckRun {
    var members = [
      JSONMember("name", .string(name)), JSONMember("head_sha", .string(commit)),
      JSONMember("status", .string("in_progress")), JSONMember("external_id", .string(mark)),
    ]
    if let runURL { members.append(JSONMember("details_url", .string(runURL))) }
    var pause = client.patience.firstPause
    var number = 1
    while true {
      do throws(ForgeError) {
        let answer = try client.send(
          .init(
            method: "POST", path: client.address.repositoryPath + "/check-runs",
            body: .object(members), isCreation: true))
        guard let id = answer.value["id"]?.intValue else {
          throw .unexpected(what: "a check run without an id")
        }
        return CheckRun(id: id, client: client)
      } catch .unreachable(let reason) {
        guard number < creationsMax, client.hasTime(after: pause) else {
          throw .unreachable(reason: reason)
        }
      }
      client.sleep(pause)
      pause = pause + pause
      number += 1
      if let id = try find(mark, name: name, commit: commit, client: client) {
        return CheckRun(id: id, client: client)
      }
    }
  }

  /// The number of the check run of that mark, nil where there is none.
  private static func find(
    _ mark: String, name: String, commit: String, client: ForgeClient
  ) throws(ForgeError) -> Int? {
    // The newest of that name come first.
    let place = client.address.repositoryPath + "/commits/\(commit)/check-runs"
    let query = "?filter=all&check_name=" + RemoteAddress.percentEncoded(name)
    let answer = try client.send(.init(path: place + query))
    let runs = answer.value["check_runs"]?.arrayValue ?? []
    return runs.first { $0["external_id"]?.stringValue == mark }?["id"]?.intValue
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
