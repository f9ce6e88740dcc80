public import Model

/// Runs of random content, hostile text included: what a codec or a store must give back whole.
public struct RandomRun {
  private var generator: SeededGenerator

  /// The runs of one seed.
  public init(seed: UInt64) {
    generator = SeededGenerator(seed: seed, label: "random run")
  }

  /// Text as the worst server, branch or plan would send it.
  public static let hostileTexts = [
    "", "plain", "it's; DROP TABLE run; --", "\" OR \"\"=\"", "a\tb\r\nc", "\u{1}\u{1B}[31m\u{7F}",
    "**bold** <b>&amp;</b> ]]>", "::error::x", "$(rm -rf /)", "\\x00\\N", "日本語 \u{1F600} e\u{301}",
    "$1 %s {}", "\u{FEFF}\u{202E}", String(repeating: "long ", count: 400),
  ]

  /// A text, hostile more often than not.
  public mutating func text() -> String {
    RandomRun.hostileTexts[generator.nextIndex(below: RandomRun.hostileTexts.count)]
  }

  /// A text that is short enough for a name.
  public mutating func name() -> String {
    let name = text()
    return name.utf8.count <= RunHeader.nameBytesMax ? name : "short"
  }

  /// A text or nil.
  public mutating func textOrNil() -> String? { flag() ? text() : nil }

  /// True or false.
  public mutating func flag() -> Bool { generator.nextIndex(below: 2) == 0 }

  /// A count of up to 20 bits, small ones as likely as large ones.
  public mutating func count() -> Int {
    generator.nextIndex(below: 1 << (1 + generator.nextIndex(below: 20)))
  }

  /// A count or nil.
  public mutating func countOrNil() -> Int? { flag() ? count() : nil }

  /// A time from 0 up to an hour, short ones as likely as long ones.
  public mutating func time() -> Nanos {
    Nanos(Int64(generator.nextIndex(below: 1 << (1 + generator.nextIndex(below: 41)))))
  }

  /// A time or nil.
  public mutating func timeOrNil() -> Nanos? { flag() ? time() : nil }

  /// A finite number of either sign.
  public mutating func number() -> Double { (generator.nextUnit() - 0.5) * 1e3 }

  private mutating func number(orInfinity: Bool) -> Double {
    orInfinity && generator.nextIndex(below: 5) == 0 ? .infinity : number()
  }

  /// A header with every member set to something.
  public mutating func header(runID: String) -> RunHeader {
    let hasRegions = flag()
    var header = RunHeader(
      runID: runID, project: name(), commit: name(), testedCommit: textOrNil(), branch: text(),
      environment: name(), planDigest: text(),
      startedAt: UnixNanos(1_700_000_000_000_000_000 + time().rawValue),
      timeout: time() + Nanos(1), profiles: ["ramp-up", "sustained"],
      scenarios: ["short", "sh\"o;rt", "long"], regions: hasRegions ? ["eu", "us"] : [],
      stallGap: timeOrNil(), tokenUnit: flag() ? .usage : .events)
    header.unstreamedScenarios = flag() ? ["long"] : []
    header.referenceTokens = flag() ? ["short": number(), "long": Double(count())] : [:]
    header.isUsable = flag()
    header.unusableReason = textOrNil()
    header.isFinished = true
    header.pairID = textOrNil()
    header.selfCheck = flag() ? selfCheck() : nil
    header.aborted =
      flag()
      ? Abort(profile: "sustained", rule: text(), at: time(), isBeyondClient: flag()) : nil
    header.verdict = flag() ? .inconclusive : nil
    header.version = text()
    header.exploration = textOrNil()
    return header
  }

  private mutating func selfCheck() -> SelfCheck {
    var check = SelfCheck()
    check.loopLagP50 = time()
    check.loopLagP99 = time()
    check.loopLagMax = time()
    check.scheduleLagP50 = time()
    check.scheduleLagP99 = time()
    check.scheduleLagMax = time()
    check.scheduled = count()
    check.sent = count()
    check.droppedLate = count()
    check.droppedCap = count()
    check.lateness = [LateCount(over: time(), count: count())]
    check.cpuShare = generator.nextUnit()
    check.involuntarySwitches = count()
    check.inFlightMax = count()
    check.connectionsOpened = count()
    check.connectionsReused = count()
    check.connectionsDiedOnReuse = count()
    check.resources = flag() ? resources() : nil
    return check
  }

  private mutating func resources() -> ClientResources {
    var resources = ClientResources()
    resources.cpuShareMax = generator.nextUnit()
    resources.cpuWaitShare = flag() ? generator.nextUnit() : nil
    resources.machineShare = flag() ? generator.nextUnit() : nil
    resources.stealShare = flag() ? generator.nextUnit() : nil
    resources.pauses = count()
    resources.pausedTotal = time()
    resources.descriptorsAllowed = count()
    resources.descriptorsMax = count()
    resources.portsAllowed = flag() ? count() : nil
    resources.connectionsMinuteMax = count()
    resources.descriptorsMissing = count()
    resources.portsMissing = count()
    resources.retransmits = flag() ? count() : nil
    return resources
  }

  /// Samples of the run, sorted by profile and position.
  public mutating func samples(_ count: Int, header: RunHeader) -> [StreamSample] {
    (0..<count).map { i in
      let profile = i * header.profiles.count / max(1, count)
      return sample(profile: profile, seq: i, header: header)
    }
  }

  private mutating func sample(profile: Int, seq: Int, header: RunHeader) -> StreamSample {
    let outcomes = Outcome.allCases
    var sample = StreamSample(
      profile: profile, scenario: generator.nextIndex(below: header.scenarios.count),
      region: header.regions.isEmpty ? nil : generator.nextIndex(below: header.regions.count),
      stage: generator.nextIndex(below: 10), turn: generator.nextIndex(below: 4),
      isWarmup: flag(), seq: seq, intended: time(),
      outcome: outcomes[generator.nextIndex(below: outcomes.count)])
    sample.sent = timeOrNil()
    sample.requestSent = timeOrNil()
    sample.headers = timeOrNil()
    sample.firstByte = timeOrNil()
    sample.firstChoice = timeOrNil()
    sample.firstToken = timeOrNil()
    sample.firstAnswer = timeOrNil()
    sample.lastToken = timeOrNil()
    sample.done = timeOrNil()
    sample.end = timeOrNil()
    sample.usageOutputTokens = countOrNil()
    sample.usageInputTokens = countOrNil()
    sample.usageCachedTokens = countOrNil()
    sample.contentEvents = count()
    sample.burstEvents = count()
    sample.bodyBytes = count()
    sample.gapMedian = timeOrNil()
    sample.gapP99 = timeOrNil()
    sample.gapMax = timeOrNil()
    sample.gapMaxAt = timeOrNil()
    sample.connectionReused = flag()
    sample.httpStatus = flag() ? 100 + generator.nextIndex(below: 500) : nil
    if flag() {
      sample.evidence = Evidence(
        transportCode: countOrNil(), offset: count(), excerpt: text(), finishReason: textOrNil(),
        retryAfter: timeOrNil(), detail: text())
    }
    return sample
  }

  /// A record without samples: cells, rates, objectives and figures under the header.
  public mutating func record(runID: String) -> RunRecord {
    let header = header(runID: runID)
    var record = RunRecord(header: header)
    for profile in header.profiles {
      for scenario in header.scenarios {
        let key = CellKey(profile: profile, scenario: scenario, region: header.regions.first)
        for metric in LatencyMetric.allCases where flag() {
          record.latencies.append(
            LatencyValue(
              key: key, metric: metric, logValue: number(orInfinity: true), n: count()))
        }
        record.figures.append(
          ReportFigure(
            profile: profile, scenario: scenario, region: key.region, name: "ttft.p95",
            value: number(), n: count()))
      }
      for rate in RateMetric.allCases where flag() {
        let k = count()
        record.rates.append(RateCount(profile: profile, rate: rate, k: k, n: k + count()))
      }
    }
    for i in 0..<3 {
      record.objectives.append(
        ObjectiveFigure(
          objective: "\(i): " + text(), value: flag() ? number(orInfinity: true) : nil,
          n: count()))
    }
    record.sortCells()
    return record
  }
}
