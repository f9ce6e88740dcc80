import Glibc
import Model

/// Names a connection for epoll and the heap: its place, and which of the connections that had
/// the place.
struct ConnectionKey: Equatable {
  var slot: UInt32
  var generation: UInt32

  /// As epoll carries it.
  var word: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

  init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  init(word: UInt64) {
    slot = UInt32(truncatingIfNeeded: word)
    generation = UInt32(truncatingIfNeeded: word >> 32)
  }
}

/// One client's connection. At most one reply at a time; requests behind it wait in the reader.
///
/// Invariant: at most one of these holds: a wake-up is in the heap, `blocked` is set (where it is
/// paced, with its own wake-up), the reply waits for a slot.
final class Connection {
  let descriptor: Int32
  let key: ConnectionKey
  var reader = RequestReader()
  var exchange: Exchange?
  /// True if the current reply is the last one.
  var closesAfterReply = false
  /// True once our side has ended: what still comes is thrown away.
  var isDraining = false
  /// Bytes that have not left yet, and what follows them.
  var blocked: Blocked?
  /// What epoll watches for.
  var interest: UInt32 = 0

  /// The rest of a send. The reply makes no more bytes until these have left, which bounds them
  /// by one send.
  struct Blocked {
    var bytes: [UInt8]
    var sent: Int
    var action: Exchange.Action
    /// Bytes of one send, with a wake-up for each; nil to send on when the kernel takes more.
    var sendBytesMax: Int?

    /// What the next send takes.
    var next: ArraySlice<UInt8> {
      bytes[sent..<min(bytes.count, sent + (sendBytesMax ?? bytes.count))]
    }
  }

  init(descriptor: Int32, key: ConnectionKey) {
    self.descriptor = descriptor
    self.key = key
  }

  /// Sends without waiting. Bytes taken, or nil if the connection is dead.
  func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
    let count = Glibc.send(
      descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    if count >= 0 { return count }
    return errno == EAGAIN || errno == EINTR ? 0 : nil
  }

  /// Closes at once; with `reset` the peer gets an RST and unsent bytes are lost.
  func close(reset: Bool) {
    if reset {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
    Glibc.close(descriptor)
  }
}
