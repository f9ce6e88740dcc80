import Curl

@testable import LoadEngine

/// The reader of HTTP responses says the same of the bytes of a connection in any packing.
enum ResponseProperty {
  static let folder = "http"

  static let target = FuzzTarget(
    name: "response",
    seeds: { body in
      guard body.folder == folder else { return [] }
      return [
        FuzzInput.bytes(sizes: [1, 1, 1], body: body.bytes),
        FuzzInput.bytes(sizes: [7, 0, 30], body: body.bytes),
        FuzzInput.bytes(sizes: [40, 3, 255], body: body.bytes),
      ]
    },
    finding: { bytes in FuzzInput(bytes).flatMap(finding) })

  private static func finding(_ input: FuzzInput) -> String? {
    let whole = ResponseTranscript(input.body, .whole)
    if whole.bodyCount > input.body.count { return "\(whole.bodyCount) bytes were made up" }
    for packing in [input.packing, Packing(sizes: [1, 1, 1])] {
      let got = ResponseTranscript(input.body, packing)
      if let part = got.difference(from: whole) { return "packed as \(packing.sizes): \(part)" }
    }
    return nil
  }
}

/// What was read of a response.
struct ResponseTranscript {
  private(set) var lines: [[UInt8]] = []
  private var body: [UInt8] = []
  /// How the reading ended; a connection that ends counts as the peer's close.
  private(set) var step = ResponseReader.Step.more
  private(set) var closing: TransportCode?
  /// True if the connection may go on, and nothing came behind the response.
  private(set) var isKept = false
  private var hasMore = false

  var bodyCount: Int { body.count }
  var bodyText: String { String(decoding: body, as: UTF8.self) }

  init(_ bytes: UnsafeRawBufferPointer, _ packing: Packing) {
    let memory = ReadMemory(capacity: bytes.count)
    let taken = Taken()
    var reader = ResponseReader()
    var start = 0
    for end in packing.ends(of: bytes.count) {
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      step = memory.withCopy(of: piece) { reader.read($0, into: taken) }
      start = end
      if step != .more { break }
    }
    isKept = reader.isKept
    hasMore = start < bytes.count
    if step == .more { closing = reader.close() }
    lines = taken.lines
    body = taken.body
  }

  /// What differs, nil if nothing does. Bytes behind a response are seen only in the read that
  /// completes it.
  func difference(from other: ResponseTranscript) -> String? {
    if step != other.step { return "\(step), not \(other.step)" }
    if closing != other.closing {
      return "a close is \(closing as Any), not \(other.closing as Any)"
    }
    if lines != other.lines { return "\(lines.count) lines, not \(other.lines.count)" }
    if body != other.body { return "a body of \(body.count) bytes, not \(other.body.count)" }
    if !hasMore, !other.hasMore, isKept != other.isKept { return "kept: \(isKept)" }
    return nil
  }
}

/// Keeps what a reader hands out.
private final class Taken: ResponseSink {
  private(set) var lines: [[UInt8]] = []
  private(set) var body: [UInt8] = []

  func headerLine(_ line: UnsafeRawBufferPointer) -> Bool {
    lines.append(Array(line))
    return true
  }

  func body(_ piece: UnsafeRawBufferPointer) -> Bool {
    body.append(contentsOf: piece)
    return true
  }
}
