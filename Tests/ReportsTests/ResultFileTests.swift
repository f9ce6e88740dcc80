import Foundation
import Gate
import Model
import Reports
import TestKit
import Testing

@Suite("result.json")
struct ResultFileTests {
  @Test("Decoded, judged and encoded again it is the same bytes, whatever the order of the runs")
  func roundTrip() throws {
    for slower in [0.0, 0.05, 0.4] {
      let report = Self.report(slower: slower)
      let bytes = ResultFile.encode(report)
      let file = try ResultFile.decode(bytes)
      #expect(file.kind == report.verdict.kind)
      #expect(ResultFile.encode(Self.judged(file)) == bytes)
      var shuffled = file
      shuffled.input.candidates.reverse()
      shuffled.input.baseline.reverse()
      shuffled.input.history.reverse()
      let again = Self.judged(shuffled)
      #expect(ResultFile.encode(again) == bytes)
      for format in ReportFormat.allCases {
        #expect(Reports.render(again, as: format) == Reports.render(report, as: format))
      }
    }
  }

  @Test("A run without credentials is judged again to the same bytes, allowed or not")
  func withoutCredentials() throws {
    for (isAllowed, kind) in [(true, VerdictKind.inconclusive), (false, .cannotEvaluate)] {
      let report = Self.unmeasured(isAllowed: isAllowed)
      #expect(report.verdict.kind == kind)
      let bytes = ResultFile.encode(report)
      #expect(ResultFile.encode(Self.judged(try ResultFile.decode(bytes))) == bytes)
      let label = isAllowed ? "SKIPPED" : "CANNOT EVALUATE"
      #expect(report.model.verdictLine.hasPrefix(label + " (no credentials): API_TOKEN is not set"))
    }
    let empty = String(decoding: ResultFile.encode(Self.unmeasured(isAllowed: true)), as: UTF8.self)
      .replacing(/"variables": \[[^\]]*\]/, with: "\"variables\": []")
    #expect(throws: ResultFileError.self) { try ResultFile.decode(Array(empty.utf8)) }
  }

  private static func unmeasured(isAllowed: Bool) -> Report {
    let whole = report(slower: 0)
    let input = GateInput(
      candidates: whole.input.candidates.suffix(1).map { RunRecord(header: $0.header) },
      baseline: [],
      missing: MissingCredentials(variables: ["API_TOKEN"], isAllowed: isAllowed))
    return Report(input: input, verdict: Gate.judge(input), facts: whole.facts)
  }

  @Test("A slower candidate fails and an unchanged one passes, in every output alike")
  func agree() throws {
    for (slower, kind) in [(0.0, VerdictKind.pass), (0.4, .fail)] {
      let report = Self.report(slower: slower)
      #expect(report.verdict.kind == kind)
      let junit = try JUnitFile(Reports.render(report, as: .junit))
      #expect(junit.problems == [])
      let red = junit.cases.filter { $0.result == "failure" || $0.result == "error" }
      #expect(red.isEmpty == (kind == .pass))
      let line = report.model.verdictLine
      #expect(
        line.hasPrefix(
          kind == .pass ? "PASS: not worse by more than 10 % in ttft_p50" : "FAIL: ttft_p50 +")
      )
      let text = String(decoding: Reports.render(report, as: .terminal), as: UTF8.self)
      #expect(text.hasSuffix(line + "\n"))
      let json = try JSONReader.parse(Reports.render(report, as: .json))
      #expect(json["verdict_line"] == .string(line))
    }
  }

  @Test("Every member that is written is documented")
  func documented() throws {
    let page = try String(
      contentsOf: Golden.checkout.appending(path: "docs/schema.md"), encoding: .utf8)
    let words = Set(page.matches(of: /`([^`]+)`/).map { String($0.output.1) })
    var names: Set<String> = []
    for report in Self.everything {
      Self.collect(try JSONReader.parse(ResultFile.encode(report)), "", into: &names)
    }
    #expect(names.count > 150)
    #expect(names.subtracting(words) == [])
  }

  @Test("Hostile text comes back as it was", arguments: RandomRun.hostileTexts)
  func hostile(_ text: String) throws {
    var report = Self.report(slower: 0)
    report.input.candidates[0].header.branch = text
    report.input.waivers = [Waiver(id: "w", reason: text)]
    report.input.settings.branch = text
    report.facts.notes = [text]
    report.facts.hostName = text
    let bytes = ResultFile.encode(report)
    let file = try ResultFile.decode(bytes)
    #expect(file.input.waivers == report.input.waivers)
    #expect(file.input.settings == report.input.settings)
    #expect(file.input.candidates[0].header.branch == text)
    #expect(file.facts == report.facts)
    #expect(throws: Never.self) {
      try JSONSerialization.jsonObject(with: Data(bytes))
    }
  }

  @Test("A file that is something else is refused and says why")
  func refused() throws {
    func error(_ text: String) -> ResultFileError? {
      do {
        _ = try ResultFile.decode(Array(text.utf8))
        return nil
      } catch {
        return error
      }
    }
    #expect(error("{}") == .notAResult)
    #expect(error("{\"format\":\"streamgate-result/2\"}") == .otherFormat("streamgate-result/2"))
    guard case .notJSON = error("{\"format\":") else {
      Issue.record("a cut file was read")
      return
    }
    let text = String(decoding: ResultFile.encode(Self.report(slower: 0)), as: UTF8.self)
    let wrong = text.replacingOccurrences(
      of: "\"max_looks\": 3,\n   \"effects\"", with: "\"max_looks\": 9,\n   \"effects\"")
    #expect(
      error(wrong)
        == .wrongField(FieldError(field: "input.settings.max_looks", what: "is not 1 to 5")))
  }
}

extension ResultFileTests {
  private static func record(_ index: Int, branch: String, change: Double) -> RunRecord {
    var header = Piece.header("run-\(index)", branch: branch, at: Int64(index))
    header.profiles = ["sustained"]
    header.scenarios = ["short"]
    let key = CellKey(profile: "sustained", scenario: "short")
    let luck = Double((index * 7) % 5 - 2) * 0.006
    return RunRecord(
      header: header,
      latencies: [
        LatencyValue(key: key, metric: .tpotP50, logValue: log(0.018) + luck, n: 600),
        LatencyValue(
          key: key, metric: .ttftP50, logValue: log(0.41) + luck + log(1 + change), n: 600),
      ],
      rates: [RateMetric.error, .stalled, .truncated].map {
        RateCount(profile: "sustained", rate: $0, k: index % 2, n: 600)
      },
      figures: [
        ReportFigure(
          profile: "sustained", scenario: "short", name: "ttft.p50", value: 0.41, n: 600)
      ])
  }

  static func report(slower: Double) -> Report {
    let input = GateInput(
      candidates: (40...41).map { record($0, branch: "topic", change: slower) },
      baseline: (20...29).map { record($0, branch: "main", change: 0) },
      history: [
        (0...9).map { record($0, branch: "main", change: 0) },
        (10...19).map { record($0, branch: "main", change: 0.2) },
      ],
      displays: Piece.verdict(.pass).displays)
    return Report(
      input: input, verdict: Gate.judge(input),
      facts: ReportFacts(exitCode: slower > 0.3 ? 1 : 0, hostName: "runner-7", version: "0.1.0"))
  }

  static func judged(_ file: ResultFile) -> Report {
    Report(input: file.input, verdict: Gate.judge(file.input), facts: file.facts)
  }

  /// Reports that between them write every member.
  private static var everything: [Report] {
    let hand = (ReportCase.all + [Hostile.report("x")]).map { item in
      var baseline = item.baseline
      baseline[0].header.aborted = Abort(profile: "p", rule: "r", at: .seconds(1))
      baseline[0].header.referenceTokens = [:]
      baseline[0].header.selfCheck?.lateness = [LateCount(over: .milliseconds(1), count: 2)]
      baseline[0].latencies = [
        LatencyValue(
          key: CellKey(profile: "p", scenario: "s", region: "r"), metric: .ttftP50, logValue: 0,
          n: 9)
      ]
      baseline[0].objectives = [
        ObjectiveFigure(objective: "o", value: 1, n: 1, interval: 0...1)
      ]
      let waiver = Waiver(
        id: "w", metric: "ttft_p50", profile: "p", scenario: "s", reason: "r",
        expiresAt: UnixNanos(0))
      return Report(
        input: GateInput(
          candidates: item.candidates, baseline: baseline, waivers: [waiver],
          displays: item.verdict.displays),
        verdict: item.verdict, facts: item.facts)
    }
    return hand + [report(slower: 0), report(slower: 0.4), unmeasured(isAllowed: true)]
  }

  /// Names of members; those of maps by scenario are no names.
  private static func collect(_ value: JSONValue, _ parent: String, into names: inout Set<String>) {
    for member in value.objectValue ?? [] {
      if parent != "n_ref_tokens" { names.insert(member.name) }
      collect(member.value, member.name, into: &names)
    }
    for element in value.arrayValue ?? [] { collect(element, parent, into: &names) }
  }
}
