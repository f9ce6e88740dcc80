@testable import StreamMeter

/// The event reader gives, in any packing, the events that a plain reading of the rules finds: of
/// the WHATWG HTML standard, section 9.2.6, or of a JSON object a line.
enum EventProperty {
  static let eventsTarget = target("events", .events, folders: { !$0.contains("ollama") })
  static let linesTarget = target("lines", .lines, folders: { $0.contains("ollama") })

  private static func target(
    _ name: String, _ framing: Dialect.Framing, folders: @escaping @Sendable (String) -> Bool
  ) -> FuzzTarget {
    FuzzTarget(
      name: name,
      seeds: { body in
        guard body.isStream, folders(body.folder) else { return [] }
        return [
          FuzzInput.bytes(options: 0, sizes: [1, 1, 1], body: body.bytes),
          FuzzInput.bytes(options: 2, sizes: [9, 0, 50], body: body.bytes),
          FuzzInput.bytes(options: 3, sizes: [60, 2, 255], body: body.bytes),
        ]
      },
      finding: { bytes in FuzzInput(bytes).flatMap { finding($0, framing) } })
  }

  /// A dialect with many named events: their kinds tell that the right name was read.
  private static let dialect = Dialect.named("anthropic-messages")

  private static func finding(_ input: FuzzInput, _ framing: Dialect.Framing) -> String? {
    guard let dialect else { return "the dialect with named events is gone" }
    let limits = MeterLimits(
      lineBytesMax: input.options & 1 == 0 ? 1 << 20 : 40,
      eventBytesMax: input.options & 2 == 0 ? 1 << 20 : 50)
    return dialect.paths.withView { table in
      let wanted = EventTranscript(plainly: input.body, framing, limits, table)
      for packing in [input.packing, .whole] {
        var reader = EventReader(limits: limits)
        reader.reset(framing)
        var got = EventTranscript()
        got.read(input.body, packing, table, by: &reader)
        if got != wanted { return "packed as \(packing.sizes): \(got), not \(wanted)" }
      }
      return nil
    }
  }
}

/// What was read of a body: its events, and what ended the reading.
struct EventTranscript: Equatable {
  struct Event: Equatable {
    /// Bytes of the body before its first line of data.
    var offset: Int
    var kind: EventKind
    var data: [UInt8]
  }

  enum End: Equatable {
    /// The body's end; with a last line that is an event of its own.
    case exhausted(isInsideEvent: Bool, lastLine: Event?)
    case lineTooLong(offset: Int)
    case eventTooLong(offset: Int)
    case foreign
  }

  var events: [Event] = []
  var end: End?

  init() {}

  /// Reads a body in pieces.
  mutating func read(
    _ body: UnsafeRawBufferPointer, _ packing: Packing, _ table: PathTable.View,
    by reader: inout EventReader
  ) {
    let memory = ReadMemory(capacity: body.count)
    var start = 0
    for end in packing.ends(of: body.count) {
      let piece = UnsafeRawBufferPointer(rebasing: body[start..<end])
      self.end = memory.withCopy(of: piece) { bytes in
        reader.begin(bytes, offset: start)
        return take(table, by: &reader)
      }
      guard self.end == nil else { return }
      start = end
    }
    let isInsideEvent = reader.isInsideEvent
    let lastLine = reader.lastLine().map { Array($0) }
    self.end = .exhausted(
      isInsideEvent: isInsideEvent,
      lastLine: lastLine.map {
        Event(offset: reader.eventOffset, kind: reader.kind, data: $0)
      })
  }

  /// Takes the events of one read; not nil where the reading ends.
  private mutating func take(_ table: PathTable.View, by reader: inout EventReader) -> End? {
    while true {
      switch reader.next(table) {
      case .event(let data):
        events.append(
          Event(offset: reader.eventOffset, kind: reader.kind, data: Array(data)))
      case .exhausted:
        reader.suspend()
        return nil
      case .lineTooLong: return .lineTooLong(offset: reader.longLineOffset)
      case .eventTooLong: return .eventTooLong(offset: reader.dataOffset)
      case .foreign: return .foreign
      }
    }
  }
}

// The plain reading.
extension EventTranscript {
  init(
    plainly body: UnsafeRawBufferPointer, _ framing: Dialect.Framing, _ limits: MeterLimits,
    _ table: PathTable.View
  ) {
    var text = LineTranscript(
      splitting: body, isCarriageReturnAnEnd: framing == .events, bytesMax: limits.lineBytesMax)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if let first = text.lines.first, first.bytes.starts(with: mark) {
      text.lines[0].bytes.removeFirst(3)
    } else if text.lines.isEmpty, let rest = text.rest, rest.bytes.starts(with: mark) {
      text.rest?.bytes.removeFirst(3)
    }
    end =
      framing == .events ? dispatch(text, limits, table) : objects(text, limits)
  }

  private mutating func dispatch(
    _ text: LineTranscript, _ limits: MeterLimits, _ table: PathTable.View
  ) -> End {
    var name: [UInt8] = []
    var data: [[UInt8]] = []
    var size = 0
    var offset = 0
    for line in text.lines {
      if line.bytes.isEmpty {
        if !data.isEmpty {
          let joined = Array(data.joined(separator: [0x0A]))
          let kind = name.withUnsafeBytes { table.kind($0) }
          events.append(Event(offset: offset, kind: kind, data: joined))
        }
        name = []
        data = []
        continue
      }
      let colon = line.bytes.firstIndex(of: UInt8(ascii: ":")) ?? line.bytes.count
      var value = line.bytes.dropFirst(colon + 1)
      if value.first == 0x20 { value.removeFirst() }
      switch String(decoding: line.bytes[..<colon], as: UTF8.self) {
      case "data":
        if data.isEmpty { offset = line.offset }
        size = data.isEmpty ? value.count : size + 1 + value.count
        data.append(Array(value))
        if size > limits.eventBytesMax {
          return .eventTooLong(offset: offset)
        }
      case "event": name = Array(value)
      default: break
      }
    }
    if let long = text.longLineOffset { return .lineTooLong(offset: long) }
    let isCut = !data.isEmpty || text.rest?.bytes.isEmpty == false
    return .exhausted(isInsideEvent: isCut, lastLine: nil)
  }

  private mutating func objects(_ text: LineTranscript, _ limits: MeterLimits) -> End {
    for line in text.lines where !isBlank(line.bytes) {
      let first = line.bytes.first { !isBlank([$0]) }
      if events.isEmpty, first != UInt8(ascii: "{") { return .foreign }
      guard line.bytes.count <= limits.eventBytesMax else {
        return .eventTooLong(offset: line.offset)
      }
      events.append(Event(offset: line.offset, kind: .unnamed, data: line.bytes))
    }
    if let long = text.longLineOffset { return .lineTooLong(offset: long) }
    let rest = text.rest.flatMap { isBlank($0.bytes) ? nil : $0 }
    return .exhausted(
      isInsideEvent: rest != nil,
      lastLine: rest.map { Event(offset: $0.offset, kind: .unnamed, data: $0.bytes) })
  }

  private func isBlank(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }
}
