// streamgate-bench: how fast the parts are, each measured alone.
//
// One subcommand a part. Each prints a table and can write its figures as JSON. It is no test: it
// judges nothing, and a noisy machine gives noisy figures.

import ArgumentParser
import Foundation
import ResultStore

/// Refuses what is no server's address before anything is measured.
func checkServer(_ url: String, flag: String) throws {
  let parts = URLComponents(string: url)
  let isHTTP = ["http", "https"].contains(parts?.scheme ?? "")
  guard isHTTP, parts?.host?.isEmpty == false else {
    throw ValidationError("\(flag) \(url): an address such as http://127.0.0.1:8080.")
  }
}

/// The database that benchmarks of stores may use, nil without one, which is said: figures that
/// are missing are no figures that were forgotten.
func postgresLocation() -> StoreLocation? {
  let name = "STREAMGATE_TEST_POSTGRES"
  guard let server = ProcessInfo.processInfo.environment[name], !server.isEmpty else {
    FileHandle.standardError.write(
      Data("note: \(name) is not set: PostgreSQL is not measured\n".utf8))
    return nil
  }
  return StoreLocation(server)
}

@main
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "streamgate-bench",
    abstract: "Measures streamgate's own speed.",
    subcommands: [
      ClientBenchmark.self, EngineBenchmark.self, HistoryBenchmark.self, ParserBenchmark.self,
      ScheduleBenchmark.self, StatisticsBenchmark.self, StoreBenchmark.self,
    ])

  /// As `streamgate` begins its errors.
  // swift-format-ignore: NoLeadingUnderscores
  static let _errorPrefix = "error: "
}
