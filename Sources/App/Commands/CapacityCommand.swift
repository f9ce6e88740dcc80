import ArgumentParser
import Foundation
import Gate
import Model
import Plan
import Workload

/// The search for a capacity.
struct CapacityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Find the highest rate at which the plan's objectives hold.",
    discussion: """
      Runs steps of load, arrivals as in the sustained profile: doubles the rate
      until a step misses an objective, narrows the interval, and holds its lower
      end to three steps in all. A step also misses where the abort rule fires or
      a request finds no slot. Objectives without a profile and those of sustained
      count.

      This is an exploration: the run is stored, compared with nothing, and joins
      no baseline. The plan's limits hold over all steps together. Exits with 0
      where a rate or an interval was found, 1 where not even the lowest rate
      held, 3 where the client was the limit before there was an interval or the
      search was ended early.

      Examples:
        streamgate capacity
        streamgate capacity --from 20 --max 400 --out out
        streamgate capacity --step 30s --within 20% --set limits.requests=50000
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "The first rate, requests a second, instead of the plan's.")
  var from: Double?

  @Option(help: "No higher rate is tried; by default 64 times the first.")
  var max: Double?

  @Option(help: "How long each step is measured, 1s to 1h.")
  var step = "60s"

  @Option(help: "How close the ends of the interval must come, 5% to 50%.")
  var within = "10%"

  @Option(help: "Write capacity.json, summary.md and the run file into this folder.")
  var out: String?

  @OptionGroup var candidate: CandidateOptions

  @OptionGroup var engines: EngineOptions

  @OptionGroup var lock: LockOptions

  @OptionGroup var metrics: MetricsOptions

  func validate() throws {
    for (flag, rate) in [("--from", from), ("--max", max)] {
      guard let rate else { continue }
      guard rate.isFinite, CapacitySettings.rates.contains(rate) else {
        throw ValidationError("\(flag) \(rate): a rate from 0.001 to 100000 a second.")
      }
    }
    if let from, let max, max < from {
      throw ValidationError("--max \(max) is below --from \(from).")
    }
    _ = try lengthOfStep()
    _ = try share()
  }

  func run() async throws {
    let settings = CapacitySettings(
      from: from, max: max, stepLength: try lengthOfStep(), within: try share())
    let code = try await CapacitySession.run(
      self, settings: settings)
    if code != .pass { throw code }
  }

  private func lengthOfStep() throws -> Nanos {
    guard let length = Nanos(duration: step), LoadStep.lengths.contains(length) else {
      throw ValidationError("--step \(step): a time from 1s to 1h, such as 60s.")
    }
    return length
  }

  private func share() throws -> Double {
    guard within.hasSuffix("%"), let percent = Double(within.dropLast()), percent.isFinite,
      CapacitySearch.Rules.withinRange.contains(percent / 100)
    else { throw ValidationError("--within \(within): a share from 5% to 50%, such as 10%.") }
    return percent / 100
  }
}

/// What the flags of a search say.
struct CapacitySettings {
  /// Rates that may be asked for.
  static let rates = 0.001...100_000.0
  /// The highest rate over the first unless a flag says it.
  static let maxFactor = 64.0

  var from: Double?
  var max: Double?
  var stepLength: Nanos
  var within: Double
}
