import Foundation
import Gate
import Model
import Reports
import Testing

/// A hand-built verdict with the runs behind it.
struct ReportCase: Sendable, CustomTestStringConvertible {
  var name: String
  var verdict: Verdict
  var candidates: [RunRecord]
  var baseline: [RunRecord]
  var history: [RunRecord] = []
  var latest: [RunRecord] = []
  var facts: ReportFacts

  var model: ReportModel {
    ReportModel(
      verdict: verdict, candidates: candidates, baseline: baseline, history: history,
      latest: latest, facts: facts)
  }

  var report: Report {
    Report(
      input: GateInput(candidates: candidates, baseline: baseline), verdict: verdict, facts: facts)
  }

  var testDescription: String { name }

  static let all: [ReportCase] = [
    .pass, .fail, .inconclusive, .learning, .clientLimited, .missingCells, .aborted, .waived,
    .inherited, .objectives, .bareFiles, .recorded, .stages, .exploration, .explorationMissed,
    .builds, .skipped, .unmeasured,
  ]
}

/// Pieces of verdicts.
enum Piece {
  static let started = UnixNanos(1_769_860_800_000_000_000)
  static let commit = "4f2a9c1be0d35a7768c1f09d2be8a4437c5d6e10"

  static func header(_ id: String, branch: String = "main", at minutes: Int64 = 0) -> RunHeader {
    var check = SelfCheck()
    check.loopLagP50 = .microseconds(38)
    check.loopLagP99 = .microseconds(210)
    check.loopLagMax = .milliseconds(2)
    check.scheduleLagP50 = .microseconds(55)
    check.scheduleLagP99 = .microseconds(340)
    check.scheduleLagMax = .milliseconds(3)
    check.scheduled = 2250
    check.sent = 2250
    check.lateness = [LateCount(over: .milliseconds(1), count: 2)]
    check.cpuShare = 0.128
    check.involuntarySwitches = 41
    check.inFlightMax = 63
    check.connectionsOpened = 64
    check.connectionsReused = 2186
    return RunHeader(
      runID: id, project: "my-gateway", commit: branch == "main" ? "main-" + id : commit,
      branch: branch, environment: "default-1a2b3c4d",
      planDigest: String(repeating: "0123456789abcdef", count: 4),
      startedAt: UnixNanos(started.rawValue + minutes * 60_000_000_000), timeout: .seconds(120),
      profiles: ["ramp-up", "sustained"], scenarios: ["short", "long"], selfCheck: check,
      version: "0.1.0")
  }

  static func record(_ id: String, branch: String = "main", wait: Double = 0.35) -> RunRecord {
    var figures: [ReportFigure] = []
    for profile in ["ramp-up", "sustained"] {
      for (kind, count) in [("complete", 1100.0), ("truncated", 12), ("http_429", 3)] {
        figures.append(
          ReportFigure(
            profile: profile, scenario: "short", name: "outcome." + kind, value: count, n: 1115))
      }
    }
    figures.append(
      ReportFigure(
        profile: "sustained", scenario: "", name: "outcome.http_5xx", value: 3, n: 1118))
    for (kind, count) in [("complete", 1100.0), ("truncated", 12), ("http_429", 3)] {
      figures.append(
        ReportFigure(
          profile: "sustained", scenario: "", name: "outcome." + kind, value: count, n: 1118))
    }
    figures += [("http.502", 1.0), ("http.503", 2), ("http.429", 3)].map {
      ReportFigure(profile: "sustained", scenario: "", name: $0.0, value: $0.1, n: 1118)
    }
    figures += [
      ("ttft.p50", 0.421), ("ttft.p95", 0.78), ("ttft.p99", 1.02), ("ttft_sent.p50", 0.42),
      ("tpot.p50", 0.0182), ("duration.p50", 2.31), ("duration.p95", 4.02),
      ("tokens.rate", 812.4), ("slo.attainment", 0.993),
    ].map {
      ReportFigure(profile: "sustained", scenario: "short", name: $0.0, value: $0.1, n: 600)
    }
    figures.append(
      ReportFigure(profile: "ramp-up", scenario: "", name: "cold_start.ttft", value: 1.73, n: 1))
    let phases = [0.00006, 0.0004, wait, 0.061]
    for (phase, value) in zip(ReportFigure.phases, phases) {
      figures.append(
        ReportFigure(
          profile: "sustained", scenario: "short", name: phase.name, value: value, n: 1100))
    }
    return RunRecord(header: header(id, branch: branch), figures: figures)
  }

  static func latency(
    _ metric: LatencyMetric, cell: String? = nil, baseline: Double, change: Double,
    half: Double = 0.021, p: Double = 0.6, s: Double = 0.018,
    verdict: HypothesisVerdict = .ok
  ) -> HypothesisResult {
    let d = log(1 + change)
    let test = LatencyTest(
      candidateMean: log(baseline) + d, baselineMean: log(baseline), s: s, se: half / 2.4,
      t: d / (half / 2.4), df: 24, upper: d + half, lower: d - half,
      mde: cell == nil ? half * 2 : nil, isNoisy: s > 0.05, isGuardMet: true)
    let parts = cell?.split(separator: "/").map(String.init) ?? []
    return HypothesisResult(
      id: HypothesisID(
        metric: .latency(metric), profile: parts.first, scenario: parts.dropFirst().first),
      verdict: verdict, pAdjusted: p, level: 0.0028, p: p / 4, d: d, effect: log(1.03),
      latency: test)
  }

  static func rate(
    _ metric: RateMetric, profile: String? = nil, k: Int = 3, n: Int = 2250,
    baseK: Int = 12, p: Double = 0.8, verdict: HypothesisVerdict = .ok
  ) -> HypothesisResult {
    HypothesisResult(
      id: HypothesisID(metric: .rate(metric), profile: profile), verdict: verdict, pAdjusted: p,
      level: 0.0014, p: p / 4, d: Double(k) / Double(n) - Double(baseK) / 11_250, effect: 0.005,
      rate: RateTest(
        candidateK: k, candidateN: n, baselineK: baseK, baselineN: 11_250, phi: 1.2, rho: 0.0001,
        a: 12, b: 11_000))
  }

  static func verdict(_ kind: VerdictKind, change: Double = 0.004, half: Double = 0.021)
    -> Verdict
  {
    var verdict = Verdict(kind: kind, look: 1, maxLooks: 3)
    verdict.alphaSpent = 0.0004
    verdict.df = 24
    let isFailed = kind == .fail && change > 0.1
    let isOpen = kind == .inconclusive
    let found: HypothesisVerdict = isFailed ? .fail : isOpen ? .inconclusive : .ok
    let p = isFailed ? 0.00002 : isOpen ? 0.031 : 0.62
    verdict.composites = [
      latency(.durstdP50, baseline: 2.31, change: change / 5, half: half),
      rate(.error), rate(.stalled, k: 2, n: 330), rate(.truncated, k: 24, baseK: 121),
      latency(.tpotP50, baseline: 0.0182, change: -0.012, half: 0.009),
      latency(.ttftP50, baseline: 0.412, change: change, half: half, p: p, verdict: found),
      latency(.ttftP95, baseline: 0.731, change: change * 0.9, half: half * 2, s: 0.031),
    ]
    verdict.cells = [
      latency(.ttftP50, cell: "ramp-up/short", baseline: 0.398, change: change * 0.4),
      latency(
        .ttftP50, cell: "sustained/short", baseline: 0.421, change: change * 1.1, p: p,
        verdict: isFailed ? .fail : .ok),
      latency(.tpotP50, cell: "sustained/short", baseline: 0.0182, change: -0.012),
      rate(.error, profile: "ramp-up"), rate(.error, profile: "sustained"),
    ]
    verdict.untested = [
      UntestedCell(
        id: HypothesisID(metric: .latency(.ttftP95), profile: "sustained", scenario: "long"),
        reason: .tooFew(n: 112, need: 200))
    ]
    verdict.objectives = [
      ObjectiveResult(
        objective: "sustained: ttft.p95 < 1.5s", verdict: .ok, value: 0.731, bound: 1.5, n: 1800,
        floor: 130, interval: 0.702...0.768),
      ObjectiveResult(
        objective: "sustained: error < 1%", verdict: .ok, value: 0.0013, bound: 0.01, n: 2250,
        floor: 1),
    ]
    verdict.runs = [
      RunReference(
        runID: "candidate-1", commit: commit, startedAt: started, role: .candidate)
    ]
    for index in 1...5 {
      verdict.runs.append(
        RunReference(
          runID: "main-\(index)", commit: "main-\(index)",
          startedAt: UnixNanos(started.rawValue - Int64(6 - index) * 3_600_000_000_000),
          role: .baseline))
    }
    verdict.warnings = [.noFreshRuns]
    verdict.displays = [
      DisplayComparison(
        key: CellKey(profile: "sustained", scenario: "short"), latency: "ttft", candidateN: 1100,
        baselineN: 5500, ksD: isFailed ? 0.21 : 0.02, ksP: isFailed ? 1e-9 : 0.43,
        adStatistic: isFailed ? 96.2 : 0.3, adP: isFailed ? 0.001 : 0.25,
        candidateMedian: 0.421 * (1 + change), baselineMedian: 0.421)
    ]
    return verdict
  }

  static func report(_ name: String, _ verdict: Verdict, exitCode: Int, wait: Double = 0.35)
    -> ReportCase
  {
    ReportCase(
      name: name, verdict: verdict,
      candidates: [record("candidate-1", branch: "feature/router", wait: wait)],
      baseline: (1...5).map { record("main-\($0)") },
      facts: ReportFacts(exitCode: exitCode, hostName: "runner-7", version: "0.1.0"))
  }
}

extension ReportCase {
  static let pass = Piece.report("pass", Piece.verdict(.pass), exitCode: 0)

  static let fail: ReportCase = {
    var verdict = Piece.verdict(.fail, change: 0.198, half: 0.04)
    let metric = GateMetric.latency(.ttftP50)
    verdict.look = 2
    verdict.reasons = [
      .regression(HypothesisID(metric: metric)),
      .regression(HypothesisID(metric: metric, profile: "sustained", scenario: "short")),
    ]
    return Piece.report("fail", verdict, exitCode: 1, wait: 0.433)
  }()

  static let inconclusive: ReportCase = {
    var verdict = Piece.verdict(.inconclusive, change: 0.06, half: 0.08)
    let id = HypothesisID(metric: .latency(.ttftP50))
    verdict.reasons = [.cannotExclude(id), .suspicious(id)]
    verdict.wantsAnotherLook = true
    return Piece.report("inconclusive", verdict, exitCode: 0)
  }()

  static let learning: ReportCase = {
    var verdict = Piece.verdict(.inconclusive)
    let learning = Learning(have: 3, need: 5)
    verdict.learning = learning
    verdict.reasons = [.learning(learning)]
    verdict.composites.removeAll { $0.latency != nil }
    verdict.cells.removeAll { $0.latency != nil }
    verdict.untested = [.ttftP50, .tpotP50].map {
      UntestedCell(
        id: HypothesisID(metric: .latency($0), profile: "sustained", scenario: "short"),
        reason: .tooFewRuns(have: 3, need: 5))
    }
    verdict.differences = [
      CellDifference(
        id: HypothesisID(
          metric: .latency(.ttftP50), profile: "sustained", scenario: "short"),
        candidate: log(0.44), baseline: log(0.421))
    ]
    verdict.runs.removeLast(2)
    return Piece.report("learning", verdict, exitCode: 0)
  }()

  static let clientLimited: ReportCase = {
    var verdict = Verdict(kind: .cannotEvaluate, look: 1, maxLooks: 3)
    verdict.reasons = [
      .clientLimited("p99 of the loop lag was 61 ms, the limit for a ttft of 412 ms is 41.2 ms")
    ]
    verdict.runs = [Piece.verdict(.pass).runs[0]]
    return Piece.report("client_limited", verdict, exitCode: 3)
  }()

  static let missingCells: ReportCase = {
    var verdict = Piece.verdict(.cannotEvaluate)
    verdict.reasons = [.missingCells([CellKey(profile: "sustained", scenario: "long")])]
    return Piece.report("missing_cells", verdict, exitCode: 3)
  }()

  static let aborted: ReportCase = {
    var verdict = Verdict(kind: .fail, look: 1, maxLooks: 3)
    verdict.reasons = [
      .aborted(Abort(profile: "sustained", rule: "error 50% over 10s", at: .milliseconds(12_400)))
    ]
    return Piece.report("aborted", verdict, exitCode: 1)
  }()

  static let waived: ReportCase = {
    var verdict = Piece.verdict(.pass, change: 0.198)
    let index = verdict.composites.firstIndex { $0.id.metric == .latency(.ttftP50) } ?? 0
    verdict.composites[index].waiver = "bigger model, accepted by the platform team"
    verdict.warnings.append(.waiverExpired("w-7: old proxy"))
    let day: Int64 = 86_400_000_000_000
    verdict.accepted = [
      AcceptedChange(
        .waiver(
          Waiver(
            id: "w-7", metric: "tpot_p50", profile: "stress", reason: "old proxy",
            expiresAt: Piece.started)), isExpired: true),
      AcceptedChange(
        .waiver(
          Waiver(
            id: "w-8", metric: "ttft_p50",
            reason: "bigger model, accepted by the platform team", acceptedBy: "Jane Doe",
            expiresAt: UnixNanos(Piece.started.rawValue + 30 * day))), isExpired: false),
      AcceptedChange(
        .run(Acceptance(kind: .run, runID: "main-7", reason: "the quota was raised too late")),
        isExpired: false),
      AcceptedChange(
        .run(
          Acceptance(
            kind: .changePoint, runID: "main-9", reason: "safety filter", acceptedBy: "Jane Doe")),
        isExpired: false),
    ]
    return Piece.report("waived", verdict, exitCode: 0)
  }()

  static let inherited: ReportCase = {
    var verdict = Piece.verdict(.pass, change: 0.198)
    let id = HypothesisID(metric: .latency(.ttftP50))
    let index = verdict.composites.firstIndex { $0.id == id } ?? 0
    verdict.composites[index].isInherited = true
    verdict.warnings = [
      .mainAlreadySlower(id, since: "abc1234"),
      .mainRegressed([id], since: "abc1234", runs: 10),
    ]
    return Piece.report("inherited", verdict, exitCode: 0)
  }()

  static let objectives: ReportCase = {
    var verdict = Piece.verdict(.fail)
    verdict.objectives += [
      ObjectiveResult(
        objective: "stress/short: ttft.p95 < 4s", verdict: .fail, value: 4.61, bound: 4, n: 900,
        floor: 130, interval: 4.2...5.03),
      ObjectiveResult(
        objective: "sustained: truncated == 0", verdict: .fail, value: 24, bound: 0, n: 2250,
        floor: 1),
      ObjectiveResult(
        objective: "sustained: duration.p99 < 20s", verdict: .inconclusive, value: 12.3,
        bound: 20, n: 480, floor: 662),
    ]
    verdict.reasons = [
      .objectiveMissed("stress/short: ttft.p95 < 4s"),
      .objectiveMissed("sustained: truncated == 0"),
      .objectiveNotJudged("sustained: duration.p99 < 20s"),
    ]
    return Piece.report("objectives", verdict, exitCode: 1)
  }()

  /// A ramp whose service is full in its last two stages.
  static let stages: ReportCase = {
    var item = Piece.report("stages", Piece.verdict(.pass), exitCode: 0)
    let last = item.candidates.count - 1
    func add(_ name: String, _ value: Double, n: Int = 120) {
      item.candidates[last].figures.append(
        ReportFigure(profile: "ramp-up", scenario: "", name: name, value: value, n: n))
    }
    for stage in 0..<5 {
      let (isFull, name) = (stage > 2, "stage.\(stage).")
      for (figure, value) in [
        ("intended.rate", 2.5 * Double(stage + 1)), ("achieved.rate", 2.5 * Double(stage + 1)),
        ("in_flight.mean", isFull ? 31.4 : 4.2), ("in_flight.max", isFull ? 40 : 9),
        ("tokens.rate", isFull ? 803.2 : 98.7), ("ttft.p50", isFull ? 1.31 : 0.412),
        ("ttft.p95", isFull ? 2.6 : 0.5), ("duration.p50", isFull ? 3.2 : 2.1),
        ("duration.p95", isFull ? 4.4 : 2.6), ("error", isFull ? 0.025 : 0), ("truncated", 0),
      ] { add(name + figure, value, n: 12 * (stage + 1)) }
      add(name + "requests", Double(12 * (stage + 1)), n: 12 * (stage + 1))
      add(name + "outcome.complete", Double(12 * (stage + 1)))
      guard isFull else { continue }
      add(name + "outcome.http_429", 3)
      add(name + "outcome.broken", 1)
      add(name + "http_429.first", 2.1, n: 3)
    }
    add("knee.ttft.stage", 3, n: 5)
    add("knee.ttft.flat.rate", 7.5, n: 5)
    add("knee.duration.flat.rate", 12.5, n: 5)
    return item
  }()

  static let bareFiles: ReportCase = {
    var verdict = Verdict(kind: .inconclusive, look: 1, maxLooks: 5)
    verdict.reasons = [.noBaseline]
    verdict.differences = [
      CellDifference(
        id: HypothesisID(
          metric: .latency(.ttftP50), profile: "sustained", scenario: "short"),
        candidate: log(0.51), baseline: log(0.421)),
      CellDifference(
        id: HypothesisID(metric: .rate(.error), profile: "sustained"), candidate: 0.011,
        baseline: 0.002),
    ]
    verdict.runs = Piece.verdict(.pass).runs.prefix(2).map { $0 }
    return Piece.report("bare_files", verdict, exitCode: 0)
  }()
}
