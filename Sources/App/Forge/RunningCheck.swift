import ArgumentParser
import Forge
import Glibc
import Model
import Reports

/// A check run that is under way, and the process that ends it if we do not.
struct RunningCheck: Sendable {
  private let id: Int
  private let address: ForgeAddress
  private let companion: Companion?

  /// The check's name: constant, so that a branch protection can ask for it.
  static func name(of project: String) -> String { "streamgate: \(project)" }

  /// Starts a check run of `commit`.
  static func start(
    project: String, commit: String, runURL: String?, client: ForgeClient
  ) throws(ForgeError) -> RunningCheck {
    let check = try CheckRun.start(
      name(of: project), commit: commit, runURL: runURL, client: client)
    let companion = Companion.start(
      ["streamgate", CheckWatchCommand.name], environment: Environment.variables)
    companion?.send(CheckWatchCommand.Errand(id: check.id, address: client.address).line)
    return RunningCheck(id: check.id, address: client.address, companion: companion)
  }

  /// Ends it with a verdict; `report` is nil where there is none.
  func end(_ report: Report?, _ code: ExitCode, why: String?) throws(ForgeError) {
    // Whatever comes of it here, the companion has nothing left to do; where it failed, it is the
    // second who tries.
    defer { companion?.end() }
    let client: ForgeClient
    do throws(Failure) {
      client = try ForgeClient.open(address)
    } catch {
      throw .unexpected(what: error.what)
    }
    let words = RunningCheck.words(report, code, why: why)
    try CheckRun(id: id, client: client).complete(
      words.conclusion, title: words.title, summary: words.summary)
    companion?.send(CheckWatchCommand.done)
  }

  /// What a check says of a verdict.
  private static func words(
    _ report: Report?, _ code: ExitCode, why: String?
  ) -> (conclusion: CheckRun.Conclusion, title: String, summary: String) {
    let conclusion: CheckRun.Conclusion
    switch code {
    case .pass: conclusion = report?.verdict.kind == .inconclusive ? .neutral : .success
    case .inconclusive: conclusion = .neutral
    case .interrupted, .terminated: conclusion = .cancelled
    default: conclusion = .failure
    }
    guard let model = report?.model else {
      let title = "no verdict: " + (why ?? "exit code \(code.rawValue)")
      return (conclusion, String(title.prefix(titleMax)), "The job's log says why.")
    }
    let summary = String(decoding: CommentReport.bytes([model]), as: UTF8.self)
    return (conclusion, String(model.verdictLine.prefix(titleMax)), summary)
  }

  /// Characters of a title: GitHub cuts at 255.
  private static let titleMax = 250
}

/// Waits beside a run until it has ended its check run, and ends it for a run that died.
struct CheckWatchCommand: ParsableCommand {
  static let name = "check-watch"
  /// The line that says that there is nothing to do.
  static let done = "done"

  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Started by run: ends its check run if it dies.",
    shouldDisplay: false)

  /// What it is told first.
  struct Errand {
    var id: Int
    var address: ForgeAddress

    var line: String {
      let value = JSONValue.object([
        JSONMember("id", .integer(Int64(id))), JSONMember("api_url", .string(address.apiURL)),
        JSONMember("repository", .string(address.repository)),
      ])
      return String(decoding: JSONWriter.bytes(value), as: UTF8.self)
    }
  }

  func run() throws {
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
    guard let line = readLine(), let value = try? JSONReader.parse(Array(line.utf8)),
      let id = value["id"]?.intValue, let url = value["api_url"]?.stringValue,
      let repository = value["repository"]?.stringValue,
      let address = ForgeAddress(kind: .github, apiURL: url, repository: repository)
    else { throw ValidationError("\(CheckWatchCommand.name) is started by streamgate run alone.") }
    while let line = readLine() {
      if line == CheckWatchCommand.done { return }
    }
    let client = try ForgeClient.open(address)
    do throws(ForgeError) {
      try CheckRun(id: id, client: client).complete(
        .cancelled, title: "no verdict arrived",
        summary: "streamgate ended before it could tell its verdict: the job's log says more.")
    } catch {
      // Nobody hears a companion: its run is gone.
      throw ExitCode.unavailable
    }
  }
}
