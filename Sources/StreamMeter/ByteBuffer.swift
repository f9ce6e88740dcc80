/// Bytes that are kept from one read to the next, in memory that is used again.
///
/// An Array would do but for its uniqueness checks and its growth out of our sight.
struct ByteBuffer: ~Copyable {
  /// Memory that is kept for the next stream; more, left by one odd stream, is given back.
  static let retainedBytesMax = 64 << 10

  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0
  private(set) var count = 0

  deinit { memory?.deallocate() }

  var isEmpty: Bool { count == 0 }

  /// The bytes, valid until the next mutation.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

  /// Forgets the bytes and keeps the memory.
  mutating func removeAll() { count = 0 }

  /// Forgets the bytes, and the memory if it is large.
  mutating func reset() {
    count = 0
    if capacity > ByteBuffer.retainedBytesMax {
      memory?.deallocate()
      memory = nil
      capacity = 0
    }
  }

  /// Appends bytes that do not lie in this buffer. Amortised O(bytes).
  mutating func append(_ more: UnsafeRawBufferPointer) {
    guard let source = more.baseAddress, more.count > 0 else { return }
    reserve(count + more.count).advanced(by: count).copyMemory(
      from: source, byteCount: more.count)
    count += more.count
  }

  /// Appends one byte. Amortised O(1).
  mutating func append(_ byte: UInt8) {
    reserve(count + 1).storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  private mutating func reserve(_ wanted: Int) -> UnsafeMutableRawPointer {
    if let memory, wanted <= capacity { return memory }
    capacity = max(wanted, 2 * capacity, 256)
    let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    if let memory {
      grown.copyMemory(from: memory, byteCount: count)
      memory.deallocate()
    }
    memory = grown
    return grown
  }
}
