import Gate
import Model
import Reports
import TestKit
import Testing

extension ReportCase {
  /// A failed verdict on a run whose worst and failed streams were recorded.
  static let recorded: ReportCase = {
    var item = ReportCase.fail
    item.name = "recorded"
    item.facts.streams = [
      StreamNote(
        id: "sustained/short/95", reason: .ttft, outcome: .complete, length: .milliseconds(1_313)),
      StreamNote(
        id: "sustained/long/136", reason: .gap, outcome: .timeoutTotal,
        length: .milliseconds(121)),
      StreamNote(id: "ramp-up/short/34", reason: .failure, outcome: .truncated),
      StreamNote(id: "ramp-up/short/40", reason: .failure, outcome: .http5xx),
    ]
    return item
  }()
}

@Suite("Recorded streams in reports")
struct StreamNoteTests {
  private func steps(_ item: ReportCase, _ streams: [StreamNote]) -> [String] {
    var item = item
    item.facts.streams = streams
    return item.model.nextSteps.filter { $0.contains("--stream") }
  }

  @Test("A reader is led to a failed stream, and to a slow one where the verdict failed")
  func steps() {
    let streams = ReportCase.recorded.facts.streams
    #expect(steps(.fail, streams).first?.contains("ramp-up/short/34") == true)
    #expect(steps(.fail, [streams[0]]).first?.contains("sustained/short/95") == true)
    #expect(steps(.pass, streams).count == 1)
    #expect(steps(.pass, [streams[0]]).isEmpty)
    #expect(steps(.fail, []).isEmpty)
  }

  @Test("result.json keeps the streams that a report names")
  func roundTrip() throws {
    let item = ReportCase.recorded
    let report = Report(
      input: GateInput(candidates: item.candidates, baseline: item.baseline), verdict: item.verdict,
      facts: item.facts)
    let bytes = ResultFile.encode(report)
    #expect(try ResultFile.decode(bytes).facts.streams == item.facts.streams)
  }
}
