// streamgate-bench: how fast the parts are, each measured alone.
//
// One subcommand a part. Each prints a table and can write its figures as JSON. It is no test: it
// judges nothing, and a noisy machine gives noisy figures.

import ArgumentParser

@main
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "streamgate-bench",
    abstract: "Measures streamgate's own speed.",
    subcommands: [
      ClientBenchmark.self, EngineBenchmark.self, HistoryBenchmark.self, ParserBenchmark.self,
      ScheduleBenchmark.self, StatisticsBenchmark.self, StoreBenchmark.self,
    ])
}
