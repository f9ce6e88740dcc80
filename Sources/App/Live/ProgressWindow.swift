import Gate
import LoadEngine
import Model
import Plan

/// The latest looks at an engine's counters: what happened of late is the difference of two.
///
/// Looks of one profile only are kept: where another one begins, everything is new.
struct ProgressWindow {
  /// Between two looks that are kept.
  static let lookEvery = Nanos.milliseconds(250)
  /// What the latest `ttft` and lags are taken over.
  static let span = Nanos.seconds(5)
  /// What rates are taken over.
  static let rateSpan = Nanos.seconds(2)
  /// First tokens of a cell from which on its median counts, as in the gate.
  private static let medianCountMin = 30

  private var looks: [EngineProgress] = []
  /// The latest look.
  private(set) var now = EngineProgress()
  /// The smallest median of the runs of main, nil without one.
  private let baselineMedian: Nanos?
  /// How long each profile warms up.
  private let warmups: [Nanos]

  init(baselineMedian: Nanos? = nil, warmups: [Nanos] = []) {
    self.baselineMedian = baselineMedian
    self.warmups = warmups
  }

  /// Takes another look.
  mutating func add(_ progress: EngineProgress) {
    if progress.profile == nil || progress.profileIndex != now.profileIndex { looks = [] }
    now = progress
    guard progress.profile != nil else { return }
    if looks.last.map({ progress.stamp - $0.stamp >= Self.lookEvery }) ?? true {
      looks.append(progress)
    }
    while looks.count > 2, now.stamp - looks[1].stamp >= Self.span { looks.removeFirst() }
  }

  /// The youngest look that is at least `span` old, else the oldest one; nil while there is none
  /// but the latest.
  func look(atLeast span: Nanos) -> EngineProgress? {
    let found = looks.last { now.stamp - $0.stamp >= span } ?? looks.first
    return found.flatMap { $0.stamp < now.stamp ? $0 : nil }
  }

  /// The client's lags of late; nil before there are two looks after the warm-up, which no
  /// verdict holds against the client.
  var recentLags: RecentLags? {
    let warmup = warmups.indices.contains(now.profileIndex) ? warmups[now.profileIndex] : .zero
    let measured = looks.filter { $0.elapsed >= warmup && $0.stamp < now.stamp }
    let earlier = measured.last { now.stamp - $0.stamp >= Self.span } ?? measured.first
    return earlier.map(lags)
  }

  /// What the client's error is held against: the smallest median of main, else of the cells so
  /// far; nil before the first token.
  var smallestMedian: Nanos? {
    if let baselineMedian { return baselineMedian }
    let begun = now.ttft.filter { $0.count > 0 }
    let known = begun.filter { $0.count >= Self.medianCountMin }
    return (known.isEmpty ? begun : known).map { $0.quantile(0.5) }.min()
  }

  /// The client's lags since a look.
  func lags(since earlier: EngineProgress) -> RecentLags {
    let loopLag = now.loopLag.since(earlier.loopLag)
    let timerLag = now.timerLag.since(earlier.timerLag)
    let blindTime = now.blindTime.since(earlier.blindTime)
    let scheduleLag = now.scheduleLag.since(earlier.scheduleLag)
    func dropped(_ outcome: Outcome) -> Int {
      now.ended[outcome, default: 0] - earlier.ended[outcome, default: 0]
    }
    var lags = RecentLags()
    // As for a whole run: by reads, by wake-ups of the timer, or by time, whatever is worst.
    func lag(_ p: Double) -> Nanos {
      max(loopLag.quantile(p), timerLag.quantile(p), blindTime.quantile(p))
    }
    (lags.loopLagMedian, lags.loopLagP99) = (lag(0.5), lag(0.99))
    lags.scheduleLagMedian = scheduleLag.quantile(0.5)
    lags.scheduleLagP99 = scheduleLag.quantile(0.99)
    lags.arrivals = scheduleLag.count + dropped(.droppedLate) + dropped(.droppedCap)
    let limit = smallestMedian.map { ClientCheck.limit(smallestMedian: $0) }
    lags.late = dropped(.droppedLate) + (limit.map { scheduleLag.count(over: $0) } ?? 0)
    return lags
  }

  /// What there is to show; `phase` names what is no profile.
  func facts(label: String, phase: LivePhase? = nil) -> LiveFacts {
    guard let profile = now.profile else {
      let place: LiveFacts.Place =
        now.users == 0 ? .connecting : .loggingIn(done: now.loggedIn, of: now.users)
      return LiveFacts(label: label, place: place)
    }
    let isClosed = now.targetUsers > 0
    let lags = recentLags
    let facts = LoadFacts(
      name: phase?.name ?? profile.rawValue, whole: phase?.word ?? "run", stage: now.stage + 1,
      stageCount: now.stageCount,
      elapsed: now.elapsed, duration: now.duration,
      runLeft: max(now.duration - now.elapsed, .zero) + now.laterDuration,
      target: isClosed ? .users(now.targetUsers) : .rate(now.targetRate),
      rate: rate { isClosed ? $0.sent : $0.arrivalsSent }, inFlight: now.inFlight,
      tokenRate: rate(of: \.tokens), ttft: recentTTFT, ended: ended,
      light: lags.map { ClientCheck.light(of: $0, smallestMedian: smallestMedian) }
        ?? ClientLight(.unknown),
      lags: lags)
    return LiveFacts(label: label, place: .loading(facts))
  }

  private func rate(of counter: (EngineProgress) -> Int) -> Double? {
    guard let earlier = look(atLeast: Self.rateSpan) else { return nil }
    return Double(counter(now) - counter(earlier)) / (now.stamp - earlier.stamp).seconds
  }

  /// `ttft` of late; nil before the first token.
  var recentTTFT: LoadFacts.Quantiles? {
    guard let earlier = look(atLeast: Self.span) else { return nil }
    var latest = LogHistogram()
    for (cell, all) in now.ttft.enumerated() where all.count > 0 {
      latest.merge(earlier.ttft.indices.contains(cell) ? all.since(earlier.ttft[cell]) : all)
    }
    guard latest.count > 0 else { return nil }
    return LoadFacts.Quantiles(p50: latest.quantile(0.5), p95: latest.quantile(0.95))
  }

  private var ended: [LoadFacts.EndedCount] {
    now.ended.filter { $0.value > 0 }
      .sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
      .map { LoadFacts.EndedCount(outcome: $0.key, count: $0.value) }
  }
}
