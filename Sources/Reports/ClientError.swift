import Glibc
import Model

/// How far the client's own stamps and sends may be off, beside the effect that the gate can see:
/// the first must be small against the second.
struct ClientError: Equatable {
  /// 0.99 quantile of the loop lag of the worst judged run: the bound of every stamp.
  var stamps: Nanos
  /// 0.99 quantile of its schedule lag.
  var sends: Nanos
  /// The smallest effect that this gate could have seen, nil where it tested no latency.
  var visible: VisibleEffect?

  /// An effect on one latency.
  struct VisibleEffect: Equatable {
    /// The metric's name.
    var metric: String
    /// A share of the baseline's value.
    var share: Double
    /// The same in seconds.
    var seconds: Double
  }

  /// An error of more than this part of the effect may be taken for one.
  private static let smallShare = 0.1

  /// The larger of both bounds.
  private var bound: Nanos { max(stamps, sends) }

  /// The bound is small against the effect, or there is none to hold it against.
  var isSmall: Bool {
    visible.map { bound.seconds <= ClientError.smallShare * $0.seconds } ?? true
  }
}

extension ReportBuilder {
  /// The client's error, nil where a judged run brings no figures on its client.
  var clientError: ClientError? {
    let checks = candidates.compactMap(\.header.selfCheck)
    guard !checks.isEmpty, checks.count == candidates.count else { return nil }
    return ClientError(
      stamps: checks.map(\.loopLagP99).max() ?? .zero,
      sends: checks.map(\.scheduleLagP99).max() ?? .zero, visible: visibleEffect)
  }

  /// By the latency composite that matters most.
  private var visibleEffect: ClientError.VisibleEffect? {
    for result in composites {
      guard let test = result.latency, let share = test.mde else { continue }
      let seconds = share * exp(test.baselineMean)
      guard seconds.isFinite, seconds > 0 else { continue }
      return ClientError.VisibleEffect(
        metric: result.id.metric.name, share: share, seconds: seconds)
    }
    return nil
  }

  /// The error alone, without a full stop; nil where it is not known.
  var clientErrorBounds: String? {
    clientError.map { error in
      "Client error: stamps within \(Figures.duration(error.stamps.seconds)) (p99 loop lag), sends"
        + " \(Figures.duration(error.sends.seconds)) late (p99)"
    }
  }

  /// The error and the effect in one sentence.
  func clientErrorSentence() -> String {
    if missing != nil { return "Client error: not known: no load was sent." }
    guard let error = clientError, let own = clientErrorBounds else {
      return "Client error: not known: a judged run has no figures on its client."
    }
    guard let visible = error.visible else {
      let learning = verdict.learning.map { " before \($0.need) runs of \(main) exist" } ?? ""
      return own + "; no latency was tested\(learning), so no effect can be held against it."
    }
    return own + "; the smallest effect that this gate could have seen: \(visible.metric)"
      + " +\(Figures.percent(visible.share)) = \(Figures.duration(visible.seconds))."
  }

  /// Says that the error is not small against the effect, nil if it is.
  func clientErrorWarning() -> String? {
    guard let error = clientError, let visible = error.visible, !error.isSmall else { return nil }
    return "The client's error is more than a tenth of the smallest effect that could be seen in"
      + " \(visible.metric): a quieter machine or fewer streams at once make it smaller."
  }

  /// The same as numbers for `result.json`.
  func clientErrorJSON() -> JSONValue {
    var members = [JSONMember("text", .string(clientErrorSentence()))]
    if let error = clientError {
      members += [
        JSONMember("stamps_p99_s", .number(error.stamps.seconds)),
        JSONMember("sends_p99_s", .number(error.sends.seconds)),
        JSONMember("small", .bool(error.isSmall)),
      ]
      if let visible = error.visible {
        members += [
          JSONMember("metric", .string(visible.metric)),
          JSONMember("visible_share", .number(visible.share)),
          JSONMember("visible_s", .number(visible.seconds)),
        ]
      }
    }
    return .object(members)
  }
}
