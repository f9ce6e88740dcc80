import Foundation
import Gate
import Model
import Plan
import Reports
import TestKit
import Testing

/// Searches by hand, each told as a run.
struct CapacityCase: Sendable, CustomTestStringConvertible {
  var name: String
  var record: RunRecord
  var exitCode: Int

  var testDescription: String { name }

  var facts: ReportFacts {
    ReportFacts(exitCode: exitCode, hostName: "runner-7", version: "0.1.0", notes: ["A note."])
  }

  static let all: [CapacityCase] = [
    make(
      "capacity_confirmed",
      [
        (5, 0.3), (10, 0.32), (20, 2.4), (14.1, 0.4), (16.8, 1.9),
        (15.4, 1.7), (14.1, 0.41), (14.1, 0.43),
      ]),
    make(
      "capacity_slots",
      [
        (5, 0.3), (10, 0.32), (20, 2.4), (14.1, 0.4), (16.8, 1.9),
        (15.4, 1.7), (14.1, 0.41), (14.1, 0.43),
      ], isSlotMissed: true),
    make(
      "capacity_interval",
      [
        (5, 0.3), (10, 0.32), (20, 2.4), (14.1, 0.4), (16.8, 1.9),
        (15.4, 1.7), (14.1, 1.6),
      ]),
    make("capacity_nothing", [(4, 1.7), (2.5, 1.6)], exitCode: 1, lowest: 2.5),
    make("capacity_ceiling", [(10, 0.3), (15, 0.3), (15, 0.31), (15, 0.3)], highest: 15),
    make(
      "capacity_client", [(5, 0.3), (10, 0.9)], exitCode: 3,
      stop: .client("client-limited: the p99 of the loop lag, 61 ms, is above 10 % of 300 ms")),
    make(
      "capacity_unconfirmed",
      [
        (5, 0.3), (10, 0.32), (20, 2.4), (14.1, 0.4), (16.8, 1.9), (15.4, 1.7), (14.1, 0.41),
        (14.1, 0.9), (14.1, 0.9),
      ],
      stop: .client("client-limited: the p99 of the loop lag, 61 ms, is above 10 % of 300 ms"),
      limitedSteps: 2),
    make("capacity_interrupted", [], exitCode: 130, stop: .interrupted),
  ]

  /// Steps by rate and their p95 of ttft.
  private static func make(
    _ name: String, _ steps: [(rate: Double, ttft: Double)], exitCode: Int = 0,
    stop: CapacityStop? = nil, limitedSteps: Int = 1, lowest: Double = 1, highest: Double = 40,
    isSlotMissed: Bool = false
  ) -> CapacityCase {
    var record = RunRecord(header: Piece.header("capacity-1", branch: "feature/router"))
    record.header.profiles = [CapacityRun.profile]
    record.header.exploration = "capacity, steps of 60 s"
    record.header.isUsable = false
    record.header.unusableReason = stop?.text ?? record.header.explorationReason
    var search = CapacityRun(
      rules: CapacitySearch.Rules(
        start: steps.first?.rate ?? 5, lowest: lowest, highest: highest), stepLength: .seconds(60),
      warmup: .seconds(5))
    for (index, step) in steps.enumerated() {
      let isOver = step.ttft >= 1.5
      // What a slow step would miss is a slot, and no objective.
      let isMissed = isOver && !isSlotMissed
      search.steps.append(
        CapacityStep(
          rate: step.rate,
          objectives: [
            ObjectiveResult(
              objective: "ttft.p95 < 1.5s", verdict: isMissed ? .fail : .ok,
              value: isOver && isSlotMissed ? 0.4 : step.ttft,
              bound: 1.5, n: Int(60 * step.rate), floor: 130),
            ObjectiveResult(
              objective: "error < 1%", verdict: step.rate == 20 ? .fail : .ok,
              value: step.rate == 20 ? 0.025 : 0, bound: 0.01, n: Int(60 * step.rate), floor: 1),
          ], abortedAt: step.rate == 20 ? .milliseconds(41_300) : nil,
          droppedCap: isOver && isSlotMissed ? 8 : 0,
          isClientLimited: stop.map(isClient) == true && index >= steps.count - limitedSteps))
      add(index, step.rate, step.ttft, to: &record)
    }
    search.stop = stop
    search.put(into: &record)
    return CapacityCase(name: name, record: record, exitCode: exitCode)
  }

  private static func isClient(_ stop: CapacityStop) -> Bool {
    if case .client = stop { true } else { false }
  }

  private static func add(_ step: Int, _ rate: Double, _ ttft: Double, to record: inout RunRecord) {
    let n = Int(60 * rate)
    func add(_ name: String, _ value: Double, n count: Int) {
      record.figures.append(
        ReportFigure(
          profile: CapacityRun.profile, scenario: "", name: "stage.\(step).\(name)", value: value,
          n: count))
    }
    for (name, value) in [
      ("intended.rate", rate), ("achieved.rate", rate), ("in_flight.mean", rate * (2 + ttft)),
      ("in_flight.max", (rate * (4 + ttft)).rounded()), ("tokens.rate", rate * 20),
      ("ttft.p50", ttft * 0.8), ("ttft.p95", ttft), ("duration.p50", 2 + ttft * 0.8),
      ("duration.p95", 2 + ttft), ("error", rate == 20 ? 0.025 : 0), ("truncated", 0),
      ("requests", Double(n)), ("outcome.complete", Double(n)),
    ] { add(name, value, n: n) }
    guard rate == 20 else { return }
    add("outcome.http_429", 28, n: n)
    add("outcome.broken", 2, n: n)
    add("http_429.first", 3.2, n: 28)
    record.figures += [("knee.ttft.stage", Double(step)), ("knee.ttft.flat.rate", 14.1)].map {
      ReportFigure(profile: CapacityRun.profile, scenario: "", name: $0.0, value: $0.1, n: 8)
    }
  }
}

@Suite("Reports of a search for a capacity")
struct CapacityReportTests {
  private func render(_ item: CapacityCase, _ format: ReportFormat) throws -> [UInt8] {
    try #require(CapacityReport.render(item.record, facts: item.facts, as: format))
  }

  @Test("Terminal text, Markdown and JSON equal their golden files", arguments: CapacityCase.all)
  func golden(_ item: CapacityCase) throws {
    let folder = "reports/" + item.name
    try Golden.expect(render(item, .terminal), equals: folder + ".txt")
    try Golden.expect(render(item, .markdown), equals: folder + ".md")
    try Golden.expect(render(item, .json), equals: folder + ".json")
    #expect(MarkdownCheck.problems(try render(item, .markdown)) == [])
  }

  @Test("capacity.json read and written again gives the same bytes", arguments: CapacityCase.all)
  func roundTrip(_ item: CapacityCase) throws {
    let bytes = try render(item, .json)
    let (record, facts) = try CapacityReport.decode(bytes)
    #expect(CapacityReport.render(record, facts: facts, as: .json) == bytes)
    #expect(
      CapacityReport.render(record, facts: facts, as: .terminal) == (try render(item, .terminal)))
  }

  @Test("The last line is the answer", arguments: CapacityCase.all)
  func answer(_ item: CapacityCase) throws {
    let text = String(decoding: try render(item, .terminal), as: UTF8.self)
    let model = try #require(CapacityModel(item.record, facts: item.facts))
    #expect(text.hasSuffix("\ncapacity: \(model.answer)\n"))
    for line in text.split(separator: "\n").dropLast() { #expect(line.count <= 100) }
  }

  @Test("There is no JUnit of a search, and no search in another run")
  func others() throws {
    let item = CapacityCase.all[0]
    #expect(CapacityReport.render(item.record, facts: item.facts, as: .junit) == nil)
    let record = Piece.record("a")
    #expect(CapacityReport.render(record, facts: item.facts, as: .terminal) == nil)
  }

  @Test("What is no capacity.json is told by where it is wrong")
  func wrong() throws {
    func error(_ text: String) -> ResultFileError? {
      do throws(ResultFileError) {
        _ = try CapacityReport.decode(Array(text.utf8))
        return nil
      } catch { return error }
    }
    #expect(error("{}") == .notAResult)
    #expect(error("{\"format\":\"streamgate-result/1\"}") == .otherFormat("streamgate-result/1"))
    #expect(
      error("{\"format\":\"streamgate-capacity/1\"}")
        == .wrongField(FieldError(field: "run", what: "is missing")))
    guard case .notJSON? = error("{") else {
      Issue.record("broken JSON")
      return
    }
  }
}
