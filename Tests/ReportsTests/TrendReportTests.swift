import Gate
import Model
import TestKit
import Testing

@testable import Reports

@Suite("Trends as text, CSV, JSON and a page")
struct TrendReportTests {
  /// Runs whose `ttft_p50` rises by a tenth at run 40 and whose `tpot_p50` falls at run 20.
  static func report(
    runs count: Int = 60, name: String = "", isMade: Bool = true, scenario: String? = nil
  ) -> TrendReport {
    var random = SeededGenerator(seed: 4, label: "trends")
    let records = (0..<count).map { index -> RunRecord in
      var header = Build.header(
        runID: "0198c6aa-0000-7000-8000-" + String(1_000_000_000_00 + index),
        startedAt: UnixNanos(1_769_860_800_000_000_000 + Int64(index) * 43_200_000_000_000),
        scenarios: ["short" + name])
      header.commit = name + String(SHA256.hexDigest("commit \(index)").prefix(40))
      let key = CellKey(
        profile: "sustained" + name, scenario: "short" + name + (scenario ?? ""))
      let luck = (random.nextUnit() - 0.5) * 0.04
      return RunRecord(
        header: header,
        latencies: [
          LatencyValue(
            key: key, metric: .ttftP50,
            logValue: -0.9 + luck + (isMade && index >= 40 ? 0.1 : 0), n: 300),
          LatencyValue(
            key: key, metric: .tpotP50,
            logValue: -4 + luck / 2 - (isMade && index >= 20 ? 0.1 : 0), n: 300),
        ],
        rates: [RateCount(profile: key.profile, rate: .error, k: index % 7 == 0 ? 2 : 0, n: 300)])
    }
    let table = TrendTable(records)
    let trends = scenario == nil ? table.composites() : table.cells()
    let changes = trends.map {
      ChangePoints.find(in: $0, runs: table.runs, environment: "default-00000000")
    }
    var report = TrendReport(
      project: "project" + name, environment: "default-00000000", branch: "main" + name,
      runs: table.runs, trends: zip(trends, changes).map { $0.measured(between: $1) },
      changes: changes)
    for point in report.allChanges {
      report.commits[point.range] = RangeCommits(
        commits: [
          .init(id: point.commit, subject: "Cache the tokenizer" + name),
          .init(id: String(repeating: "a", count: 40), subject: "Read the prompt once" + name),
        ], isCut: point.kind == .regression)
    }
    report.waivers = [
      Waiver(
        id: "w", metric: "ttft_p50", reason: "a larger model" + name,
        acceptedAt: UnixNanos(1_769_860_800_000_000_000 + 45 * 43_200_000_000_000))
    ]
    report.baseline = Set(table.runs.dropFirst(30).prefix(10).map(\.runID))
    return report
  }

  @Test("Each equals its golden file")
  func golden() throws {
    let report = TrendReportTests.report()
    #expect(report.proposed.map(\.id.name) == ["ttft_p50"])
    #expect(report.allChanges.map(\.run) == [40, 20])
    try Golden.expect(TrendText.bytes(report), equals: "reports/trends.txt")
    try Golden.expect(Array(TrendJSON.pieces(report).joined()), equals: "reports/trends.json")
    let page = TrendPage.bytes(report)
    try Golden.expect(page, equals: "reports/trends.html")
    #expect(HTMLFile(page).problems == [])
    #expect(try HTMLFile.parserError(page) == nil)
  }

  @Test("A single trend lists its latest runs and marks those that a change came with")
  func single() {
    var report = TrendReportTests.report()
    (report.trends, report.changes) = ([report.trends[0]], [report.changes[0]])
    let text = String(decoding: TrendText.bytes(report), as: UTF8.self)
    #expect(text.contains("0198c6aa-0000-7000-8000-100000000059"))
    #expect(text.contains("40 earlier runs: --csv and --json have all."))
    #expect(text.split(separator: "\n").contains { $0.hasSuffix("% regression") })
    #expect(text.hasSuffix("(ttft_p50 \(report.proposed[0].changeText)).\n"))
  }

  @Test("Names that are too long for a line stand whole in their own, and lines keep their width")
  func longNames() {
    let report = TrendReportTests.report(
      scenario: "/" + String(repeating: "long-name-", count: 4))
    let lines = String(decoding: TrendText.bytes(report), as: UTF8.self).split(separator: "\n")
    #expect(lines.filter { $0.hasSuffix("long-name-/ttft_p50") }.count == 2)
    #expect(lines.contains { $0.hasSuffix("long-name-/tpot_p50") })
    #expect(lines.allSatisfy { $0.count <= TerminalForm.logColumns })
  }

  @Test("A terminal gets lines of its width", arguments: [60, 80, 100, 160])
  func terminal(columns: Int) {
    let form = TerminalForm(terminal: columns, isColoured: false)
    let text = String(
      decoding: TrendText.bytes(TrendReportTests.report(), form: form), as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= columns })
    let signs = lines.compactMap { $0.split(separator: " ").last }
      .filter { "▁▂▃▄▅▆▇█".contains($0.first ?? " ") }
    let width = min(max(columns - 57 - "ttft_p50".count, 12), 40)
    #expect(signs.map(\.count) == [Int](repeating: width, count: 3))
  }

  @Test("The first of several regressions is the one that is listed first")
  func earliest() throws {
    var report = TrendReportTests.report()
    let point = try #require(report.proposed.first)
    var other = point
    other.id = .gate(HypothesisID(metric: .latency(.ttftP95)))
    report.changes[0].append(other)
    let text = String(decoding: TrendText.bytes(report), as: UTF8.self)
    #expect(text.hasSuffix("(ttft_p50 \(point.changeText)).\n"))
  }

  @Test("A series without a change says so, and a page of it is whole")
  func unchanged() throws {
    let report = TrendReportTests.report(isMade: false)
    let text = String(decoding: TrendText.bytes(report), as: UTF8.self)
    #expect(text.hasSuffix("No change point.\n"))
    let few = TrendText.bytes(TrendReportTests.report(runs: 9))
    #expect(
      String(decoding: few, as: UTF8.self)
        .hasSuffix("Too few runs for a change point: 9 of 10.\n"))
    #expect(HTMLFile(TrendPage.bytes(report)).problems == [])
  }

  @Test("The axis tells days, and times where the runs are of few days or one")
  func ticks() {
    func page(every minutes: Int64) -> String {
      var report = TrendReportTests.report()
      for index in report.runs.indices {
        report.runs[index].startedAt = UnixNanos(
          1_769_860_800_000_000_000 + Int64(index) * minutes * 60_000_000_000)
      }
      return String(decoding: TrendPage.bytes(report), as: UTF8.self)
    }
    #expect(page(every: 720).contains(">2026-02-04</text>"))
    let oneDay = page(every: 10)
    #expect(oneDay.contains(">run, 2026-01-31 (UTC)</text>") && oneDay.contains(">12:00</text>"))
    #expect(oneDay.contains(">13:20</text>"))
    let twoDays = page(every: 30)
    #expect(twoDays.contains(">01-31 12:00</text>") && twoDays.contains(">02-01 00:00</text>"))
    // The scale of a plot that scrolls is a drawing of its own, which does not.
    #expect(oneDay.split(separator: "<svg class=\"scale\"").count == 1 + 3)
  }

  @Test("CSV has a line for each run and metric, and the change in the line of its first run")
  func csv() throws {
    let report = TrendReportTests.report()
    let text = String(decoding: TrendCSV.pieces(report).joined(), as: UTF8.self)
    let lines = text.split(separator: "\r\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(lines.count == 1 + 3 * 60)
    #expect(lines.allSatisfy { $0.count == lines[0].count })
    let changes = lines.dropFirst().filter { !($0.last ?? "").isEmpty }
    #expect(
      changes.map { [String($0[0].suffix(2)), $0[3], $0[9]] } == [
        ["40", "ttft_p50", "regression"], ["20", "tpot_p50", "improvement"],
      ])
    let first = try #require(lines.dropFirst().first)
    #expect(Double(first[4]) == report.trends[0].points[0].value)
    #expect(Double(first[5]) ?? 9 < Double(first[4]) ?? 0)
    #expect(lines.last?[7] == "0" && lines.last?[8] == "300")
  }

  @Test("Text from outside is inert in every form", arguments: Hostile.texts)
  func hostile(text: String) throws {
    let report = TrendReportTests.report(runs: 60, name: text)
    let page = TrendPage.bytes(report)
    #expect(HTMLFile(page).problems == [])
    #expect(page.count < 1_000_000)
    let plain = String(decoding: TrendText.bytes(report), as: UTF8.self)
    #expect(!plain.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    for line in plain.split(separator: "\n") { #expect(!line.hasPrefix("::")) }
    let csv = String(decoding: TrendCSV.pieces(report).joined(), as: UTF8.self)
    for line in csv.split(separator: "\r\n") {
      #expect(!line.contains("\n"))
      for start in ["=", "+", "@"] { #expect(!line.contains("," + start)) }
    }
    _ = try JSONReader.parse(Array(TrendJSON.pieces(report).joined()))
  }

  @Test("A page of ten thousand runs stays below a megabyte a trend")
  func large() {
    let report = TrendReportTests.report(runs: 10_000)
    #expect(TrendPage.bytes(report).count < 3_000_000)
  }

  @Test("Of many values a sparkline shows means, and without Unicode plain signs")
  func sparkline() {
    let values = (0..<80).map { Double($0 / 40) }
    let means = Sparkline.means(values, count: 8)
    #expect(means == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(Sparkline.text(means) == "▁▁▁▁████")
    #expect(Sparkline.text(means, isUnicode: false) == "____####")
    #expect(Sparkline.means([1, 2], count: 8) == [1, 2])
  }

  @Test(
    "Values are written in their unit",
    arguments: [
      ("ttft.p99", 0.4123, "412 ms"), ("gap.mean", 0.0213, "21.3 ms"), ("goodput", 6.204, "6.20"),
      ("cached.share", 0.031, "3.1 %"), ("slo.attainment", 1, "100 %"), ("requests", 300, "300"),
      ("stage.3.ttft.p50", 1.618, "1.62 s"), ("turn.0.error", 0.5, "50.0 %"),
      ("outcome.http_429", 3, "3"), ("login.wait.count", 4, "4"), ("in_flight.max", 12, "12"),
    ])
  func units(name: String, value: Double, text: String) {
    #expect(TrendUnit(.figure(CellKey(profile: "p", scenario: ""), name: name)).text(value) == text)
  }
}
