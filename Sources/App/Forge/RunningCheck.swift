import ArgumentParser
import Forge
import Glibc
import Model
import Plan
import Reports

/// A check run that is under way, and the process that ends it if we do not.
struct RunningCheck: Sendable {
  private let id: Int
  private let address: ForgeAddress
  private let companion: Companion?

  /// Starts a check run of `commit`.
  static func start(
    _ name: CheckName, commit: String, runURL: String?, client: ForgeClient
  ) throws(ForgeError) -> RunningCheck {
    // Two jobs of one commit may start theirs at once: no seed makes it.
    var random = SystemRandomNumberGenerator()
    let mark = [random.next(), random.next()].map { String($0, radix: 36) }.joined()
    let check = try CheckRun.start(
      name.text, commit: commit, runURL: runURL, mark: mark, client: client)
    let companion = Companion.start(
      ["streamgate", CheckWatchCommand.name], environment: Environment.variables)
    companion?.send(CheckWatchCommand.Errand(id: check.id, address: client.address).line)
    return RunningCheck(id: check.id, address: client.address, companion: companion)
  }

  /// Ends it with a verdict; `report` is nil where there is none.
  func end(
    _ report: Report?, _ code: ExitCode, why: String?, _ budget: ForgeBudget
  ) throws(ForgeError) {
    // Whatever comes of it here, the companion has nothing left to do; where it failed, or nobody
    // knows whether it did, it is the second who tries: with the same words, in what time is left.
    defer {
      companion?.send(CheckWatchCommand.line(patience: budget.companion(now: Clock.monotonic())))
      companion?.end()
    }
    let words = CheckWords(report, code, why: why)
    companion?.send(words.line)
    let client: ForgeClient
    do throws(Failure) {
      client = try ForgeClient.open(
        address, patience: ForgePatience().within(budget.check(now: Clock.monotonic())))
    } catch {
      throw .unexpected(what: error.what)
    }
    try words.complete(CheckRun(id: id, client: client))
    companion?.send(CheckWatchCommand.done)
  }
}

/// What a check run is called: constant from run to run, so that a branch protection can ask for
/// it, and another one for each gate of a project, since of two checks of one name on a commit the
/// later alone counts.
struct CheckName: Sendable, Equatable {
  var project: String
  /// The environment's name, without the digest of the plan, which changes with the plan.
  var environment: String
  /// The plan file as `--config` names it.
  var plan: String
  /// The value of `--size`, nil where the plan's own holds.
  var size: String?

  /// The project, and behind it whatever is not as it is without flags and keys.
  var text: String {
    var path = plan[...]
    while path.hasPrefix("./") { path = path.dropFirst(2) }
    // Where a runner has its folders is no part of a name.
    if path.hasPrefix("/") { path = path.split(separator: "/").last ?? "" }
    let parts = [
      environment == GatePlan().environment ? nil : environment,
      path == GlobalOptions.defaultConfig ? nil : String(path), size,
    ].compactMap { $0 }
    return "streamgate: \(project)" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
  }
}

/// What a check run ends with.
struct CheckWords: Sendable, Equatable {
  var conclusion: CheckRun.Conclusion
  /// One line.
  var title: String
  /// Markdown.
  var summary: String

  /// Characters of a title: GitHub cuts at 255.
  private static let titleMax = 250

  /// What is said where nobody told a verdict.
  static let unknown = CheckWords(
    conclusion: .cancelled, title: "no verdict arrived",
    summary: "streamgate ended before it could tell its verdict: the job's log says more.")

  private init(conclusion: CheckRun.Conclusion, title: String, summary: String) {
    (self.conclusion, self.title, self.summary) = (conclusion, title, summary)
  }

  /// What a check says of a verdict.
  init(_ report: Report?, _ code: ExitCode, why: String?) {
    switch code {
    case .pass: conclusion = report?.verdict.kind == .inconclusive ? .neutral : .success
    case .inconclusive: conclusion = .neutral
    case .interrupted, .terminated: conclusion = .cancelled
    default: conclusion = .failure
    }
    guard let model = report?.model else {
      let title = "no verdict: " + (why ?? "exit code \(code.rawValue)")
      self.title = String(title.prefix(CheckWords.titleMax))
      summary = "The job's log says why."
      return
    }
    title = String(model.verdictLine.prefix(CheckWords.titleMax))
    summary = String(decoding: CommentReport([model]).bytes(), as: UTF8.self)
  }

  /// The words as a line for another process.
  var line: String {
    let value = JSONValue.object([
      JSONMember("conclusion", .string(conclusion.rawValue)), JSONMember("title", .string(title)),
      JSONMember("summary", .string(summary)),
    ])
    return String(decoding: JSONWriter.bytes(value), as: UTF8.self)
  }

  /// The words of a line; nil for any other line.
  init?(line: String) {
    guard let value = try? JSONReader.parse(Array(line.utf8)),
      let conclusion = value["conclusion"]?.stringValue.flatMap(CheckRun.Conclusion.init),
      let title = value["title"]?.stringValue, let summary = value["summary"]?.stringValue
    else { return nil }
    self.init(conclusion: conclusion, title: title, summary: summary)
  }

  /// Ends a check run with these words.
  func complete(_ check: CheckRun) throws(ForgeError) {
    try check.complete(conclusion, title: title, summary: summary)
  }
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

  /// The line that says how long the forge may be asked: somebody waits.
  static func line(patience: Nanos) -> String {
    String(
      decoding: JSONWriter.bytes(.object([JSONMember("patience_s", .number(patience.seconds))])),
      as: UTF8.self)
  }

  /// What such a line says, nil for any other.
  static func patience(line: String) -> Nanos? {
    let seconds = (try? JSONReader.parse(Array(line.utf8)))?["patience_s"]?.doubleValue
    return seconds.flatMap { $0 > 0 && $0 < 3_600 ? Nanos(seconds: $0) : nil }
  }

  func run() throws {
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
    guard let line = readLine(), let value = try? JSONReader.parse(Array(line.utf8)),
      let id = value["id"]?.intValue, let url = value["api_url"]?.stringValue,
      let repository = value["repository"]?.stringValue,
      let address = ForgeAddress(kind: .github, apiURL: url, repository: repository)
    else { throw ValidationError("\(CheckWatchCommand.name) is started by streamgate run alone.") }
    var words = CheckWords.unknown
    var patience = ForgePatience()
    while let line = readLine() {
      if line == CheckWatchCommand.done { return }
      if let told = CheckWords(line: line) { words = told }
      if let time = CheckWatchCommand.patience(line: line) { patience = patience.within(time) }
    }
    let client = try ForgeClient.open(address, patience: patience)
    do throws(ForgeError) {
      try words.complete(CheckRun(id: id, client: client))
    } catch {
      // Nobody hears a companion: its run is gone.
      throw ExitCode.unavailable
    }
  }
}
