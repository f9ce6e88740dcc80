import CZlib

/// Undoes a body's content coding (RFC 9110 section 8.4.1) piece by piece: gzip of any number of
/// members (RFC 1952), and deflate as zlib (RFC 1950) or, as servers send it too, without a frame.
///
/// Not libcurl's own decoder: that takes a coded body which ends too early for a whole one, reads
/// only the first member, and undoes as many codings on top of each other as the peer names, of
/// which each multiplies a bomb. This one makes at most about a thousand bytes of each byte, hands
/// them out in pieces of `pieceBytesMax`, and keeps about 50 KiB; none of it before the first body
/// that is coded.
struct ContentDecoder: ~Copyable {
  /// What is undone.
  enum Coding {
    case gzip
    case deflate
  }

  /// What `next` found.
  enum Step {
    /// Bytes of the plain body, valid until the next call.
    case piece(UnsafeRawBufferPointer)
    /// Nothing more in these coded bytes.
    case exhausted
    /// The bytes are not so coded.
    case damaged
  }

  /// Bytes of a piece.
  static let pieceBytesMax = 8 << 10

  private enum State {
    /// The body is not coded. Next: start.
    case off
    /// No coded byte came. Next: inside.
    case start
    /// Within the coded form. Next: ended, damaged.
    case inside
    /// At its end; gzip may go on with another member. Next: inside, damaged.
    case ended
    /// It cannot be undone. Next: none but by `begin`.
    case damaged
  }

  private var state = State.off
  private var coding = Coding.gzip
  /// In one place for its life: zlib checks that its state points back at it.
  private var stream: UnsafeMutablePointer<z_stream>?
  private var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// The first byte of a deflate body, until the second tells its form.
  private var firstByte: UInt8?
  /// True if the last piece filled the room: there may be more without further input.
  private var isMoreDue = false

  deinit {
    if let stream {
      inflateEnd(stream)
      stream.deallocate()
    }
    room.deallocate()
  }

  /// True if the body is coded.
  var isOn: Bool { state != .off }

  /// True if a body that ends here is not cut within its coding. An empty body is whole.
  var isWhole: Bool {
    switch state {
    case .off, .ended: true
    case .start: firstByte == nil
    case .inside, .damaged: false
    }
  }

  /// Ready for another body; nil for one that is not coded.
  mutating func begin(_ coding: Coding?) {
    state = coding == nil ? .off : .start
    self.coding = coding ?? .gzip
    firstByte = nil
    isMoreDue = false
    // What the body before left unread is gone: nothing may be read of it.
    stream?.pointee.next_in = nil
    stream?.pointee.avail_in = 0
  }

  /// Takes coded bytes; they must stay where they are until `next` is exhausted or no longer asked.
  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    guard var first = bytes.first else { return }
    if state == .start {
      if coding == .deflate, firstByte == nil, bytes.count == 1 {
        firstByte = first
        return
      }
      var second = bytes.count > 1 ? bytes[1] : 0
      if let firstByte { (first, second) = (firstByte, first) }
      state = open(first, second) ? .inside : .damaged
      if var held = firstByte, let stream {
        // A single byte makes nothing.
        stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room.count)
        stream.pointee.avail_in = 1
        withUnsafeMutablePointer(to: &held) { byte in
          stream.pointee.next_in = byte
          _ = inflate(stream, Z_NO_FLUSH)
        }
        firstByte = nil
      }
    }
    guard let stream else { return }
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(bytes.count)
  }

  /// The next piece of the plain body.
  mutating func next() -> Step {
    guard let stream else { return state == .damaged ? .damaged : .exhausted }
    while state != .damaged {
      guard stream.pointee.avail_in > 0 || isMoreDue else { return .exhausted }
      if state == .ended {
        guard coding == .gzip, inflateReset(stream) == Z_OK else { break }
        state = .inside
      }
      stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room.count)
      let code = inflate(stream, Z_NO_FLUSH)
      let made = room.count - Int(stream.pointee.avail_out)
      isMoreDue = made == room.count
      switch code {
      case Z_OK: break
      case Z_BUF_ERROR: isMoreDue = false
      case Z_STREAM_END: (state, isMoreDue) = (.ended, false)
      default: state = .damaged
      }
      if made > 0 { return .piece(UnsafeRawBufferPointer(rebasing: room[..<made])) }
    }
    state = .damaged
    return .damaged
  }

  /// Makes zlib ready for the form that the first two bytes tell; false without memory.
  private mutating func open(_ first: UInt8, _ second: UInt8) -> Bool {
    // The largest window is 15; 16 more ask for gzip, a minus for no frame.
    let bits: Int32
    switch coding {
    case .gzip: bits = 31
    case .deflate: bits = ContentDecoder.isZlibFrame(first, second) ? 15 : -15
    }
    if let stream { return inflateReset2(stream, bits) == Z_OK }
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      stream.deallocate()
      return false
    }
    self.stream = stream
    room = .allocate(byteCount: ContentDecoder.pieceBytesMax, alignment: 16)
    return true
  }

  /// RFC 1950 section 2.2: method 8, a window that there is, and a check that fits.
  private static func isZlibFrame(_ first: UInt8, _ second: UInt8) -> Bool {
    first & 0x0F == 8 && first >> 4 <= 7 && (Int(first) << 8 | Int(second)) % 31 == 0
  }
}
