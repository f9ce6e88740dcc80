/// Cuts events from a body: from `text/event-stream` by the WHATWG HTML standard, section 9.2.6,
/// or each line that is not blank as an event of its own.
///
/// `id` and `retry` are read over: nothing reconnects here. An event's name matters only as far
/// as the dialect's table knows it.
struct EventReader: ~Copyable {
  /// What `next` found.
  enum Step {
    /// An event with its data, valid until `suspend`.
    case event(UnsafeRawBufferPointer)
    /// No further event in this read: call `suspend`.
    case exhausted
    /// A line beyond its limit.
    case lineTooLong
    /// An event beyond its limit.
    case eventTooLong
    /// The first line, where each is an event, does not begin a JSON object.
    case foreign
  }

  private let eventBytesMax: Int
  private var isLineAnEvent = false
  private var lines: LineReader
  private var isFirstLine = true
  /// The data of the event under way: in place as long as it is one line of this read.
  private var dataInPlace: UnsafeRawBufferPointer?
  private var data = ByteBuffer()
  private var hasData = false
  private var pendingKind = EventKind.unnamed
  /// What the table knows of the name of the event that was given last.
  private(set) var kind = EventKind.unnamed
  /// Bytes of the body before the first data line of the event that was given last.
  private(set) var eventOffset = 0
  /// Bytes of the body before the first data line of the event under way.
  private(set) var dataOffset = 0
  private var hasKnownLine = false
  private var hasForeignLine = false

  init(limits: MeterLimits) {
    eventBytesMax = limits.eventBytesMax
    lines = LineReader(bytesMax: limits.lineBytesMax)
  }

  /// Bytes of the body before the line that `lineTooLong` tells of.
  var longLineOffset: Int { lines.restOffset }

  /// True if the body does not look like an event stream: text, and no line of a known field; or,
  /// where each line is an event, no JSON object.
  var isForeign: Bool {
    guard !hasKnownLine else { return false }
    if isLineAnEvent { return !isStartOfObject(lines.rest) }
    return hasForeignLine || !isStartOfKnownLine(lines.rest)
  }

  /// True if the body's end would cut an event or a line.
  var isInsideEvent: Bool {
    hasData || (isLineAnEvent ? !isBlank(rest) : rest.count > 0)
  }

  /// The bytes after the last end of a line, without a byte order mark.
  private var rest: UnsafeRawBufferPointer {
    isFirstLine ? withoutByteOrderMark(lines.rest) : lines.rest
  }

  /// The last line, where each is an event and the body ended without a line's end: valid until
  /// the next mutation. Nil for none.
  mutating func lastLine() -> UnsafeRawBufferPointer? {
    guard isLineAnEvent, !isBlank(rest) else { return nil }
    kind = .unnamed
    eventOffset = lines.restOffset
    return rest
  }

  /// Ready for another body.
  mutating func reset(_ framing: Dialect.Framing) {
    isLineAnEvent = framing == .lines
    lines.reset(isCarriageReturnAnEnd: !isLineAnEvent)
    data.reset()
    isFirstLine = true
    dataInPlace = nil
    hasData = false
    pendingKind = .unnamed
    kind = .unnamed
    eventOffset = 0
    hasKnownLine = false
    hasForeignLine = false
  }

  /// Begins a read; `offset` is the number of the body's bytes before it.
  mutating func begin(_ bytes: UnsafeRawBufferPointer, offset: Int) {
    lines.begin(bytes, offset: offset)
  }

  /// The next event of this read.
  mutating func next(_ table: PathTable.View) -> Step {
    while true {
      switch lines.next() {
      case .exhausted: return .exhausted
      case .tooLong: return .lineTooLong
      case .line(var line):
        if isFirstLine {
          isFirstLine = false
          line = withoutByteOrderMark(line)
        }
        if isLineAnEvent {
          guard !isBlank(line) else { continue }
          guard hasKnownLine || isStartOfObject(line) else { return .foreign }
          hasKnownLine = true
          kind = .unnamed
          dataOffset = lines.lineOffset
          eventOffset = dataOffset
          return line.count <= eventBytesMax ? .event(line) : .eventTooLong
        }
        if line.isEmpty {
          if let event = dispatch() { return .event(event) }
        } else if !field(line, table) {
          return .eventTooLong
        }
      }
    }
  }

  /// Ends a read: keeps what is not complete. Data given before becomes invalid.
  mutating func suspend() {
    settleData()
    lines.keepRest()
  }

  /// Copies data that still lies in the read.
  private mutating func settleData() {
    guard let place = dataInPlace else { return }
    data.append(place)
    dataInPlace = nil
  }

  /// The data of the event that a blank line ends, nil if there is no event.
  private mutating func dispatch() -> UnsafeRawBufferPointer? {
    kind = pendingKind
    pendingKind = .unnamed
    guard hasData else { return nil }
    hasData = false
    eventOffset = dataOffset
    if let place = dataInPlace {
      dataInPlace = nil
      return place
    }
    return data.bytes
  }

  /// Takes a line that is not blank; false if the event grows beyond its limit.
  private mutating func field(_ line: UnsafeRawBufferPointer, _ table: PathTable.View) -> Bool {
    // The line of nearly every event, told by its first bytes.
    if line.count >= 5, line.loadUnaligned(as: UInt32.self) == EventReader.dataWord,
      line[4] == UInt8(ascii: ":")
    {
      return append(value(line, after: 4))
    }
    let nameEnd = line.firstIndex(of: UInt8(ascii: ":")) ?? line.count
    switch FieldName(UnsafeRawBufferPointer(rebasing: line[..<nameEnd])) {
    case .comment, .ignored: hasKnownLine = true
    case .unknown: hasForeignLine = true
    case .data: return append(value(line, after: nameEnd))
    case .event:
      hasKnownLine = true
      pendingKind = table.kind(value(line, after: nameEnd))
    }
    return true
  }

  /// "data" as the four bytes of a word in memory.
  private static let dataWord = UInt32(0x6174_6164).littleEndian

  /// What follows the colon and one space.
  private func value(
    _ line: UnsafeRawBufferPointer, after nameEnd: Int
  ) -> UnsafeRawBufferPointer {
    var start = min(nameEnd + 1, line.count)
    if start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
    return UnsafeRawBufferPointer(rebasing: line[start...])
  }

  private mutating func append(_ value: UnsafeRawBufferPointer) -> Bool {
    hasKnownLine = true
    guard hasData else {
      hasData = true
      data.removeAll()
      dataInPlace = value
      dataOffset = lines.lineOffset
      return value.count <= eventBytesMax
    }
    settleData()
    guard data.count + 1 + value.count <= eventBytesMax else { return false }
    data.append(UInt8(ascii: "\n"))
    data.append(value)
    return true
  }

  private func withoutByteOrderMark(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard line.count >= 3, line[0] == 0xEF, line[1] == 0xBB, line[2] == 0xBF else { return line }
    return UnsafeRawBufferPointer(rebasing: line[3...])
  }

  private func isStartOfKnownLine(_ rest: UnsafeRawBufferPointer) -> Bool {
    let line = isFirstLine ? withoutByteOrderMark(rest) : rest
    if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      return FieldName(UnsafeRawBufferPointer(rebasing: line[..<colon])) != .unknown
    }
    return FieldName.isStartOfOne(line)
  }

  private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }

  /// True if the text begins a JSON object, or is blank so far.
  private func isStartOfObject(_ text: UnsafeRawBufferPointer) -> Bool {
    let line = isFirstLine ? withoutByteOrderMark(text) : text
    if isFirstLine, line.count < 3, line.elementsEqual([0xEF, 0xBB, 0xBF].prefix(line.count)) {
      return true
    }
    let first = line.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
    return first == nil || first == UInt8(ascii: "{")
  }
}
