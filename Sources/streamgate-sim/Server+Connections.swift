import CLinux
import Glibc
import Model

// Connections: accepting, reading, ending.

extension Server {
  func accept() {
    for _ in 0..<Server.acceptsPerTurnMax {
      let descriptor = streamgate_accept(listener)
      guard descriptor >= 0 else { return }
      guard connections.count - freeSlots.count < connectionsMax else {
        close(descriptor)
        continue
      }
      Descriptors.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
      generation = (generation + 1) & 0x7FFF_FFFF
      let slot = freeSlots.popLast() ?? UInt32(connections.count)
      let key = ConnectionKey(slot: slot, generation: generation)
      let connection = Connection(descriptor: descriptor, key: key)
      if Int(slot) == connections.count { connections.append(nil) }
      connections[Int(slot)] = connection
      connection.interest = Interest.read
      if !poller.add(descriptor, word: key.word, interest: connection.interest) {
        remove(connection, reset: false)
      }
    }
  }

  func read(_ connection: Connection) {
    let count = recv(
      connection.descriptor, readBuffer.baseAddress, readBuffer.count, Int32(MSG_DONTWAIT))
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return drop(connection, end: .clientGone) }
    guard !connection.isDraining else { return }
    connection.reader.append(UnsafeRawBufferPointer(rebasing: readBuffer[..<count]))
    if connection.exchange == nil { serve(connection) }
    updateInterest(connection)
  }

  func updateInterest(_ connection: Connection) {
    guard self.connection(connection.key) != nil else { return }
    let isFull = connection.exchange != nil && connection.reader.isFull
    var interest = isFull ? EPOLLRDHUP.rawValue : Interest.read
    if let blocked = connection.blocked, blocked.sendBytesMax == nil { interest |= Interest.write }
    guard interest != connection.interest else { return }
    connection.interest = interest
    poller.modify(connection.descriptor, word: connection.key.word, interest: interest)
  }

  /// Ends our side; the client has a while to end its own. Closing at once would, with bytes
  /// unread, reset the connection and take the response away from the client.
  func beginDrain(_ connection: Connection) {
    shutdown(connection.descriptor, Int32(SHUT_WR))
    connection.isDraining = true
    heap.push(DueHeap.Entry(due: now + Server.drain, key: connection.key))
  }

  /// The connection ends before its reply did.
  func drop(_ connection: Connection, end: LedgerRecord.End) {
    if connection.exchange != nil { finishExchange(connection, end: end) }
    remove(connection, reset: false)
  }

  func remove(_ connection: Connection, reset: Bool) {
    connection.close(reset: reset)
    connections[Int(connection.key.slot)] = nil
    freeSlots.append(connection.key.slot)
  }
}
