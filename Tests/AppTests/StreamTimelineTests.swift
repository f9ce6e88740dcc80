import ArgumentParser
import Model
import Reports
import ResultStore
import TestKit
import Testing

@testable import App

@Suite("Recorded streams for a person")
struct StreamTimelineTests {
  private let header = Build.header(runID: "0198c6aa-run")

  private func read(_ at: Int64, _ text: String, events: Int = 1) -> RecordedRead {
    RecordedRead(at: .milliseconds(at), bytes: text.utf8.count, contentEvents: events)
  }

  /// A stream that stalls and breaks, whose service tries to drive the terminal.
  private func broken(isFull: Bool) -> RecordedStream {
    let texts = ["data: {\"role\":1}\n\n", "data: one\n\n", "data: \u{1B}[31m\u{202E}two\r\n\n"]
    var sample = Build.success(seq: 17, intended: .milliseconds(1_500), ttft: .milliseconds(110))
    sample.outcome = .broken
    sample.sent = .milliseconds(1_501)
    sample.headers = .milliseconds(100)
    sample.lastToken = .milliseconds(700)
    sample.done = nil
    sample.end = .milliseconds(702)
    sample.turn = 1
    sample.usageOutputTokens = nil
    sample.contentEvents = 2
    sample.bodyBytes = texts.map(\.utf8.count).reduce(0, +)
    sample.evidence = Evidence(
      transportCode: 56, offset: 30, excerpt: "data: \u{1B}[31mtwo\n::error::x",
      detail: "The connection ended inside the body. x-request-id: r-1")
    return RecordedStream(
      sample: sample, ranks: StreamRanks(ttft: 2, gap: 1, failure: 1), over: .milliseconds(702),
      headers: [RecordedHeader(name: "x-request-id", value: "r-1\u{1B}[2J")],
      reads: [
        read(100, texts[0], events: 0), read(110, texts[1]), read(700, texts[2]),
      ], body: isFull ? RecordedBody(bytes: Array(texts.joined().utf8)) : nil)
  }

  /// A long stream that we gave up, of which the middle is not kept.
  private var long: RecordedStream {
    var sample = Build.success(seq: 4, ttft: .milliseconds(100))
    sample.outcome = .timeoutStall
    sample.done = .milliseconds(1_300)
    sample.lastToken = .milliseconds(1_000)
    sample.end = nil
    sample.bodyBytes = 4_010
    sample.evidence = Evidence(detail: "No further token.")
    return RecordedStream(
      sample: sample, ranks: StreamRanks(failure: 2), over: .milliseconds(1_320),
      reads: [read(100, "0123456789"), read(120, "0123456789")], readsOmitted: 398,
      lastReads: [read(990, "abcde"), read(1_000, "fghij")],
      body: RecordedBody(
        bytes: Array("012345678901234".utf8), bytesOmitted: 3_988,
        lastBytes: [0x63, 0xFF, 0x65] + Array("fghi".utf8)))
  }

  @Test("A timeline tells what came when, in both modes", arguments: RecorderMode.allCases)
  func timelines(mode: RecorderMode) throws {
    guard mode != .off else { return }
    let isFull = mode == .full
    let texts = [broken(isFull: isFull), long].map { stream in
      var stream = stream
      if !isFull { stream.body = nil }
      return StreamTimeline(stream: stream, header: header, mode: mode).text
    }
    let text = texts.joined(separator: "\n\n") + "\n"
    #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
    #expect(!text.split(separator: "\n").contains { $0.hasPrefix("::") })
    try Golden.expect(text, equals: "stream_timeline_\(mode.rawValue).txt")
  }

  @Test("The list names each stream and why it was kept")
  func list() throws {
    let file = StreamsFile(header: header, mode: .full, streams: [broken(isFull: true), long])
    let text = StreamTable.text(file)
    #expect(text.contains("sustained/short/17"))
    #expect(text.contains("slowest first token 2, largest gap 1, broken 1"))
    #expect(
      StreamTable.text(StreamsFile(header: header, mode: .full, streams: []))
        == "no stream was worth keeping in 0198c6aa-run")
  }

  @Test("A report names the slowest first token, the largest gap and each outcome's first")
  func notes() {
    var slow = broken(isFull: false)
    slow.sample.seq = 2
    slow.ranks = StreamRanks(failure: 1)
    var warm = long
    warm.sample.isWarmup = true
    warm.sample.firstToken = .seconds(9)
    warm.ranks = StreamRanks(failure: 1)
    var second = broken(isFull: false)
    second.sample.gapMax = .milliseconds(900)
    second.ranks = StreamRanks(failure: 2)
    let file = StreamsFile(header: header, mode: .timing, streams: [slow, warm, second])
    #expect(
      file.notes == [
        StreamNote(
          id: "sustained/short/2", reason: .ttft, outcome: .broken, length: .milliseconds(110)),
        StreamNote(
          id: "sustained/short/17", reason: .gap, outcome: .broken, length: .milliseconds(900)),
        StreamNote(id: "sustained/short/2", reason: .failure, outcome: .broken),
        StreamNote(id: "sustained/short/4", reason: .failure, outcome: .timeoutStall),
      ])
  }

  @Test("Bytes are shown as JSON writes them, and bytes that are no UTF-8 by their value")
  func quoting() {
    #expect(StreamTimeline.quoted(Array("a\"\n\u{1B}é".utf8)) == #""a\"\n\u001bé""#)
    #expect(StreamTimeline.quoted([0x61, 0xFF, 0x62, 0xC3]) == #""a\u00ffb\u00c3""#)
    #expect(StreamTimeline.quoted([]) == "\"\"")
  }

  @Test("Times have three decimals of a millisecond")
  func times() {
    #expect(StreamTimeline.time(Nanos(1_234_567)) == "1.235 ms")
    #expect(StreamTimeline.time(.zero) == "0.000 ms")
    #expect(StreamTimeline.time(Nanos(-50_000)) == "-0.050 ms")
    #expect(StreamTimeline.time(.seconds(120)) == "120000.000 ms")
  }

  @Test("--stream may come without a value, which lists the streams")
  func flag() throws {
    func stream(_ arguments: String...) throws -> String? {
      let marked = RecordedStreams.marked(["report", "RUN"] + arguments)
      return (try StreamgateCommand.parseAsRoot(marked) as? ReportCommand)?.stream
    }
    #expect(try stream() == nil)
    #expect(try stream("--stream") == "")
    #expect(try stream("--stream", "--format", "json") == "")
    #expect(try stream("--stream", "sustained/short/17") == "sustained/short/17")
    #expect(try stream("--stream=sustained/short/17") == "sustained/short/17")
    #expect(throws: (any Error).self) { try stream("--stream", "x", "--out", "o") }
    #expect(throws: (any Error).self) { try stream("--stream", "x", "--format", "junit") }
  }

  @Test("The streams file of a run file is beside it, by its number")
  func beside() {
    #expect(StreamFinder.path(besideRunFile: "out/run-2.jsonl.gz") == "out/streams-2.jsonl.gz")
    #expect(StreamFinder.path(besideRunFile: "run-1.jsonl") == "streams-1.jsonl.gz")
    #expect(StreamFinder.path(besideRunFile: "/a b/run-1.jsonl") == "/a b/streams-1.jsonl.gz")
    #expect(StreamFinder.path(besideRunFile: "out/other.jsonl") == nil)
  }
}
