import CLinux
import Curl
import Glibc
import Model
import Plan

// Plain HTTP/1.1 without libcurl: requests on connections that the engine holds itself. libcurl's
// share of a chunk was as large as all of ours, and each of its handles takes 20 KB of a stream.
extension EngineLoop {
  /// Bytes of one read of a socket of ours.
  static let socketReadMax = 64 << 10
  /// Bytes of one read before it is known whether the body is coded.
  private static let headReadMax = 4 << 10
  /// Bytes of one read of a body that is coded: each may become a thousand.
  private static let codedReadMax = 1 << 10

  /// Sends a slot's request, on an idle connection where its scenario allows it.
  func sendDirect(
    _ slot: UnsafeMutablePointer<Slot>, at now: MonotonicNanos
  ) throws(EngineError) {
    let setup = setups.start + slot.pointee.scenario
    let route = routes.route(
      to: setup.pointee.endpoint, number: share.addressNumber(of: slot.pointee.place.seq))
    if let idleMax = setup.pointee.idleMax,
      let idle = connections.take(
        route: route, for: slot.pointee.index, idleMax: idleMax, at: now)
    {
      slot.pointee.connection = idle.pointee.index
      return try sendRequest(on: idle)
    }
    let failure = open(route: route, for: slot)
    guard failure == 0 else {
      let end = slot.pointee.transportEnd(.notConnected, systemError: Int(failure))
      return try finish(slot, end, at: monotonicNow())
    }
  }

  /// Begins to connect, for a slot or before load; an errno, 0 for a connection that is on its way.
  private func open(route: Int, for slot: UnsafeMutablePointer<Slot>?) -> Int32 {
    switch routes.addresses[route].startConnecting() {
    case .failure(let error): return error.code
    case .success(let descriptor):
      let connection = connections.add()
      connection.pointee.open(descriptor, route: route, for: slot?.pointee.index)
      slot?.pointee.connection = connection.pointee.index
      wiring.pointee.note(descriptor)
      poller.watch(connection.pointee, isNew: true, isWriting: true)
      return 0
    }
  }

  /// Sends the request of a connection's slot, or the one that is sent before load.
  private func sendRequest(
    on connection: UnsafeMutablePointer<Connection>
  ) throws(EngineError) {
    if let index = connection.pointee.slot {
      _ = slots.start[index].attempt()
      connection.pointee.send(slots.start[index].request)
    } else {
      connection.pointee.send(routes.openingRequests[connection.pointee.route])
    }
    if connection.pointee.phase == .sending {
      poller.watch(connection.pointee, isNew: false, isWriting: true)
    } else if connection.pointee.sendError != 0 {
      try receive(on: connection)
    }
  }

  /// Something happened on one of the engine's own connections.
  func act(on socket: PolledSocket) throws(EngineError) {
    let connection = connections.at(socket.connection)
    // It may have been closed since the poll, and another have its place.
    guard connection.pointee.descriptor == socket.descriptor else { return }
    let isWritable =
      socket.events & (EPOLLOUT.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
    switch connection.pointee.phase {
    case .closed: break
    case .idle: connections.close(connection)
    case .connecting:
      guard isWritable else { return }
      let failure = connection.pointee.connectError()
      guard failure == 0 else { return try fail(connection, .notConnected, Int(failure)) }
      poller.watch(connection.pointee, isNew: false, isWriting: false)
      try sendRequest(on: connection)
    case .sending:
      if isWritable {
        connection.pointee.sendMore()
        if connection.pointee.phase == .receiving {
          poller.watch(connection.pointee, isNew: false, isWriting: false)
        }
      }
      try receive(on: connection)
    case .receiving: try receive(on: connection)
    }
  }

  /// Reads of a connection whose stream is about to be given up.
  private static let lastReadsMax = 4

  /// Reads what came for a stream before its time limit ends it: a loop that is late must not give
  /// up what lies in its own socket.
  func readLast(
    _ slot: UnsafeMutablePointer<Slot>, before now: MonotonicNanos
  ) throws(EngineError) {
    guard let index = slot.pointee.connection else { return }
    let connection = connections.at(index)
    var reads = 0
    while connection.pointee.phase == .receiving || connection.pointee.phase == .sending,
      reads < EngineLoop.lastReadsMax,
      slot.pointee.deadline(drainMax: job.drainMax) <= now
    {
      reads += 1
      guard try receive(on: connection), slot.pointee.isOpen else { return }
    }
  }

  /// Reads once what a connection has, and gives it to the response's reader; false if there was
  /// nothing.
  @discardableResult
  private func receive(
    on connection: UnsafeMutablePointer<Connection>
  ) throws(EngineError) -> Bool {
    let slot = connection.pointee.slot.map { slots.start + $0 }
    let room =
      !connection.pointee.reader.isInBody
      ? EngineLoop.headReadMax
      : slot?.pointee.isCoded ?? false ? EngineLoop.codedReadMax : EngineLoop.socketReadMax
    wiring.pointee.beginRead()
    let count = recv(connection.pointee.descriptor, readBuffer.start, room, 0)
    guard count > 0 else {
      let code = count < 0 ? errno : 0
      if code == EINTR || (code == EAGAIN && connection.pointee.sendError == 0) { return false }
      try ended(connection, code)
      return true
    }
    let stamp = wiring.pointee.stamp()
    let bytes = UnsafeRawBufferPointer(start: readBuffer.start, count: count)
    guard let slot else {
      let step = connection.pointee.reader.read(bytes, into: NoSink())
      if step != .more || connection.pointee.reader.isUntilClose { opened(connection) }
      return true
    }
    switch connection.pointee.reader.read(bytes, into: SlotSink(slot: slot, stamp: stamp)) {
    case .more: break
    case .whole: try finish(slot, slot.pointee.transportEnd(.ok), at: stamp)
    case .stopped: try finish(slot, slot.pointee.transportEnd(.stoppedByUs), at: stamp)
    case .failed(let code): try finish(slot, slot.pointee.transportEnd(code), at: stamp)
    }
    return true
  }

  /// Nothing more comes: the peer has closed, or the connection has failed.
  private func ended(
    _ connection: UnsafeMutablePointer<Connection>, _ systemError: Int32
  ) throws(EngineError) {
    if connection.pointee.sendError != 0 {
      return try fail(connection, .notSent, Int(connection.pointee.sendError))
    }
    if systemError != 0 { return try fail(connection, .receive, Int(systemError)) }
    try fail(connection, connection.pointee.reader.close(), 0)
  }

  /// Ends what a connection carries.
  private func fail(
    _ connection: UnsafeMutablePointer<Connection>, _ code: TransportCode, _ systemError: Int
  ) throws(EngineError) {
    guard let index = connection.pointee.slot else { return opened(connection) }
    let slot = slots.start + index
    try finish(
      slot, slot.pointee.transportEnd(code, systemError: systemError),
      at: wiring.pointee.stamp())
  }

  /// Takes a slot's connection from it: kept if its response is whole and the next request may use
  /// it, else closed. True for a connection that was opened for it.
  func release(_ index: Int, of slot: UnsafeMutablePointer<Slot>) -> Bool {
    slot.pointee.connection = nil
    let connection = connections.at(index)
    let isOpened = connection.pointee.isFresh && connection.pointee.phase != .connecting
    if setups.start[slot.pointee.scenario].idleMax != nil, connection.pointee.reader.isKept,
      connection.pointee.phase == .receiving,
      connection.pointee.sendError == 0
    {
      connections.keep(connection, at: monotonicNow())
    } else {
      connections.close(connection)
    }
    return isOpened
  }

  // MARK: Before load

  /// A connection that is opened before load has its answer, or none.
  private func opened(_ connection: UnsafeMutablePointer<Connection>) {
    openingCount -= 1
    let isMade = connection.pointee.phase != .connecting
    selfMeter.countConnections(opened: isMade ? 1 : 0, isReused: false, diedOnReuse: false)
    if connection.pointee.reader.isKept {
      connections.keep(connection, at: monotonicNow())
    } else {
      connections.close(connection)
    }
  }

  /// Begins to open a connection to an endpoint before load.
  func openDirect(endpoint: Int, number: Int) {
    if open(route: routes.route(to: endpoint, number: number), for: nil) == 0 { openingCount += 1 }
  }

  /// Closes what is still being opened.
  func closeOpening() {
    for index in 0..<connections.count {
      let connection = connections.at(index)
      guard connection.pointee.isOpen, connection.pointee.phase != .idle,
        connection.pointee.slot == nil
      else { continue }
      opened(connection)
    }
  }
}

/// Gives a response to a slot, with the stamp of the read that brought it.
private struct SlotSink: ResponseSink {
  let slot: UnsafeMutablePointer<Slot>
  let stamp: MonotonicNanos

  func headerLine(_ line: UnsafeRawBufferPointer) -> Bool { slot.pointee.headerLine(line) }

  func body(_ piece: UnsafeRawBufferPointer) -> Bool { slot.pointee.take(piece, at: stamp) }
}

/// Takes a response that nobody wants.
private struct NoSink: ResponseSink {
  func headerLine(_ line: UnsafeRawBufferPointer) -> Bool { true }

  func body(_ piece: UnsafeRawBufferPointer) -> Bool { true }
}
