public import Model
public import Plan
import Statistics

extension Gate {
  /// A run's numbers: one a cell and latency, counts a profile and rate, a figure an objective,
  /// and the figures that reports print (`ReportFigure` names are listed in docs/schema.md).
  ///
  /// `header.referenceTokens` and `header.stallGap` are used where they are set, as an
  /// environment that has frozen them does; what is missing comes from the run itself and is put
  /// into the header of the result, as are the token unit and whether the run is usable.
  /// `smallestBaselineMedian` is the baseline's smallest median time to first token, which the
  /// client's own error is held against; nil: the run's own. `firstRequest` is the first request
  /// of all where it is none of the samples, as after a warm pass; `logins` are the run's;
  /// `stageRates` are what each profile's stages have scheduled, where that is known, in requests a
  /// second. The record keeps the samples.
  /// O(n log n).
  public static func summarize(
    samples: [StreamSample], header: RunHeader, objectives: [Objective] = [],
    logins: LoginLog = LoginLog(), smallestBaselineMedian: Nanos? = nil,
    firstRequest: StreamSample? = nil, stageRates: [String: [Double]] = [:]
  ) -> RunRecord {
    var header = header
    header.tokenUnit =
      samples.contains { $0.usageOutputTokens != nil } ? .usage : .events
    let groups = SampleGroups(samples: samples, header: header)
    let yardstick = yardstick(samples: samples, groups: groups, header: &header)
    var record = RunRecord(header: header, samples: samples)
    for (key, indices) in groups.cells {
      let cell = CellSummary(samples: samples, indices: indices, yardstick: yardstick)
      record.latencies += cell.latencies(
        key: key, isStreamed: !header.unstreamedScenarios.contains(key.scenario))
    }
    for (profile, indices) in groups.profiles {
      let counts = ProfileCounts(
        samples: samples, indices: indices, stallGap: yardstick.stallGap)
      record.rates += counts.rates(profile: profile)
    }
    let expanded = objectives.flatMap { $0.expanded(profiles: header.profiles) }
    record.objectives = expanded.map { objective in
      objective.isLogin
        ? LoginFigures(logins).figure(objective)
        : ObjectiveMeter(samples: samples, groups: groups, header: header, yardstick: yardstick)
          .figure(objective)
    }
    record.figures = FigureMaker(
      samples: samples, groups: groups, header: header, yardstick: yardstick,
      objectives: expanded, stageRates: stageRates
    ).figures()
    record.figures += coldStart(firstRequest, samples: samples, header: header)
    record.figures += LoginFigures(logins).figures
    record.logins = logins
    record.sortCells()
    judgeUsable(&record, smallestBaselineMedian: smallestBaselineMedian)
    return record
  }

  /// The time to the first token of the run's first request that was sent, whatever came of it
  /// later.
  private static func coldStart(
    _ firstRequest: StreamSample?, samples: [StreamSample], header: RunHeader
  ) -> [ReportFigure] {
    let sent = samples.lazy.filter { $0.profile == 0 && $0.sent != nil }
    let first = firstRequest ?? sent.min { $0.intended < $1.intended }
    guard let first, let ttft = first.firstToken, let profile = header.profiles.first
    else { return [] }
    return [
      ReportFigure(
        profile: profile, scenario: "", name: ReportFigure.coldStart, value: ttft.seconds, n: 1)
    ]
  }

  /// The run's unit, reference lengths and stall gap; missing ones are put into the header.
  private static func yardstick(
    samples: [StreamSample], groups: SampleGroups, header: inout RunHeader
  ) -> Yardstick {
    let gated = groups.gated
    let streamed = gated.filter { groups.isStreamed[samples[$0].scenario] }
    let unit = header.tokenUnit
    let missing = header.scenarios.indices.filter {
      header.referenceTokens[header.scenarios[$0]] == nil
    }
    var tokens = [[Double]](repeating: [], count: header.scenarios.count)
    if !missing.isEmpty {
      for index in gated where samples[index].outcome.isSuccess {
        if let count = samples[index].outputTokens(unit: unit), count > 0 {
          tokens[samples[index].scenario].append(Double(count))
        }
      }
    }
    for scenario in missing where !tokens[scenario].isEmpty {
      header.referenceTokens[header.scenarios[scenario]] = Quantile.type7(tokens[scenario], 0.5)
    }
    let stallGap: Nanos
    if let given = header.stallGap {
      stallGap = given
    } else {
      let median = SortedColumn(streamed.compactMap { samples[$0].tpot(unit: unit) }).quantile(0.5)
      stallGap = max(stallGapMin, Nanos(seconds: stallGapTokens * (median ?? 0)))
      header.stallGap = stallGap
    }
    return Yardstick(
      unit: unit, referenceTokens: header.scenarios.map { header.referenceTokens[$0] },
      stallGap: stallGap)
  }

  /// No gap up to this is a stall.
  private static let stallGapMin = Nanos.milliseconds(200)
  /// Nor is a gap up to so many times the median time per token.
  private static let stallGapTokens = 5.0
}

/// The samples that count, by cell and by profile, as indices; every list ascending.
struct SampleGroups {
  /// All that enter the gate.
  let gated: [Int]
  /// By scenario: false where replies do not stream.
  let isStreamed: [Bool]
  /// By cell, sorted by key.
  let cells: [(key: CellKey, indices: [Int])]
  /// By profile, in the order that they ran; a profile without a request has an empty list.
  let profiles: [(profile: String, indices: [Int])]
  /// All after warm-up, the left-out ones too, by profile.
  let scheduled: [(profile: String, indices: [Int])]

  init(samples: [StreamSample], header: RunHeader) {
    let scenarios = header.scenarios.count
    let regions = max(1, header.regions.count)
    var cellLists = [[Int]](
      repeating: [], count: header.profiles.count * scenarios * regions)
    var profileLists = [[Int]](repeating: [], count: header.profiles.count)
    var scheduledLists = profileLists
    var all: [Int] = []
    for (index, sample) in samples.enumerated() where !sample.isWarmup {
      scheduledLists[sample.profile].append(index)
      guard sample.outcome.isCounted else { continue }
      all.append(index)
      profileLists[sample.profile].append(index)
      let cell = (sample.profile * scenarios + sample.scenario) * regions + (sample.region ?? 0)
      cellLists[cell].append(index)
    }
    gated = all
    isStreamed = header.scenarios.map { !header.unstreamedScenarios.contains($0) }
    profiles = zip(header.profiles, profileLists).map { (profile: $0, indices: $1) }
    scheduled = zip(header.profiles, scheduledLists).map { (profile: $0, indices: $1) }
    cells = cellLists.indices.compactMap { position in
      guard !cellLists[position].isEmpty else { return nil }
      let region = header.regions.isEmpty ? nil : header.regions[position % regions]
      let key = CellKey(
        profile: header.profiles[position / regions / scenarios],
        scenario: header.scenarios[position / regions % scenarios], region: region)
      return (key: key, indices: cellLists[position])
    }.sorted { $0.key < $1.key }
  }
}
