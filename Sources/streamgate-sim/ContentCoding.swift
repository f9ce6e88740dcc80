/// Codes a body piece by piece: each piece can be decoded as soon as it has come.
///
/// It stores and does not compress (RFC 1951 section 3.2.4), which every decoder must take.
struct ContentCoding: Sendable {
  /// The codings of RFC 9110 section 8.4.1.
  enum Kind: String, Sendable {
    case gzip
    case deflate
  }

  /// Bytes of one stored block at most.
  private static let blockBytesMax = 65_535
  /// RFC 1952 section 2.3: no name, no time, any system.
  private static let gzipHead: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]

  /// How the coded bytes lie; what is not named is as usual.
  enum Layout: Sendable {
    /// One frame around all of it.
    case whole
    /// A frame of its own around each piece: gzip's members (RFC 1952 section 2.2).
    case members
    /// No frame: what some servers send as deflate.
    case bare
  }

  let kind: Kind
  private let layout: Layout
  private var hasBegun = false
  private var count: UInt32 = 0
  private var crc: UInt32 = 0xFFFF_FFFF
  private var adler: (low: UInt32, high: UInt32) = (1, 0)

  init(_ kind: Kind, _ layout: Layout = .whole) {
    self.kind = kind
    self.layout = layout
  }

  /// The coded bytes of a piece.
  mutating func encode(_ piece: [UInt8]) -> [UInt8] {
    var out = begin()
    for start in stride(from: 0, to: piece.count, by: ContentCoding.blockBytesMax) {
      let block = piece[start..<min(start + ContentCoding.blockBytesMax, piece.count)]
      out += ContentCoding.blockHead(block.count, isLast: false) + block
    }
    count &+= UInt32(truncatingIfNeeded: piece.count)
    for byte in piece {
      crc = ContentCoding.crcTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8
      adler.low = (adler.low + UInt32(byte)) % 65_521
      adler.high = (adler.high + adler.low) % 65_521
    }
    return layout == .members ? out + endFrame() : out
  }

  /// What ends the body.
  mutating func finish() -> [UInt8] { layout == .members ? [] : endFrame() }

  private mutating func endFrame() -> [UInt8] {
    let end = begin() + ContentCoding.blockHead(0, isLast: true)
    defer { self = ContentCoding(kind, layout) }
    guard layout != .bare else { return end }
    switch kind {
    case .gzip: return end + littleEndian(~crc) + littleEndian(count)
    case .deflate: return end + littleEndian(adler.high << 16 | adler.low).reversed()
    }
  }

  private mutating func begin() -> [UInt8] {
    guard !hasBegun else { return [] }
    hasBegun = true
    guard layout != .bare else { return [] }
    return kind == .gzip ? ContentCoding.gzipHead : [0x78, 0x01]
  }

  private static func blockHead(_ count: Int, isLast: Bool) -> [UInt8] {
    let low = UInt8(truncatingIfNeeded: count)
    let high = UInt8(truncatingIfNeeded: count >> 8)
    return [isLast ? 1 : 0, low, high, ~low, ~high]
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { rest, _ in
      rest & 1 == 1 ? 0xEDB8_8320 ^ rest >> 1 : rest >> 1
    }
  }

  /// The beginning of a gzip body that never ends and decodes to one endless line of `a`: head,
  /// then bytes to repeat, of which 13 stand for 2,064 bytes of text.
  static let bomb: (head: [UInt8], rest: [UInt8]) = {
    // One block of fixed codes (RFC 1951 section 3.2.6). Codes go in from their highest bit.
    var bits: [UInt8] = [0, 1, 0]
    func append(code: Int, count: Int) {
      for place in (0..<count).reversed() { bits.append(UInt8(code >> place & 1)) }
    }
    append(code: 0x30 + Int(UInt8(ascii: "a")), count: 8)
    let start = bits.count
    // Length 258 is code 285, eight bits; distance 1 is code 0, five bits. Eight of both are 13
    // bytes; two rounds more than the start needs to reach a whole byte are enough.
    for _ in 0..<24 {
      append(code: 0b1100_0101, count: 8)
      append(code: 0, count: 5)
    }
    let bytes = stride(from: 0, to: bits.count - 7, by: 8).map { at in
      (0..<8).reduce(UInt8(0)) { $0 | bits[at + $1] << UInt8($1) }
    }
    let whole = (start + 7) / 8
    return (gzipHead + bytes[..<whole], Array(bytes[whole..<whole + 13]))
  }()
}

private func littleEndian(_ value: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
