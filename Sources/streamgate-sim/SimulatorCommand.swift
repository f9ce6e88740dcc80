import ArgumentParser
import Glibc

/// The command line's root.
struct SimulatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "streamgate-sim",
    abstract: "A simulated LLM service with known timing and scripted faults.",
    discussion: """
      Examples:
        streamgate-sim --port 8080 --ttft 200ms --gap 20ms --tokens 100 --ledger ledger.jsonl
        streamgate-sim faults
        streamgate-sim ledger ledger.jsonl
        streamgate-sim help serve
      """,
    subcommands: [ServeCommand.self, FaultsCommand.self, LedgerCommand.self],
    defaultSubcommand: ServeCommand.self)

  /// Every error of ours begins alike, so that a log can be searched for it.
  // swift-format-ignore: NoLeadingUnderscores
  static let _errorPrefix = "error: "
}

/// Serves until SIGTERM or SIGINT.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve chat completions until SIGTERM or SIGINT (the default).",
    discussion: """
      The first line on stdout is `listening on http://HOST:PORT`; a summary of the ledger goes \
      to stderr at the end.

      Request k of this process draws its times, length and fault from the seed and k alone, \
      counting only chat completions, whatever its prompt: repeated prompts still vary, and a \
      fault or a health check moves no other draw.

      Dialects, by path:
      \(Dialect.all.map { "  \($0.path): \($0.name)" }.joined(separator: "\n"))

      Faults, which `streamgate-sim faults` prints, come by share with --fault NAME=SHARE, or by \
      path: /fault/NAME before any of the paths above.

      Examples:
        streamgate-sim --port 8080 --ttft 200ms --gap 20ms --tokens 100
        streamgate-sim --port 0 --ttft-sigma 0.3 --slower-ttft 20% --ledger ledger.jsonl
        streamgate-sim --slots 8 --prefill-per-token 0.2ms --decode-batch-cost 1ms
        streamgate-sim --account a@example.com:secret --require-token --token-lifetime 5s
        streamgate-sim --prompt-cache 4096 --prefill-per-token 0.2ms --ready-after 2s
        streamgate-sim --fault truncate=5% --fault http_429=1% --seed 7
      """)

  @OptionGroup var options: ServeOptions

  func validate() throws {
    let problems = options.settings.problems
    guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "\n")) }
  }

  func run() throws {
    do throws(SimulatorError) {
      let server = try Server(settings: options.settings)
      print("listening on http://\(options.host):\(server.port)")
      fflush(nil)
      let summary = try server.run()
      writeToStandardError(summary.text)
    } catch {
      writeToStandardError("error: \(error.text)\n")
      throw ExitCode.failure
    }
  }
}

/// Prints what a ledger says.
struct LedgerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "Summarize a ledger: requests, how they ended, lateness, first tokens, CPU.",
    discussion: "Example:\n  streamgate-sim ledger ledger.jsonl")

  @Argument(help: "A file that --ledger wrote.")
  var file: String

  func run() throws {
    do throws(SimulatorError) {
      print(try LedgerSummary(file: file).text, terminator: "")
    } catch {
      writeToStandardError("error: \(error.text)\n")
      throw ExitCode.failure
    }
  }
}

/// What stops the simulator.
enum SimulatorError: Error {
  /// A system call failed: what was tried, and errno.
  case system(String, Int32)
  /// The host is no IPv4 address.
  case badHost(String)
  /// A line of a ledger cannot be read: file, line number, why.
  case badLedger(String, Int, String)

  /// The sentence for the user.
  var text: String {
    switch self {
    case .system(let what, let code): "\(what): \(String(cString: strerror(code)))"
    case .badHost(let host): "--host \(host) is no IPv4 address; try 127.0.0.1 or 0.0.0.0"
    case .badLedger(let file, let line, let why):
      "\(file):\(line): \(why); is this a file that --ledger wrote?"
    }
  }
}

private func writeToStandardError(_ text: String) {
  let bytes = Array(text.utf8)
  _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
