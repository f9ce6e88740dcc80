import Gate
import Model
import Reports

/// The words that the live view and a log's lines share: the same fact, the same text.
enum LiveWords {
  /// `12 s of 20 s`.
  static func time(_ facts: LoadFacts) -> String {
    "\(seconds(min(facts.elapsed, facts.duration))) of \(seconds(facts.duration))"
  }

  /// `48 s of the run left`, or what the run waits for after the last arrival.
  static func left(_ facts: LoadFacts) -> String {
    guard facts.runLeft > .zero else { return "waiting for \(facts.inFlight) open" }
    return "\(seconds(facts.runLeft)) of the \(facts.whole) left"
  }

  /// `ramp-up, stage 3 of 10`.
  static func name(_ facts: LoadFacts) -> String {
    facts.stageCount > 1 ? "\(facts.name), stage \(facts.stage) of \(facts.stageCount)" : facts.name
  }

  /// `19.8 of 20.0/s`, or `12.1/s by 40 users`.
  static func rate(_ facts: LoadFacts) -> String {
    let rate = facts.rate.map(number) ?? Figures.none
    switch facts.target {
    case .rate(let target): return "\(rate) of \(number(target))/s"
    case .users(let count): return "\(rate)/s by \(Figures.count(count, "user"))"
    }
  }

  /// `152/204 ms`, as both are in one unit, else `980 ms/1.20 s`.
  static func pair(_ first: Nanos, _ second: Nanos) -> String {
    let texts = [first, second].map(duration)
    let parts = texts.map { $0.split(separator: " ") }
    guard parts.allSatisfy({ $0.count == 2 }), parts[0][1] == parts[1][1] else {
      return texts.joined(separator: "/")
    }
    return "\(parts[0][0])/\(texts[1])"
  }

  /// A time as reports write it.
  static func duration(_ time: Nanos) -> String { Figures.duration(time.seconds) }

  /// `complete 90`.
  static func outcome(_ ended: LoadFacts.EndedCount) -> String {
    "\(ended.outcome.name) \(ended.count)"
  }

  /// What the client's light means, `ok` or `over its limit`.
  static func light(_ light: ClientLight) -> String {
    switch light.colour {
    case .unknown: "not known yet"
    case .green: "ok"
    case .amber: "near its limit" + (light.rule.map { ": " + $0.rawValue } ?? "")
    case .red: "over its limit" + (light.rule.map { ": " + $0.rawValue } ?? "")
    }
  }

  /// `late 0.3 %`.
  static func late(_ lags: RecentLags) -> String {
    "late " + Figures.percent(Double(lags.late) / Double(max(lags.arrivals, 1)))
  }

  /// A rate: one decimal below a hundred.
  static func number(_ rate: Double) -> String {
    Figures.fixed(rate, decimals: rate < 99.95 ? 1 : 0)
  }

  /// Whole seconds, `12 s`; from ten minutes on `61 min`.
  static func seconds(_ time: Nanos) -> String {
    let seconds = (time.rawValue + 500_000_000) / 1_000_000_000
    return seconds < 600 ? "\(seconds) s" : "\((seconds + 30) / 60) min"
  }
}
