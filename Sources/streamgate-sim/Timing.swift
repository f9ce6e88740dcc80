import Glibc
import Model

/// Draws the times and lengths of replies.
///
/// Request k draws from the seed and k alone. Every request makes the same draws in the same
/// order, used or not, so that a flag that uses one draw moves no other.
struct Timing {
  private let settings: TimingSettings
  private let generator: SeededGenerator
  /// One factor on every time of this process.
  let drift: Double

  /// The draws of a request that uses none.
  let none: ReplyDraws

  /// Draws the process's own factor.
  init(settings: TimingSettings) {
    self.settings = settings
    generator = SeededGenerator(seed: settings.seed, label: "streamgate-sim")
    var driftGenerator = generator.fork("drift")
    drift = exp(settings.runDrift * driftGenerator.nextNormal())
    none = ReplyDraws(
      ttft: .zero, tokens: 1, fault: 1, faultPosition: 0, identity: 0, gaps: generator)
  }

  /// The draws of chat request `ordinal`, 1 for the first.
  func draws(ordinal: Int) -> ReplyDraws {
    var source = generator.fork("request/\(ordinal)")
    let factor = exp(settings.ttftSigma * source.nextNormal())
    let length = exp(settings.tokensSigma * source.nextNormal()) * Double(settings.tokens)
    return ReplyDraws(
      ttft: Nanos(seconds: settings.ttft.seconds * settings.ttftFactor * drift * factor),
      tokens: Int(min(max(length.rounded(), 1), Double(Settings.tokensMax))),
      fault: source.nextUnit(), faultPosition: source.nextUnit(), identity: source.next(),
      gaps: source)
  }

  /// Time that a prompt of so many tokens adds to the first token.
  func prefill(promptTokens: Int) -> Nanos {
    let perToken = settings.prefillPerToken.seconds * settings.ttftFactor * drift
    return Nanos(seconds: perToken * Double(promptTokens))
  }

  /// The next gap of a stream while `others` more streams decode.
  func gap(_ draws: inout ReplyDraws, others: Int) -> Nanos {
    var gap = settings.gap.seconds + settings.decodeBatchCost.seconds * Double(others)
    gap *= settings.gapFactor * drift
    if settings.gapSigma > 0 { gap *= exp(settings.gapSigma * draws.gaps.nextNormal()) }
    return Nanos(seconds: gap)
  }
}

/// What one request drew.
struct ReplyDraws {
  /// From the start of work to the first token, without prefill.
  var ttft: Nanos
  /// Tokens of the reply, at least 1, before `max_tokens`.
  var tokens: Int
  /// 0..<1, held against the shares of the faults.
  var fault: Double
  /// 0..<1, where in the reply a fault strikes.
  var faultPosition: Double
  /// The reply's id, and where in the list of words it begins.
  var identity: UInt64
  /// Goes on for the gaps.
  var gaps: SeededGenerator
}

extension SeededGenerator {
  /// A standard normal number (Box & Muller 1958); takes two draws.
  fileprivate mutating func nextNormal() -> Double {
    let radius = sqrt(-2 * log(1 - nextUnit()))
    return radius * cos(2 * .pi * nextUnit())
  }
}
