import Glibc
public import Model

/// Whether the client, and not the service, was the bottleneck (METRICS, "The client measures
/// itself").
public enum ClientCheck {
  /// What the client's error is held against: a share of the smallest median time to first token.
  static let errorShare = 0.1
  /// The median loop lag may be so much of that.
  static let medianShare = 0.1
  /// So many arrivals may be late or dropped.
  static let lateShareMax = 0.01
  /// Stands for the smallest median where nothing has one: no request of the run got a token in
  /// time, and there is no baseline.
  static let medianWithoutAny = Nanos.seconds(1)

  /// The smallest median latency of the gated cells, each the median over the runs; nil if no
  /// cell has a finite one. Only cells that reach the gate's floor count, unless none does.
  public static func smallestMedian(of runs: [RunRecord]) -> Nanos? {
    var byCell: [CellKey: [LatencyValue]] = [:]
    for value in runs.flatMap(\.latencies) where value.logValue.isFinite {
      if value.metric == .ttftP50 || value.metric == .durationP50 {
        byCell[value.key, default: []].append(value)
      }
    }
    let floor = Floors.gate(.ttftP50)
    let gated = byCell.values.filter { $0.contains { $0.n >= floor } }
    let medians = (gated.isEmpty ? Array(byCell.values) : gated).map { values in
      let sorted = values.map(\.logValue).sorted()
      return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
    return medians.min().map { Nanos(seconds: exp($0)) }
  }

  /// Why the run is invalid and what to try, nil if it is not. A run without figures on itself,
  /// as foreign files are, is taken as it is. `smallestMedian` is nil where no run has one.
  public static func problem(of header: RunHeader, smallestMedian: Nanos?) -> String? {
    guard let check = header.selfCheck,
      let finding = finding(check, smallestMedian)
    else { return nil }
    return reasonPrefix + finding + "; " + ClientCause(check).text
  }

  /// What was too much, nil if nothing was.
  private static func finding(_ check: SelfCheck, _ known: Nanos?) -> String? {
    let smallestMedian = known ?? medianWithoutAny
    let words =
      known.map { "the smallest median time to first token, \(text($0))" }
      ?? "1 s, which stands for the time to a first token where none is known"
    let limit = smallestMedian.seconds * errorShare
    if check.loopLagP50.seconds > medianShare * limit {
      return "the median loop lag of \(text(check.loopLagP50)) is above 1 % of " + words
    }
    if check.loopLagP99.seconds > limit {
      return "the p99 of the loop lag, \(text(check.loopLagP99)), is above 10 % of " + words
    }
    let arrivals = max(check.scheduled, check.sent + check.droppedLate + check.droppedCap)
    guard arrivals > 0 else { return nil }
    let late = check.lateShare(over: Nanos(seconds: limit)) * Double(check.sent)
    let share = (late + Double(check.droppedLate)) / Double(arrivals)
    guard share > lateShareMax else { return nil }
    return "\(percent(share)) % of the arrivals were dropped or sent more than "
      + "\(text(Nanos(seconds: limit))) late"
  }

  /// The start of every reason of this kind.
  static let reasonPrefix = "client-limited: "

  /// A share in percent, one decimal.
  static func percent(_ share: Double) -> Double { (share * 1_000).rounded() / 10 }

  static func text(_ time: Nanos) -> String {
    let micros = time.rawValue / 1_000
    return micros < 1_000 ? "\(micros) µs" : "\(Double(micros / 10) / 100) ms"
  }
}
