import CZlib
import Glibc

/// Reads a file's bytes piece by piece, unpacked if they are gzip (RFC 1952), by their first two
/// bytes and not by the file's name.
struct ByteReader: ~Copyable {
  /// Bytes after unpacking beyond which a file is refused: it is a mistake, or a gzip bomb.
  static let bytesMax = 8 << 30

  private let path: String
  private let file: Int32
  /// In one place for its life: zlib checks that its state points back at it.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isPacked = false
  private var isStarted = false
  private var isAtMemberEnd = false
  private var input: [UInt8] = []
  private var total = 0

  init(path: String) throws(FileError) {
    self.path = path
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      let reason = String(cString: strerror(errno))
      throw .unreadable(path: path, reason: reason)
    }
  }

  deinit {
    if isPacked { inflateEnd(stream) }
    stream.deallocate()
    if file >= 0 { close(file) }
  }

  /// The next bytes, empty at the end.
  mutating func next() throws(FileError) -> [UInt8] {
    if !isStarted { try start() }
    let bytes = isPacked ? try unpack() : try takeInput()
    total += bytes.count
    guard total <= ByteReader.bytesMax else {
      throw .wrong(path: path, line: nil, what: "holds more than \(ByteReader.bytesMax) bytes")
    }
    return bytes
  }

  private mutating func start() throws(FileError) {
    isStarted = true
    input = try readFile()
    guard input.starts(with: [0x1F, 0x8B]) else { return }
    // 31: the largest window (15) and a gzip header (+ 16).
    guard inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .unreadable(path: path, reason: "zlib cannot start") }
    isPacked = true
  }

  private mutating func takeInput() throws(FileError) -> [UInt8] {
    if input.isEmpty { return try readFile() }
    defer { input = [] }
    return input
  }

  private mutating func unpack() throws(FileError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 256 * 1024)
    while true {
      if input.isEmpty { input = try readFile() }
      if input.isEmpty {
        guard isAtMemberEnd else {
          throw .wrong(path: path, line: nil, what: "the gzip data ends too early")
        }
        return []
      }
      // A gzip file may be several, one after the other.
      if isAtMemberEnd { inflateReset(stream) }
      let (code, used, made) = step(&output)
      input.removeFirst(used)
      guard code == Z_OK || code == Z_STREAM_END else {
        throw .wrong(path: path, line: nil, what: "the gzip data is damaged")
      }
      isAtMemberEnd = code == Z_STREAM_END
      if made > 0 {
        output.removeLast(output.count - made)
        return output
      }
    }
  }

  private mutating func step(_ output: inout [UInt8]) -> (code: Int32, used: Int, made: Int) {
    input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.pointee.next_in = source.baseAddress
        stream.pointee.avail_in = UInt32(source.count)
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(target.count)
        let code = inflate(stream, Z_NO_FLUSH)
        let used = source.count - Int(stream.pointee.avail_in)
        return (code, used, target.count - Int(stream.pointee.avail_out))
      }
    }
  }

  private func readFile() throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 64 * 1024)
    let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
    guard count >= 0 else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// Splits bytes into lines; a carriage return before the line feed is dropped.
struct LineReader: ~Copyable {
  /// Bytes a line beyond which a file is refused.
  static let lineBytesMax = 4 << 20

  private let path: String
  private var bytes: ByteReader
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  /// Lines so far.
  private(set) var number = 0
  /// True if the last line that was returned had no line feed.
  private(set) var isCut = false

  init(path: String) throws(FileError) {
    self.path = path
    bytes = try ByteReader(path: path)
  }

  /// The next line, nil at the end.
  mutating func next() throws(FileError) -> [UInt8]? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        return line(to: end, next: end + 1)
      }
      searched = buffer.count
      guard buffer.count - position <= LineReader.lineBytesMax else {
        throw .wrong(
          path: path, line: number + 1,
          what: "the line is longer than \(LineReader.lineBytesMax) bytes")
      }
      if isAtEnd {
        if position == buffer.count { return nil }
        isCut = true
        return line(to: buffer.count, next: buffer.count)
      }
      let more = try bytes.next()
      isAtEnd = more.isEmpty
      searched -= position
      buffer.removeFirst(position)
      position = 0
      buffer.append(contentsOf: more)
    }
  }

  private mutating func line(to end: Int, next: Int) -> [UInt8] {
    number += 1
    var line = buffer[position..<end]
    position = next
    if line.last == 0x0D { line.removeLast() }
    return Array(line)
  }
}

/// Writes a file whole or not at all: under another name first, then in one step under its own.
enum WholeFile {
  static func write(
    _ bytes: [UInt8], to path: String, mode: mode_t = 0o644
  ) throws(FileError) {
    // The name is this process' own, so that two writers do not mix their bytes.
    let other = "\(path).\(getpid()).part"
    let file = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw failure(path) }
    let isWritten = writeAll(bytes, to: file) && fsync(file) == 0
    let error = errno
    let isClosed = close(file) == 0
    guard isWritten, isClosed, rename(other, path) == 0 else {
      if !isWritten { errno = error }
      let failure = failure(path)
      unlink(other)
      throw failure
    }
  }

  private static func failure(_ path: String) -> FileError {
    .notWritten(path: path, reason: String(cString: strerror(errno)))
  }
}

/// Writes every byte; false with `errno` set if that is not possible.
func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
  bytes.withUnsafeBytes { buffer in
    var start = 0
    while start < buffer.count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
      let count = write(file, rest.baseAddress, rest.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return false }
      start += count
    }
    return true
  }
}

/// Packs bytes as gzip without name and time: the same bytes in, the same bytes out.
func gzip(_ bytes: [UInt8]) -> [UInt8]? {
  var stream = z_stream()
  let code = deflateInit2_(
    &stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  guard code == Z_OK else { return nil }
  defer { deflateEnd(&stream) }
  var input = bytes
  var packed: [UInt8] = []
  var output = [UInt8](repeating: 0, count: 256 * 1024)
  var position = 0
  while true {
    // zlib counts in 32 bits.
    let some = min(input.count - position, 1 << 30)
    let flush = position + some == input.count ? Z_FINISH : Z_NO_FLUSH
    let (code, used, made) = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress?.advanced(by: position)
        stream.avail_in = UInt32(some)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        let code = deflate(&stream, flush)
        return (code, some - Int(stream.avail_in), target.count - Int(stream.avail_out))
      }
    }
    position += used
    packed.append(contentsOf: output[..<made])
    if code == Z_STREAM_END { return packed }
    guard code == Z_OK || code == Z_BUF_ERROR else { return nil }
  }
}
