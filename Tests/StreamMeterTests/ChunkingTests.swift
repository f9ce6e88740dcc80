import Model
import StreamMeter
import TestKit
import Testing

/// What single bytes say of a body: by which byte each thing was reached. Everything that any
/// other packing must say follows from it.
private struct Reference {
  var reading: Reading
  /// By which byte each content event was complete.
  var contentAt: [Int64] = []

  init(
    _ body: [UInt8], _ dialect: Dialect? = Dialect.named("openai-chat"), end: TransportEnd,
    limits: MeterLimits = MeterLimits()
  ) throws {
    var meter = try Harness.meter(dialect, limits: limits)
    reading = try Harness.feed(
      &meter, body, cuts: Array(0..<body.count).dropFirst().map { $0 }, end: end,
      contentType: nil)
    meter.reset()
    meter.head(status: 200, contentType: nil, at: MonotonicNanos(0))
    for i in body.indices {
      let before = meter.contentEvents
      body.withUnsafeBytes { bytes in
        _ = meter.read(
          UnsafeRawBufferPointer(rebasing: bytes[i...i]), at: MonotonicNanos(Int64(i + 1)))
      }
      contentAt += Array(repeating: Int64(i + 1), count: meter.contentEvents - before)
    }
    let before = meter.contentEvents
    meter.end(end, at: MonotonicNanos(Int64(body.count)))
    contentAt += Array(repeating: Int64(body.count), count: meter.contentEvents - before)
  }

  /// Records an issue where a packing's reading differs from what must follow.
  func check(_ packed: Reading, ends: [Int], _ label: @autoclosure () -> String) {
    let stamp = { (byte: Int64) in Int64(ends.first { $0 >= byte } ?? -1) }
    let moved = { (at: MonotonicNanos?) in at.map { MonotonicNanos(stamp($0.rawValue)) } }
    var milestones = reading.milestones
    milestones.firstByte = moved(milestones.firstByte)
    milestones.firstChoice = moved(milestones.firstChoice)
    milestones.firstToken = moved(milestones.firstToken)
    milestones.firstAnswer = moved(milestones.firstAnswer)
    milestones.lastToken = moved(milestones.lastToken)
    milestones.done = moved(milestones.done)
    let reads = contentAt.map(stamp)
    let sizes = Dictionary(grouping: reads) { $0 }.mapValues(\.count)
    let waits = (reads + [milestones.done?.rawValue].compactMap { $0 })
    let gaps = zip(waits.dropFirst(), waits).map { $0 - $1 }.filter { $0 > 0 }
    let isRight =
      packed.outcome == reading.outcome && packed.evidence == reading.evidence
      && packed.milestones == milestones && packed.usage == reading.usage
      && packed.events == reading.events && packed.contentEvents == contentAt.count
      && packed.bodyBytes == reading.bodyBytes && packed.contentReads == sizes.count
      && packed.burstEvents == sizes.values.filter { $0 > 1 }.reduce(0, +)
      && packed.gapMax == (contentAt.isEmpty ? nil : gaps.max().map { Nanos($0) })
    if !isRight { Issue.record("\(label()): \(packed), not \(reading)") }
  }
}

@Suite("Any packing into reads")
struct ChunkingTests {
  /// The bodies whose events do not depend on reads.
  static let files = Corpus.files.filter { $0.dialect?.framing != .text }

  @Test("The corpus has bodies of every dialect, and of every kind of reply")
  func coverage() {
    let folders = Set(Corpus.files.map(\.folder))
    let replies = Dialect.names.filter { Dialect.named($0)?.unstreamed != nil }
    let names = Dialect.names.map { $0 == "openai-chat" ? "sse" : $0 }
    #expect(folders == Set(names + replies.map { "reply." + $0 }))
  }

  @Test("A stream cut at any byte gives the same result", arguments: files)
  func everyCut(_ file: CorpusFile) throws {
    let body = try file.bytes
    let reference = try Reference(body, file.dialect, end: .clean)
    var meter = try Harness.meter(file.dialect)
    for cut in 0...body.count {
      let packed = try Harness.feed(&meter, body, cuts: [cut], contentType: nil)
      reference.check(
        packed, ends: [cut, body.count].filter { $0 > 0 }, "\(file.name) cut at \(cut)")
    }
  }

  @Test("A stream in random pieces gives the same result", arguments: files)
  func randomCuts(_ file: CorpusFile) throws {
    let body = try file.bytes
    for end in [TransportEnd.clean, .broken(code: 18)] {
      let reference = try Reference(body, file.dialect, end: end)
      var random = SeededGenerator(seed: 7, label: "packing")
      var meter = try Harness.meter(file.dialect)
      for round in 0..<100 {
        let cuts = cuts(of: body.count, mean: 1 << (round % 9), &random)
        let packed = try Harness.feed(&meter, body, cuts: cuts, end: end, contentType: nil)
        reference.check(packed, ends: cuts + [body.count], "\(file.name) cut at \(cuts)")
      }
    }
  }

  @Test("Pieces of streams put together at random give the same result, within small caps too")
  func randomStreams() throws {
    var random = SeededGenerator(seed: 11, label: "streams")
    let tight = MeterLimits(
      lineBytesMax: 60, eventBytesMax: 90, eventsMax: 12, bodyBytesMax: 400, drainBytesMax: 20)
    var outcomes: Set<Outcome> = []
    for round in 0..<300 {
      var body: [UInt8] = []
      for _ in 0..<(1 + random.nextIndex(below: 16)) {
        body += Array(Self.pieces[random.nextIndex(below: Self.pieces.count)].utf8)
      }
      let limits = round % 2 == 0 ? MeterLimits() : tight
      let reference = try Reference(body, end: .clean, limits: limits)
      outcomes.insert(reference.reading.outcome)
      var meter = try Harness.meter(limits: limits)
      for round in 0..<20 {
        let cuts = cuts(of: body.count, mean: 1 << (round % 7), &random)
        let packed = try Harness.feed(&meter, body, cuts: cuts, contentType: nil)
        reference.check(packed, ends: cuts + [body.count], "\(body) cut at \(cuts)")
      }
    }
    #expect(
      outcomes.isSuperset(
        of: [.complete, .empty, .truncated, .malformed, .errorEvent, .notAStream, .limit]))
  }

  /// What random streams are made of.
  private static let pieces = [
    Harness.token(), Harness.token(), Harness.token("y\\u00e9"), Harness.role, Harness.marker,
    "\n", "\r", "\r\n", "\u{FEFF}", ": aside\n", "event: ping\n", "event: error\n", "id: 1\r\n",
    "data", ":", "{", "data: {}\r\n\r\n", "data: {\"choices\":[{\r", "data: }]}\n\n",
    "data: {\"usage\":{\"completion_tokens\":3}}\n\n", "data: {\"error\":1}\n\n", "nonsense\n",
    ": " + String(repeating: "z", count: 61) + "\n",
  ]

  /// Ascending cuts of a body, on average so many bytes apart; two may be equal.
  private func cuts(of count: Int, mean: Int, _ random: inout SeededGenerator) -> [Int] {
    var cuts: [Int] = []
    var at = random.nextIndex(below: 2 * mean)
    while at < count {
      cuts.append(at)
      at += random.nextIndex(below: 2 * mean)
    }
    return cuts
  }

  @Test("Each stream of the corpus is read as its golden line says")
  func golden() throws {
    var text = ""
    for file in Corpus.files {
      text += line(file, try Reference(file.bytes, file.dialect, end: .clean).reading)
    }
    try Golden.expect(text, equals: "meter_corpus.txt")
  }

  private func line(_ file: CorpusFile, _ reading: Reading) -> String {
    let at = { (stamp: MonotonicNanos?) in stamp.map { String($0.rawValue) } ?? "-" }
    let count = { (count: Int?) in count.map { String($0) } ?? "-" }
    let m = reading.milestones
    var text = """
      \(file.folder)/\(file.name): \(reading.outcome.name)
        bytes \(reading.bodyBytes) events \(reading.events) content \(reading.contentEvents) \
      usage input \(count(reading.usage.input)) output \(count(reading.usage.output)) \
      cached \(count(reading.usage.cached))
        by byte: firstByte \(at(m.firstByte)) firstChoice \(at(m.firstChoice)) \
      firstToken \(at(m.firstToken)) firstAnswer \(at(m.firstAnswer)) \
      lastToken \(at(m.lastToken)) done \(at(m.done))

      """
    if let evidence = reading.evidence {
      text += """
          evidence: offset \(evidence.offset) finish \(evidence.finishReason ?? "-") \
        \(evidence.detail)
            \(evidence.excerpt.prefix(60).debugDescription)

        """
    }
    return text
  }
}
