import Foundation
import Model
import TestKit

/// Run records made from a few numbers, for gates without golden cases.
struct Runs {
  var profiles = ["sustained"]
  var scenarios = ["short"]
  var n = 300
  /// Log seconds of every latency of every cell; a metric's own offset is added.
  var level = -1.0
  /// Standard deviation of a run's luck.
  var noise = 0.01
  var errorShare = 0.0
  private var generator: SeededGenerator
  private var made = 0

  init(seed: UInt64 = 1) {
    generator = SeededGenerator(seed: seed, label: "runs")
  }

  /// A standard normal number (Box–Muller).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - generator.nextUnit())).squareRoot()
    return radius * cos(2 * .pi * generator.nextUnit())
  }

  /// A run that is `slower` in log seconds.
  mutating func run(
    _ id: String? = nil, branch: String = "main", slower: Double = 0, errors: Int? = nil
  ) -> RunRecord {
    made += 1
    var header = Build.header(
      runID: id ?? "\(branch)-\(made)", startedAt: UnixNanos(Int64(made) * 1_000_000_000),
      profiles: profiles, scenarios: scenarios)
    header.branch = branch
    var record = RunRecord(header: header)
    let luck = normal() * noise
    for profile in profiles {
      for scenario in scenarios {
        let key = CellKey(profile: profile, scenario: scenario)
        let own = normal() * noise / 2
        for (offset, metric) in [
          (1.5, LatencyMetric.durstdP50), (-2, .tpotP50), (0, .ttftP50), (0.7, .ttftP95),
        ] {
          record.latencies.append(
            LatencyValue(
              key: key, metric: metric, logValue: level + offset + luck + own + slower, n: n))
        }
      }
      let k = errors ?? Int((Double(n) * errorShare).rounded())
      record.rates += [
        RateCount(profile: profile, rate: .error, k: k, n: n),
        RateCount(profile: profile, rate: .stalled, k: 0, n: 180),
        RateCount(profile: profile, rate: .truncated, k: 0, n: n),
      ]
    }
    return record
  }

  /// Several runs of main.
  mutating func main(_ count: Int) -> [RunRecord] { (0..<count).map { _ in run() } }

  /// Several looks of one change.
  mutating func looks(_ count: Int, slower: Double = 0, errors: Int? = nil) -> [RunRecord] {
    (0..<count).map { _ in run(branch: "change", slower: slower, errors: errors) }
  }
}

extension RunRecord {
  /// This run with every value of a metric replaced.
  func with(_ metric: LatencyMetric, _ logValue: Double) -> RunRecord {
    var copy = self
    for index in copy.latencies.indices where copy.latencies[index].metric == metric {
      copy.latencies[index].logValue = logValue
    }
    return copy
  }

  /// This run with another n in every cell.
  func with(n: Int) -> RunRecord {
    var copy = self
    for index in copy.latencies.indices { copy.latencies[index].n = n }
    return copy
  }

  /// This run without the cells of a scenario.
  func without(scenario: String) -> RunRecord {
    var copy = self
    copy.latencies.removeAll { $0.key.scenario == scenario }
    return copy
  }
}
