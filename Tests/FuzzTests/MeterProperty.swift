import Model
import StreamMeter

/// The meter says the same of a body in any packing, never calls a cut stream whole, and keeps
/// within its limits: for every dialect, and for every reply that does not stream.
enum MeterProperty {
  static let target = FuzzTarget(
    name: "dialects",
    seeds: { body in
      guard let choice = names.firstIndex(of: body.dialectName) else { return [] }
      return [
        FuzzInput.bytes(choice: choice, options: 0x08, sizes: [1, 1, 1], body: body.bytes),
        FuzzInput.bytes(choice: choice, options: 0x28, sizes: [9, 0, 80], body: body.bytes),
        FuzzInput.bytes(choice: choice, options: 0x32, sizes: [70, 2, 255], body: body.bytes),
      ]
    },
    finding: { bytes in FuzzInput(bytes).flatMap(finding) })

  private static let dialects = streamed + streamed.compactMap(\.unstreamed)
  private static let streamed = Dialect.names.compactMap(Dialect.named) + [custom]
  /// A plan's own dialect, with an index, a name that needs quotes, and an end by a name.
  private static let custom = Dialect(
    custom: CustomDialect(
      content: JSONPath([.member("choices"), .index(1), .member("out text")]),
      reasoning: JSONPath([.member("thought")]), outputTokens: JSONPath([.member("n")]),
      error: JSONPath([.member("error")]), end: .event("end")))
  /// The folders of the corpus that the dialects have.
  private static let names = dialects.map { dialect in
    (dialect.framing == .document ? "reply." : "") + dialect.name
  }

  private static let tightLimits = MeterLimits(
    lineBytesMax: 90, eventBytesMax: 120, eventsMax: 6, bodyBytesMax: 500, drainBytesMax: 20)

  private static func finding(_ input: FuzzInput) -> String? {
    let dialect = dialects[input.choice % dialects.count]
    // How many events a text has depends on its reads, and so does what a limit of them cuts.
    let isTight = input.options & 0x10 != 0 && dialect.framing != .text
    let isMarkerRequired = input.options & 0x08 != 0
    let limits = isTight ? tightLimits : MeterLimits()
    var meter = StreamMeter(
      dialect: dialect, limits: limits, isEndMarkerRequired: isMarkerRequired,
      stallGap: Nanos(40))
    meter.keepReplies(input.options & 0x20 != 0)
    let request = MeteredRequest(
      body: input.body, isRefused: input.options & 0xC0 == 0xC0, end: end(input.options & 7))
    let rules = ReadingRules(
      dialect: dialect, request: request, limits: limits, isMarkerRequired: isMarkerRequired)
    let ends = input.packing.ends(of: input.body.count)
    let finest = request.read(ends, by: &meter)
    // Two reads as one, and all as one: what these must say follows from the finest.
    let pairs = ends.indices.filter { $0 % 2 == 1 || $0 == ends.count - 1 }.map { ends[$0] }
    for ends in [ends, pairs, Packing.whole.ends(of: input.body.count)] {
      let got = ends.count == finest.reads ? finest : request.read(ends, by: &meter)
      let wanted = finest.packed(ends, isText: dialect.framing == .text)
      if let broken = rules.broken(by: got) ?? got.difference(from: wanted) {
        return "\(dialect.name), \(ends.count) of \(finest.reads) reads: \(broken)"
      }
    }
    return nil
  }

  private static func end(_ number: UInt8) -> TransportEnd {
    switch number {
    case 0, 1: .clean
    case 2: .broken(code: 18)
    case 3: .timedOut(.stall)
    case 4: .failed(.protocol, code: 56)
    case 5: .resent
    case 6: .cancelled
    default: .abandoned
    }
  }
}

extension CorpusBody {
  /// The folder of its dialect: `sse` holds the chat streams of many servers.
  fileprivate var dialectName: String { folder == "sse" ? "openai-chat" : folder }
}

/// A response as a transport brings it.
struct MeteredRequest {
  let body: UnsafeRawBufferPointer
  let isRefused: Bool
  let end: TransportEnd

  /// What the meter says of it in reads that end before these bytes. A read's stamp is the number
  /// of the body's bytes up to its end, so that a milestone says by which read it was reached.
  /// Every read is fed, also after the meter asked to stop.
  func read(_ ends: [Int], by meter: inout StreamMeter) -> MeterReading {
    meter.reset()
    meter.head(
      status: isRefused ? 429 : 200, contentType: nil, retryAfter: isRefused ? .zero : nil,
      at: MonotonicNanos(0))
    var reading = MeterReading()
    let memory = ReadMemory(capacity: body.count)
    var start = 0
    reading.reads = ends.count
    for end in ends {
      let before = meter.contentEvents
      let piece = UnsafeRawBufferPointer(rebasing: body[start..<end])
      let stamp = MonotonicNanos(Int64(end))
      let action = memory.withCopy(of: piece) { bytes in meter.read(bytes, at: stamp) }
      reading.note(action, meter.outcome)
      reading.contentAt += repeatElement(Int64(end), count: meter.contentEvents - before)
      start = end
    }
    let before = meter.contentEvents
    meter.end(end, at: MonotonicNanos(Int64(body.count)))
    reading.contentAt += repeatElement(
      Int64(body.count), count: meter.contentEvents - before)
    reading.take(&meter)
    return reading
  }
}
