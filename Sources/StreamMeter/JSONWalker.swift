/// Walks the JSON text of one event once, where it lies, and notes what the table's paths lead to.
///
/// It refuses what RFC 8259 refuses, but for two things: invalid UTF-8 inside strings, which says
/// nothing of a stream's timing, and a name that comes twice in an object, where each value
/// counts. O(bytes), no allocation.
struct JSONWalker: ~Copyable {
  /// Levels of nesting beyond which a text is refused.
  static let depthMax = 64

  private let base: UnsafeRawPointer
  private let end: Int
  private let table: PathTable.View
  private let root: UInt16
  private var position = 0
  private var depth = 0
  /// Where the inside of the string that was read last lies, and whether it has an escape.
  private var stringStart = 0
  private var stringEnd = 0
  private var stringHasEscape = false
  /// The levels around the position, as far as a memo wants them, and where the first token's text
  /// begins.
  private var levels = InlineArray<8, WalkState.Level>(repeating: WalkState.Level())
  private var tokenState = WalkState()
  private(set) var facts = EventFacts()

  /// A walk over `count` bytes from `base`, by what the table has below `root`.
  init(_ base: UnsafeRawPointer, count: Int, _ table: PathTable.View, root: UInt16) {
    self.root = root
    self.base = base
    end = count
    self.table = table
  }

  /// Bytes before the point where the walk ended.
  var offset: Int { position }

  /// Walks the whole text; false if it is no JSON object.
  mutating func walk() -> Bool {
    skipSpace()
    guard position < end, byte == UInt8(ascii: "{"), object(root) else { return false }
    skipSpace()
    facts.settleUsage()
    return position == end
  }

  /// The same, from where the event begins to differ from the one before it.
  mutating func walk(_ memo: inout WalkMemo) -> Bool {
    guard memo.matches(base, count: end, root: root) else {
      guard walk() else { return false }
      memo.keep(base, tokenState, root: root)
      return true
    }
    position = memo.state.offset
    facts.hasChoice = memo.state.hasChoice
    facts.name = memo.state.name.map { slice($0.lowerBound, $0.upperBound) }
    // The first token's place is known: no other one is looked for.
    tokenState.offset = position
    guard resume(memo.state, level: 0) else { return false }
    skipSpace()
    facts.settleUsage()
    return position == end
  }

  /// Goes on inside the level of that number, before the value that the state stands at.
  private mutating func resume(_ state: borrowing WalkState, level: Int) -> Bool {
    depth += 1
    let isInnermost = level + 1 == state.depth
    // The kept start may end where this event has a space.
    if isInnermost { skipSpace() }
    guard isInnermost ? value(state.node) : resume(state, level: level + 1) else { return false }
    let outer = state.levels[level]
    guard let isOver = endOfValue(outer.isArray ? UInt8(ascii: "]") : UInt8(ascii: "}"))
    else { return false }
    if isOver { return true }
    return outer.isArray
      ? elements(of: table.nodes[Int(outer.node)].element) : members(outer.node)
  }

  /// Notes where the first token's text is about to be read, for a memo.
  @inline(never)
  private mutating func noteToken(_ node: UInt16, at start: Int) {
    let place = table.nodes[Int(node)]
    var isToken = false
    for i in Int(place.meaningsStart)..<Int(place.meaningsStart + place.meaningsCount) {
      isToken = isToken || table.meanings[i].meaning.isToken
    }
    guard isToken, depth <= WalkMemo.depthMax, facts.isNothingButChoice else { return }
    for level in 0..<depth
    where levels[level].isArray && table.nodes[Int(levels[level].node)].indicesCount > 0 {
      return
    }
    tokenState.offset = start
    tokenState.depth = depth
    tokenState.levels = levels
    tokenState.node = node
    tokenState.hasChoice = facts.hasChoice
    tokenState.name = facts.name.flatMap { name in
      name.baseAddress.map { ($0 - base)..<($0 - base + name.count) }
    }
  }

  /// The byte at the position, which must be before the end.
  private var byte: UInt8 {
    @inline(__always) get { base.load(fromByteOffset: position, as: UInt8.self) }
  }

  @inline(__always)
  private mutating func skipSpace() {
    while position < end {
      let byte = byte
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
      else { return }
      position += 1
    }
  }

  private func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + start, count: end - start)
  }

  private mutating func value(_ node: UInt16) -> Bool {
    guard position < end else { return false }
    let start = position
    let kind: JSONKind
    switch byte {
    case UInt8(ascii: "\""):
      guard string() else { return false }
      if node != PathTable.unknown {
        if tokenState.offset == 0 { noteToken(node, at: start) }
        note(node, .string, slice(stringStart, stringEnd))
      }
      return true
    case UInt8(ascii: "{"):
      note(node, .object, slice(start, start))
      return object(node)
    case UInt8(ascii: "["):
      note(node, .array, slice(start, start))
      return array(node)
    case UInt8(ascii: "n"):
      kind = .null
      guard word(JSONWalker.null) else { return false }
    case UInt8(ascii: "t"):
      kind = .true
      guard word(JSONWalker.isTrue) else { return false }
    case UInt8(ascii: "f"):
      kind = .false
      guard word(JSONWalker.startOfFalse, then: UInt8(ascii: "e")) else { return false }
    default:
      kind = .number
      guard number() else { return false }
    }
    note(node, kind, slice(start, position))
    return true
  }

  @inline(__always)
  private mutating func note(_ index: UInt16, _ kind: JSONKind, _ text: UnsafeRawBufferPointer) {
    guard index != PathTable.unknown else { return }
    let node = table.nodes[Int(index)]
    var i = Int(node.meaningsStart)
    let end = i + Int(node.meaningsCount)
    while i < end {
      let meaning = table.meanings[i]
      if table.holds(meaning, of: text) { facts.note(meaning.meaning, kind, text) }
      i += 1
    }
  }

  private mutating func object(_ node: UInt16) -> Bool {
    depth += 1
    guard depth <= JSONWalker.depthMax else { return false }
    if depth <= WalkMemo.depthMax {
      levels[depth - 1] = WalkState.Level(node: node, isArray: false)
    }
    position += 1
    skipSpace()
    if position < end, byte == UInt8(ascii: "}") {
      position += 1
      depth -= 1
      return true
    }
    return members(node)
  }

  /// The members of an object from the next one on, and its end.
  private mutating func members(_ node: UInt16) -> Bool {
    while true {
      skipSpace()
      guard position < end, byte == UInt8(ascii: "\""), string() else { return false }
      let member = node == PathTable.unknown ? PathTable.unknown : memberNode(node)
      skipSpace()
      guard position < end, byte == UInt8(ascii: ":") else { return false }
      position += 1
      skipSpace()
      guard value(member), let isOver = endOfValue(UInt8(ascii: "}")) else { return false }
      if isOver { return true }
    }
  }

  /// What follows a value: false for a comma, true for the end of what is around it, which ends
  /// with `closing`; nil for anything else.
  @inline(__always)
  private mutating func endOfValue(_ closing: UInt8) -> Bool? {
    skipSpace()
    guard position < end else { return nil }
    let next = byte
    position += 1
    if next == UInt8(ascii: ",") { return false }
    depth -= 1
    return next == closing ? true : nil
  }

  private mutating func array(_ node: UInt16) -> Bool {
    depth += 1
    guard depth <= JSONWalker.depthMax else { return false }
    if depth <= WalkMemo.depthMax {
      levels[depth - 1] = WalkState.Level(node: node, isArray: true)
    }
    position += 1
    skipSpace()
    if position < end, byte == UInt8(ascii: "]") {
      position += 1
      depth -= 1
      return true
    }
    // Few tables ask for one element of many: the others pay nothing for it.
    if table.nodes[Int(node)].indicesCount > 0 { return countedElements(node) }
    return elements(of: table.nodes[Int(node)].element)
  }

  /// The elements of an array from the next one on, and its end.
  private mutating func elements(of element: UInt16) -> Bool {
    while true {
      skipSpace()
      guard value(element), let isOver = endOfValue(UInt8(ascii: "]")) else { return false }
      if isOver { return true }
    }
  }

  /// The elements of an array of which some are asked for by index, from the first on.
  @inline(never)
  private mutating func countedElements(_ node: UInt16) -> Bool {
    var index = 0
    while true {
      skipSpace()
      guard value(table.element(node, at: index)), let isOver = endOfValue(UInt8(ascii: "]"))
      else { return false }
      if isOver { return true }
      index += 1
    }
  }

  // Mutating although it changes nothing: the walk is then passed on in place and not copied.
  @inline(__always)
  private mutating func memberNode(_ node: UInt16) -> UInt16 {
    if stringHasEscape { return escapedMember(node) }
    let name = slice(stringStart, stringEnd)
    return table.member(node, name, word: word(of: name))
  }

  /// The name's first bytes as `PathTable.word` has them, in one load where the text goes on.
  @inline(__always)
  private func word(of name: UnsafeRawBufferPointer) -> UInt64 {
    guard end - stringStart >= 8 else { return PathTable.word(name) }
    let word = UInt64(
      littleEndian: base.loadUnaligned(fromByteOffset: stringStart, as: UInt64.self))
    let excess = max(0, 8 - name.count) &* 8
    return excess == 64 ? 0 : (word << UInt64(excess)) >> UInt64(excess)
  }

  /// Reads over a word that is four bytes in memory, and over what follows it.
  @inline(__always)
  private mutating func word(_ start: UInt32, then rest: UInt8? = nil) -> Bool {
    let count = rest == nil ? 4 : 5
    guard end - position >= count,
      base.loadUnaligned(fromByteOffset: position, as: UInt32.self) == start.littleEndian,
      rest == nil || base.load(fromByteOffset: position + 4, as: UInt8.self) == rest
    else { return false }
    position += count
    return true
  }

  /// `null`, `true` and `fals` as words, the first byte lowest.
  private static let null: UInt32 = 0x6C6C_756E
  private static let isTrue: UInt32 = 0x6575_7274
  private static let startOfFalse: UInt32 = 0x736C_6166
}

// Numbers and strings.
extension JSONWalker {
  private mutating func number() -> Bool {
    if byte == UInt8(ascii: "-") { position += 1 }
    guard position < end, isDigit(byte) else { return false }
    if byte == UInt8(ascii: "0") {
      position += 1
    } else {
      _ = digits()
    }
    if position < end, byte == UInt8(ascii: ".") {
      position += 1
      guard digits() else { return false }
    }
    if position < end, byte | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < end, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
      guard digits() else { return false }
    }
    return true
  }

  @inline(__always)
  private func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }

  private mutating func digits() -> Bool {
    let start = position
    while position < end, isDigit(byte) { position += 1 }
    return position > start
  }

  /// Reads a string from its opening quote; its inside is then at `stringStart..<stringEnd`.
  @inline(__always)
  private mutating func string() -> Bool {
    position += 1
    stringStart = position
    stringHasEscape = false
    while true {
      skipPlain()
      guard position < end else { return false }
      let found = byte
      if found == UInt8(ascii: "\"") {
        stringEnd = position
        position += 1
        return true
      }
      guard found == UInt8(ascii: "\\"), escape() else { return false }
    }
  }

  /// Goes to the next quote, backslash or control character, or to the end. Eight bytes at a
  /// time: a byte's high bit is set in `hits` if the byte is one of them. A borrow may set it
  /// wrongly too, but only above a true one, and the lowest is taken.
  @inline(__always)
  private mutating func skipPlain() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs = ones &* 0x80
    while end - position >= 8 {
      let word = UInt64(
        littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let quotes = word ^ (ones &* 0x22)
      let slashes = word ^ (ones &* 0x5C)
      let hits =
        ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes
          | (word &- ones &* 0x20) & ~word) & highs
      if hits != 0 {
        position += hits.trailingZeroBitCount >> 3
        return
      }
      position += 8
    }
    while position < end {
      let byte = byte
      if byte == 0x22 || byte == 0x5C || byte < 0x20 { return }
      position += 1
    }
  }

  private mutating func escape() -> Bool {
    stringHasEscape = true
    position += 1
    guard position < end else { return false }
    let kind = byte
    position += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return true
    case UInt8(ascii: "u"):
      guard end - position >= 4 else { return false }
      for i in 0..<4 where hexDigit(position + i) == nil { return false }
      position += 4
      return true
    default:
      return false
    }
  }

  private func hexDigit(_ at: Int) -> UInt16? {
    let byte = base.load(fromByteOffset: at, as: UInt8.self)
    switch byte {
    case 0x30...0x39: return UInt16(byte - 0x30)
    case 0x41...0x46: return UInt16(byte - 0x37)
    case 0x61...0x66: return UInt16(byte - 0x57)
    default: return nil
    }
  }

  /// The node of a name with escapes, which few servers write, but which means the same. A name
  /// with half a surrogate pair is none.
  @inline(never)
  private mutating func escapedMember(_ node: UInt16) -> UInt16 {
    // An escape is never shorter than the UTF-8 that it stands for.
    withUnsafeTemporaryAllocation(byteCount: stringEnd - stringStart, alignment: 1) { name in
      var count = 0
      var at = stringStart
      while at < stringEnd {
        let byte = base.load(fromByteOffset: at, as: UInt8.self)
        guard byte == UInt8(ascii: "\\") else {
          name[count] = byte
          count += 1
          at += 1
          continue
        }
        guard let (scalar, length) = unescaped(at) else { return PathTable.unknown }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          name[count] = byte
          count += 1
        }
        at += length
      }
      let unescaped = UnsafeRawBufferPointer(rebasing: name[..<count])
      return table.member(node, unescaped, word: PathTable.word(unescaped))
    }
  }

  /// The character of an escape and the escape's length; nil for half a surrogate pair.
  private func unescaped(_ at: Int) -> (scalar: Unicode.Scalar, length: Int)? {
    switch base.load(fromByteOffset: at + 1, as: UInt8.self) {
    case UInt8(ascii: "b"): return ("\u{08}", 2)
    case UInt8(ascii: "f"): return ("\u{0C}", 2)
    case UInt8(ascii: "n"): return ("\n", 2)
    case UInt8(ascii: "r"): return ("\r", 2)
    case UInt8(ascii: "t"): return ("\t", 2)
    case UInt8(ascii: "u"):
      guard let unit = codeUnit(at + 2) else { return nil }
      if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
      guard unit < 0xDC00, at + 12 <= stringEnd,
        base.load(fromByteOffset: at + 6, as: UInt8.self) == UInt8(ascii: "\\"),
        base.load(fromByteOffset: at + 7, as: UInt8.self) == UInt8(ascii: "u"),
        let low = codeUnit(at + 8), (0xDC00...0xDFFF).contains(low)
      else { return nil }
      let value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
      return Unicode.Scalar(value).map { ($0, 12) }
    case let plain: return (Unicode.Scalar(plain), 2)
    }
  }

  /// The number of four hexadecimal digits, which the walk over the string has seen to be such.
  private func codeUnit(_ at: Int) -> UInt16? {
    var unit: UInt16 = 0
    for i in 0..<4 {
      guard let digit = hexDigit(at + i) else { return nil }
      unit = unit << 4 | digit
    }
    return unit
  }
}
