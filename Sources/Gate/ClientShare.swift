import Glibc
import Model
import Plan

/// What the client's own lag may have added to a candidate's latencies: a slowdown that is no
/// larger is no finding on the service, in a run whose client kept within METRICS' limits too.
struct ClientShare {
  /// Lag of a stamp and of a send together, in seconds.
  private struct Lag {
    /// By their medians.
    var median = 0.0
    /// By their 0.99 quantiles.
    var tail = 0.0

    init() {}

    init(_ check: SelfCheck) {
      median = (check.loopLagP50 + check.scheduleLagP50).seconds
      tail = (check.loopLagP99 + check.scheduleLagP99).seconds
    }
  }

  /// The candidate's, the mean of its runs; runs without figures on their client have none.
  private var own = Lag()
  /// Of that, what is beyond the usual lag of main's runs: only that can make a difference.
  private var beyond = Lag()
  /// Output tokens of the shortest scenario's replies, at least 2: they share the lag of a stamp.
  private var tokens = 2.0
  /// What kept the last candidate run's client, nil without its figures.
  private var cause: ClientCause?

  init(candidates: [RunRecord], main: [RunRecord]) {
    let checks = candidates.map { $0.header.selfCheck.map(Lag.init) ?? Lag() }
    guard let last = candidates.last, !checks.isEmpty else { return }
    let usual = main.compactMap(\.header.selfCheck).map(Lag.init)
    own.median = checks.reduce(0) { $0 + $1.median } / Double(checks.count)
    own.tail = checks.reduce(0) { $0 + $1.tail } / Double(checks.count)
    beyond.median = max(own.median - ClientShare.median(usual.map(\.median)), 0)
    beyond.tail = max(own.tail - ClientShare.median(usual.map(\.tail)), 0)
    tokens = max(last.header.referenceTokens.values.min() ?? tokens, tokens)
    cause = last.header.selfCheck.map(ClientCause.init)
  }

  /// True if the slowdown would not matter without the client's lag.
  func explains(_ result: HypothesisResult) -> Bool {
    guard case .latency(let metric) = result.id.metric, let test = result.latency else {
      return false
    }
    let lag =
      switch metric {
      case .ttftP50, .durstdP50, .durationP50: beyond.median
      case .ttftP95: beyond.tail
      case .tpotP50: beyond.median / (tokens - 1)
      }
    guard lag > 0 else { return false }
    let rest = exp(test.candidateMean) - lag
    return rest <= 0 || log(rest) - test.baselineMean < result.effect
  }

  /// True if the objective's figure would be within its bound without the client's lag.
  func explains(_ objective: Objective, _ result: ObjectiveResult) -> Bool {
    guard case .latency(let latency, let quantile) = objective.metric, let value = result.value
    else { return false }
    let whole = quantile > 0.5 ? own.tail : own.median
    let lag = latency == .tpot ? whole / (tokens - 1) : whole
    return lag > 0 && value - lag <= objective.bound
  }

  /// Says so of these findings, with what helps.
  func text(_ findings: [String]) -> String {
    let lag = Nanos(seconds: own.tail)
    return "\(findings.joined(separator: ", ")): no further off than the lag of the client's own"
      + " stamps and sends, \(ClientCheck.text(lag)) (p99), may account for; "
      + (cause ?? .unknown).text
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
