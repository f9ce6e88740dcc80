import CZlib
import Model
import StreamMeter
import Testing

@testable import LoadEngine

/// A body packed by zlib: not the simulator's stored blocks, but what servers send.
enum Packed {
  static let gzip: Int32 = 31
  static let zlib: Int32 = 15
  static let bare: Int32 = -15

  /// One frame, flushed after each of `pieces` as a stream is.
  static func frame(_ pieces: [[UInt8]], bits: Int32) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var packed: [UInt8] = []
    for (index, piece) in pieces.enumerated() {
      var input = piece
      var output = [UInt8](repeating: 0, count: piece.count + 1_024)
      let isLast = index == pieces.count - 1
      input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
          stream.next_in = input.baseAddress
          stream.avail_in = UInt32(input.count)
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(output.count)
          deflate(&stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
        }
      }
      packed += output.dropLast(Int(stream.avail_out))
    }
    return packed
  }
}

@Suite("Content codings undone")
struct ContentDecoderTests {
  private static let pieces = (0..<12).map { index in
    Array("data: {\"n\":\(index),\"text\":\"\(String(repeating: "tok ", count: index))\"}\n\n".utf8)
  }
  private static let plain = Array(pieces.joined())

  private static let bodies: [(ContentDecoder.Coding, [UInt8])] = [
    (.gzip, Packed.frame(pieces, bits: Packed.gzip)),
    (.gzip, Array(pieces.map { Packed.frame([$0], bits: Packed.gzip) }.joined())),
    (.deflate, Packed.frame(pieces, bits: Packed.zlib)),
    (.deflate, Packed.frame(pieces, bits: Packed.bare)),
  ]

  /// What a decoder makes of a body in reads that end at `cuts`; nil if it is damaged.
  private func decode(
    _ body: [UInt8], cuts: [Int], with decoder: inout ContentDecoder
  ) -> [UInt8]? {
    var plain: [UInt8] = []
    var start = 0
    for cut in cuts + [body.count] {
      let isSound = body[start..<cut].withUnsafeBytes { bytes in
        decoder.take(bytes)
        while true {
          switch decoder.next() {
          case .piece(let piece):
            #expect(piece.count <= ContentDecoder.pieceBytesMax)
            plain += piece
          case .exhausted: return true
          case .damaged: return false
          }
        }
      }
      guard isSound else { return nil }
      start = cut
    }
    return plain
  }

  @Test("A coded body cut at any byte into reads, or read byte by byte, gives the same text")
  func everyCut() {
    var decoder = ContentDecoder()
    for (coding, body) in ContentDecoderTests.bodies {
      for cut in 0...body.count {
        decoder.begin(coding)
        #expect(decode(body, cuts: [cut], with: &decoder) == ContentDecoderTests.plain)
        let isWhole = decoder.isWhole
        #expect(isWhole)
      }
      decoder.begin(coding)
      let bytes = Array(1..<body.count)
      #expect(decode(body, cuts: bytes, with: &decoder) == ContentDecoderTests.plain)
    }
  }

  @Test("A read that brings a flushed event brings the whole event")
  func prompt() {
    var decoder = ContentDecoder()
    decoder.begin(.gzip)
    for count in 1...ContentDecoderTests.pieces.count {
      // What one more piece adds to the packed body is one read.
      let pieces = Array(ContentDecoderTests.pieces[..<count])
      let before = Packed.frame(Array(pieces.dropLast()) + [[]], bits: Packed.gzip).count - 10
      let body = Packed.frame(pieces + [[]], bits: Packed.gzip).dropLast(10)
      let read = Array(body[(count == 1 ? 0 : before)...])
      #expect(decode(read, cuts: [], with: &decoder) == pieces.last)
    }
  }

  @Test("A body that ends at any byte before its own end is not whole, an empty one is")
  func cutShort() {
    var decoder = ContentDecoder()
    for (coding, body) in ContentDecoderTests.bodies where body != ContentDecoderTests.bodies[1].1 {
      for count in 0..<body.count {
        decoder.begin(coding)
        let plain = decode(Array(body[..<count]), cuts: [], with: &decoder)
        #expect(plain.map { ContentDecoderTests.plain.starts(with: $0) } == true)
        let isWhole = decoder.isWhole
        #expect(isWhole == (count == 0), "\(coding) cut at \(count)")
      }
    }
  }

  @Test("What is not so coded is damaged, and so is what follows a coded body")
  func damaged() {
    var decoder = ContentDecoder()
    let text = Array("data: {\"choices\":[]}\n\n".utf8)
    for coding in [ContentDecoder.Coding.gzip, .deflate] {
      decoder.begin(coding)
      #expect(decode(text, cuts: [], with: &decoder) == nil)
    }
    for (coding, body) in ContentDecoderTests.bodies {
      decoder.begin(coding)
      #expect(decode(body + text, cuts: [body.count], with: &decoder) == nil)
      decoder.begin(coding)
      #expect(decode(body + text, cuts: [3], with: &decoder) == nil)
      var flipped = body
      flipped[body.count - 2] ^= 0x55
      decoder.begin(coding)
      let plain = decode(flipped, cuts: [], with: &decoder)
      let isWhole = decoder.isWhole
      #expect(plain == nil || !isWhole || coding == .deflate && plain != ContentDecoderTests.plain)
    }
  }

  @Test("What a body left unread is not read as the start of the next one")
  func leftover() {
    var decoder = ContentDecoder()
    let packed = Packed.frame(ContentDecoderTests.pieces, bits: Packed.gzip)
    // The first body is given up inside: damaged, or at its end marker.
    for body in [[0x1F, 0x8B, 8, 0xFF] + packed, packed + packed] {
      decoder.begin(.gzip)
      body.withUnsafeBytes { bytes in
        decoder.take(bytes)
        _ = decoder.next()
      }
      // A first byte alone does not tell the form of a deflate body yet.
      let next = Packed.frame(ContentDecoderTests.pieces, bits: Packed.zlib)
      decoder.begin(.deflate)
      #expect(
        decode(next, cuts: Array(1..<next.count), with: &decoder) == ContentDecoderTests.plain)
    }
  }

  @Test("A body that is not coded is left alone")
  func off() {
    var decoder = ContentDecoder()
    decoder.begin(.gzip)
    _ = decode(ContentDecoderTests.bodies[0].1, cuts: [5], with: &decoder)
    decoder.begin(nil)
    let (isOn, isWhole) = (decoder.isOn, decoder.isWhole)
    #expect(!isOn && isWhole)
  }

  @Test("The codings of a header are told apart, one at most is undone")
  func header() {
    let cases: [(String, String, ContentDecoder.Coding?, Bool)] = [
      ("gzip", "chunked", .gzip, true), ("X-GZIP", "", .gzip, true),
      ("Deflate", "", .deflate, true),
      ("identity", "", nil, true), ("", "identity, chunked", nil, true),
      ("identity, gzip", "", .gzip, true), ("gzip, gzip", "", .gzip, false),
      ("gzip,deflate", "", .deflate, false), ("br", "", nil, false), ("zstd", "", nil, false),
      ("", "gzip, chunked", nil, false), ("", "gzip;q=1", nil, false),
    ]
    for (content, transfer, coding, isReadable) in cases {
      var codings = BodyCodings()
      Array(content.utf8).withUnsafeBytes { codings.addContent($0) }
      Array(transfer.utf8).withUnsafeBytes { codings.addTransfer($0) }
      #expect(codings.coding == coding, "\(content)")
      #expect((codings.refusal == nil) == isReadable, "\(content) \(transfer)")
    }
    var twice = BodyCodings()
    for _ in 0..<2 { Array("gzip".utf8).withUnsafeBytes { twice.addContent($0) } }
    #expect(twice.refusal == .codingLimit)
  }
}
