import Model
import Statistics

/// What a run's samples are measured with: one unit, one reference length, one stall gap.
struct Yardstick {
  var unit: TokenUnit
  /// Reference tokens by index of the scenario; nil where nothing is known.
  var referenceTokens: [Double?]
  var stallGap: Nanos
}

/// An ascending column of numbers, for quantiles without sorting twice.
struct SortedColumn {
  let values: [Double]

  init(_ values: [Double]) {
    self.values = ascending(values)
  }

  func quantile(_ p: Double) -> Double? {
    values.isEmpty ? nil : Quantile.type7(sorted: values, p)
  }

  /// The 95 % interval of a quantile between two order statistics, by the normal distribution of
  /// the number of values below it; nil where an end is not finite.
  func interval(_ p: Double) -> ClosedRange<Double>? {
    guard !values.isEmpty else { return nil }
    let n = Double(values.count)
    let half = 1.96 * (n * p * (1 - p)).squareRoot()
    let low = max(0, Int((n * p - half).rounded(.down)))
    let high = min(values.count - 1, Int((n * p + half).rounded(.up)))
    guard values[low].isFinite, values[high].isFinite else { return nil }
    return values[low]...values[high]
  }
}

extension StreamSample {
  /// Whether it enters the gate: not warm-up, and not left out as the client's own doing.
  var isGated: Bool { !isWarmup && outcome.isCounted }

  /// `ttft` in the gate's view: +infinity where no first token came.
  var gateTTFT: Double { firstToken?.seconds ?? .infinity }

  /// `duration` in the gate's view: +infinity unless a success.
  var gateDuration: Double {
    outcome.isSuccess ? lastToken?.seconds ?? .infinity : .infinity
  }

  /// `ttft_sent` in the gate's view; nil where it is not known when the request was sent.
  var gateTTFTSent: Double? {
    guard let firstToken else { return .infinity }
    return scheduleLag.map { (firstToken - $0).seconds }
  }

  /// True for outcomes whose cadence is measured: a success, or a stream that broke off cleanly.
  private var hasCadence: Bool { outcome.isSuccess || outcome == .truncated }

  /// Time per output token in seconds, of streams of at least four tokens (METRICS).
  func tpot(unit: TokenUnit) -> Double? {
    guard hasCadence, let first = firstToken, let last = lastToken,
      let tokens = outputTokens(unit: unit), tokens >= StreamSample.tpotTokensMin
    else { return nil }
    return (last - first).seconds / Double(tokens - 1)
  }

  /// Fewer tokens say nothing of a cadence.
  private static let tpotTokensMin = 4

  /// The duration at the reference length: nil for a success too short to tell, +infinity for a
  /// failure that has no cadence.
  func standardDuration(unit: TokenUnit, referenceTokens: Double?) -> Double? {
    guard let tpot = tpot(unit: unit), let first = firstToken else {
      return outcome.isSuccess ? nil : .infinity
    }
    guard let referenceTokens else { return nil }
    return first.seconds + (referenceTokens - 1) * tpot
  }

  /// When the last thing was heard of the request, from profile start.
  var heardUntil: Nanos {
    let heard = [outcome.isGivenUp ? nil : end, done, lastToken, firstToken, headers]
    return max(intended + (heard.compactMap { $0 }.max() ?? .zero), gapMaxAt ?? .zero)
  }

  /// Until when it was in flight, from profile start: to its end, which is ours where we gave it
  /// up; in runs that do not tell that, to the last that was heard of it.
  var openUntil: Nanos { end.map { intended + $0 } ?? heardUntil }
}
