import Gate
import Model
import Reports

/// A moment of a run as one plain line, for logs.
enum LiveLine {
  /// Where the run is, its rate, what is open, what ended, the latest first tokens, the client.
  static func text(_ facts: LiveFacts) -> String {
    "\(facts.label): " + place(facts.place)
  }

  /// What a run that sends nothing yet is doing.
  static func place(_ place: LiveFacts.Place) -> String {
    switch place {
    case .connecting: "connecting"
    case .loggingIn(let done, let all): "logging in, \(done) of \(all) users"
    case .loading(let facts): text(facts)
    }
  }

  private static func text(_ facts: LoadFacts) -> String {
    var parts = [
      "\(LiveWords.name(facts)), \(LiveWords.time(facts))", LiveWords.left(facts),
      LiveWords.rate(facts) + " sent", "\(facts.inFlight) open", ended(facts),
    ]
    if let rate = facts.tokenRate { parts.append("\(LiveWords.number(rate)) tokens/s") }
    if let ttft = facts.ttft {
      parts.append("ttft \(LiveWords.pair(ttft.p50, ttft.p95)) (p50/p95)")
    }
    parts.append(client(facts))
    return parts.joined(separator: ", ")
  }

  private static func ended(_ facts: LoadFacts) -> String {
    let failed = facts.failed
    let count = failed.reduce(0) { $0 + $1.count }
    var text = "\(facts.endedCount) ended, \(count) failed"
    if !failed.isEmpty { text += " (\(failed.map(LiveWords.outcome).joined(separator: ", ")))" }
    return ([text] + facts.uncounted.map(LiveWords.outcome)).joined(separator: ", ")
  }

  private static func client(_ facts: LoadFacts) -> String {
    let text = "client \(LiveWords.light(facts.light))"
    guard let lags = facts.lags else { return text }
    let loop = LiveWords.pair(lags.loopLagMedian, lags.loopLagP99)
    return text + " (loop lag \(loop) p50/p99, \(LiveWords.late(lags)))"
  }
}
