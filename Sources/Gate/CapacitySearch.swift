import Glibc

/// Looks for the highest rate at which a service keeps its objectives, a step of load at a time.
///
/// The rate doubles until a step misses, or is halved until one is met; the interval in between is
/// halved on a logarithmic scale until its ends are within `within` of each other. Then its lower
/// end is held to `confirmations` steps in all. If one of them misses, the answer is the interval
/// from the highest rate below that never missed, which is looked for by halving where there is
/// none.
///
/// It does no I/O and draws nothing: `action` says what is next, `take` takes what came of it.
public struct CapacitySearch: Sendable, Equatable {
  /// What the search may do.
  public struct Rules: Sendable, Equatable {
    /// The first rate, requests a second.
    public var start: Double
    /// No rate is lower.
    public var lowest: Double
    /// No rate is higher.
    public var highest: Double
    /// How close the ends of the interval must come, as a share: 0.1 for 10 %.
    public var within: Double
    /// Steps at the answer's rate that must all be met.
    public var confirmations: Int

    /// Rules; `lowest <= start <= highest`, all positive.
    public init(
      start: Double, lowest: Double, highest: Double, within: Double = 0.1,
      confirmations: Int = 3
    ) {
      precondition(
        0 < lowest && lowest <= start && start <= highest, "\(start) in \(lowest)...\(highest)")
      precondition(Rules.withinRange.contains(within) && confirmations > 0)
      self.start = start
      self.lowest = lowest
      self.highest = highest
      self.within = within
      self.confirmations = confirmations
    }

    /// What `within` may be: rates are rounded to three digits.
    public static let withinRange = 0.05...0.5
  }

  /// What is next.
  public enum Action: Sendable, Equatable {
    /// A step at this rate.
    case step(Double)
    /// Nothing: this is the answer.
    case end(Answer)
  }

  /// What the search came to.
  public enum Answer: Sendable, Equatable {
    /// Every step at `rate` was met; `missed` is the lowest rate that was not, nil if `rate` is the
    /// highest allowed.
    case confirmed(rate: Double, missed: Double?)
    /// Every step at `low` was met, some at `mixed` and none at `high`; nil: there was none higher.
    case between(low: Double, mixed: Double, high: Double?)
    /// Not even the lowest rate held.
    case nothing(lowest: Double)
  }

  private enum State: Equatable {
    /// Doubles from here. Next: growing, halving, bisecting, confirming.
    case growing(Double)
    /// Halves from here, nothing having been met. Next: halving, bisecting, confirming, ended.
    case halving(Double, missed: Double)
    /// Tries the middle. Next: bisecting, confirming.
    case bisecting(low: Double, high: Double)
    /// Repeats a rate that was met `met` times. Next: confirming, falling, ended.
    case confirming(Double, met: Int, missed: Double?)
    /// Halves from here, `mixed` having been met and missed. Next: falling, ended.
    case falling(Double, mixed: Double, missed: Double?)
    case ended(Answer)
  }

  /// What the search may do.
  public let rules: Rules
  private var state: State
  /// Rates at which every step so far was met, ascending.
  private var good: [Double] = []

  /// A search before its first step.
  public init(_ rules: Rules) {
    self.rules = rules
    state = .growing(rules.start)
  }

  /// What is next.
  public var action: Action {
    switch state {
    case .growing(let rate), .halving(let rate, _), .confirming(let rate, _, _),
      .falling(let rate, _, _):
      .step(rate)
    case .bisecting(let low, let high): .step(CapacitySearch.middle(low, high))
    case .ended(let answer): .end(answer)
    }
  }

  /// The interval whose lower end is to be held to further steps; nil before its ends are close,
  /// with the answer, and where no higher rate is allowed.
  public var unconfirmed: CapacityInterval? {
    guard case .confirming(let low, let met, let high?) = state else { return nil }
    return CapacityInterval(low: low, high: high, metCount: met)
  }

  /// Takes what came of the step at `action`'s rate.
  public mutating func take(isMet: Bool) {
    guard case .step(let rate) = action else { preconditionFailure("a step after the end") }
    if isMet {
      if !good.contains(rate) { good.append(rate) }
    } else {
      good.removeAll { $0 >= rate }
    }
    switch state {
    case .growing(let rate): grow(rate, isMet)
    case .halving(let rate, let missed):
      state =
        isMet
        ? narrowed(low: rate, high: missed)
        : rate > rules.lowest
          ? .halving(max(rules.lowest, rate / 2), missed: rate)
          : .ended(.nothing(lowest: rate))
    case .bisecting(let low, let high):
      state = isMet ? narrowed(low: rate, high: high) : narrowed(low: low, high: rate)
    case .confirming(let rate, let met, let missed):
      state = isMet ? confirmed(rate, met: met + 1, missed) : refuted(rate, missed)
    case .falling(let rate, let mixed, let missed):
      state =
        isMet
        ? .ended(.between(low: rate, mixed: mixed, high: missed))
        : rate > rules.lowest
          ? .falling(max(rules.lowest, rate / 2), mixed: mixed, missed: missed)
          : .ended(.nothing(lowest: rate))
    case .ended: break
    }
  }

  private mutating func grow(_ rate: Double, _ isMet: Bool) {
    if isMet {
      state =
        rate < rules.highest
        ? .growing(min(rules.highest, rate * 2)) : confirmed(rate, met: 1, nil)
    } else if let low = good.last {
      state = narrowed(low: low, high: rate)
    } else if rate > rules.lowest {
      state = .halving(max(rules.lowest, rate / 2), missed: rate)
    } else {
      state = .ended(.nothing(lowest: rate))
    }
  }

  private func narrowed(low: Double, high: Double) -> State {
    if high > low * (1 + rules.within) { return .bisecting(low: low, high: high) }
    return confirmed(low, met: 1, high)
  }

  private func confirmed(_ rate: Double, met: Int, _ missed: Double?) -> State {
    met < rules.confirmations
      ? .confirming(rate, met: met, missed: missed)
      : .ended(.confirmed(rate: rate, missed: missed))
  }

  private func refuted(_ rate: Double, _ missed: Double?) -> State {
    if let low = good.last { return .ended(.between(low: low, mixed: rate, high: missed)) }
    if rate <= rules.lowest { return .ended(.nothing(lowest: rate)) }
    return .falling(max(rules.lowest, rate / 2), mixed: rate, missed: missed)
  }

  /// The geometric middle, to three digits.
  private static func middle(_ low: Double, _ high: Double) -> Double {
    let middle = (low * high).squareRoot()
    let scale = pow(10, 2 - floor(log10(middle)))
    return (middle * scale).rounded() / scale
  }
}

extension CapacitySearch {
  /// The most steps that a search by these rules takes, and the most that its rates add up to:
  /// found by trying services of every capacity that lose their last confirmation or keep it.
  public static func most(_ rules: Rules) -> (steps: Int, rateSum: Double) {
    var (steps, rateSum) = (0, 0.0)
    let ratio = rules.highest / rules.lowest
    for index in 0...triedMax {
      let capacity = rules.lowest * pow(ratio, Double(index) / Double(triedMax)) * 1.0001
      for isRefuted in [false, true] {
        var search = CapacitySearch(rules)
        var (count, sum) = (0, 0.0)
        while case .step(let rate) = search.action {
          let isLast = search.isLastConfirmation
          search.take(isMet: rate <= capacity && !(isRefuted && isLast))
          count += 1
          sum += rate
        }
        steps = max(steps, count)
        rateSum = max(rateSum, sum)
      }
    }
    return (steps, rateSum)
  }

  private var isLastConfirmation: Bool {
    if case .confirming(_, rules.confirmations - 1, _) = state { true } else { false }
  }

  private static let triedMax = 200
}
