import CLinux
import Glibc
import Model

/// The event loop: accepts, reads, and sends what is due.
///
/// It owns every connection; everything happens on the thread that calls `run`.
final class Server {
  /// Connections open at once, at most; fewer where the system allows fewer descriptors.
  static let connectionsMax = 65_536
  /// Descriptors that are not connections: standard streams, ledger, epoll, signals, listener.
  private static let descriptorsReserved = 16
  /// Bytes that one read takes at most.
  private static let readBytesMax = 64 << 10
  /// Replies that go on between two looks at the sockets, at most.
  private static let wakesPerTurnMax = 64
  /// Connections accepted in one turn, at most.
  private static let acceptsPerTurnMax = 64
  /// The ledger is written when nothing is due for so long.
  private static let idle = Nanos.milliseconds(2)
  /// How long an ended connection may take to close on the client's side.
  private static let drain = Nanos.seconds(2)
  /// How late the kernel may wake this thread.
  private static let timerSlackNanos: UInt = 1_000

  private static let listenerWord = UInt64.max
  private static let signalWord = UInt64.max - 1

  /// The port that it listens on.
  let port: UInt16
  let settings: Settings
  let timing: Timing
  var requestCount = 0
  var chatCount = 0

  private let listener: Int32
  private let poller: Poller
  private let connectionsMax: Int
  private var connections: [Connection?] = []
  private var freeSlots: [UInt32] = []
  private var generation: UInt32 = 0
  private var heap = DueHeap()
  private var queue: SlotQueue
  private var decoding = 0
  private var ledger: Ledger
  private var out = OutgoingBytes()
  private let readBuffer: UnsafeMutableRawBufferPointer
  private var now = monotonicNow()
  private var isStopping = false
  private var firstReceived: (time: MonotonicNanos, cpu: Nanos)?
  private var lastEnded: (time: MonotonicNanos, cpu: Nanos)?

  /// Listens; serves nobody before `run`.
  init(settings: Settings) throws(SimulatorError) {
    self.settings = settings
    timing = Timing(settings: settings.timing)
    queue = SlotQueue(slots: settings.slots)
    connectionsMax = min(
      Server.connectionsMax, max(1, Descriptors.raiseLimit() - Server.descriptorsReserved))
    let signals = try Descriptors.stopSignals()
    poller = try Poller()
    listener = try Descriptors.listener(host: settings.host, port: settings.port)
    port = Descriptors.port(of: listener)
    ledger = try Ledger(path: settings.ledgerPath, settings: settings, drift: timing.drift)
    readBuffer = .allocate(byteCount: Server.readBytesMax, alignment: 16)
    _ = streamgate_set_timer_slack(Server.timerSlackNanos)
    guard
      poller.add(listener, word: Server.listenerWord, interest: EPOLLIN.rawValue),
      poller.add(signals, word: Server.signalWord, interest: EPOLLIN.rawValue)
    else { throw .system("cannot watch the socket", errno) }
  }

  /// Serves until SIGTERM or SIGINT; returns what the ledger says.
  func run() throws(SimulatorError) -> LedgerSummary {
    while !isStopping {
      let timeout = try flushIfIdle()
      for event in try poller.wait(timeout: timeout) {
        handle(event.events, word: event.data.u64)
      }
      now = monotonicNow()
      for _ in 0..<Server.wakesPerTurnMax {
        guard let due = heap.firstDue, due <= now, let entry = heap.popFirst() else { break }
        if let connection = connection(entry.key) { wake(connection) }
      }
    }
    now = monotonicNow()
    for case let connection? in connections { drop(connection, end: .stopped) }
    if let firstReceived, let lastEnded {
      ledger.noteBusy(
        wall: lastEnded.time - firstReceived.time, cpu: lastEnded.cpu - firstReceived.cpu)
    }
    try ledger.finish()
    return ledger.summary
  }

  /// How long to wait; negative for ever.
  private func flushIfIdle() throws(SimulatorError) -> Nanos {
    guard let due = heap.firstDue else {
      if ledger.hasWaiting { try ledger.flush() }
      return Nanos(-1)
    }
    if ledger.hasWaiting, ledger.isFull || due - now > Server.idle { try ledger.flush() }
    return max(.zero, due - monotonicNow())
  }

  private func handle(_ events: UInt32, word: UInt64) {
    if word == Server.listenerWord { return accept() }
    if word == Server.signalWord {
      isStopping = true
      return
    }
    guard let connection = connection(ConnectionKey(word: word)) else { return }
    if events & Interest.gone != 0 { return drop(connection, end: .clientGone) }
    if events & Interest.write != 0 { resume(connection) }
    if events & Interest.read != 0, self.connection(connection.key) != nil { read(connection) }
  }

  private func connection(_ key: ConnectionKey) -> Connection? {
    guard Int(key.slot) < connections.count, let found = connections[Int(key.slot)],
      found.key == key
    else { return nil }
    return found
  }
}

// MARK: - Connections

extension Server {
  private func accept() {
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

  private func read(_ connection: Connection) {
    let count = recv(
      connection.descriptor, readBuffer.baseAddress, readBuffer.count, Int32(MSG_DONTWAIT))
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return drop(connection, end: .clientGone) }
    guard !connection.isDraining else { return }
    connection.reader.append(UnsafeRawBufferPointer(rebasing: readBuffer[..<count]))
    if connection.exchange == nil { serve(connection) }
    updateInterest(connection)
  }

  private func updateInterest(_ connection: Connection) {
    guard self.connection(connection.key) != nil else { return }
    let isFull = connection.exchange != nil && connection.reader.isFull
    var interest = isFull ? EPOLLRDHUP.rawValue : Interest.read
    if connection.blocked != nil { interest |= Interest.write }
    guard interest != connection.interest else { return }
    connection.interest = interest
    poller.modify(connection.descriptor, word: connection.key.word, interest: interest)
  }

  /// Ends our side; the client has a while to end its own. Closing at once would, with bytes
  /// unread, reset the connection and take the response away from the client.
  private func beginDrain(_ connection: Connection) {
    shutdown(connection.descriptor, Int32(SHUT_WR))
    connection.isDraining = true
    heap.push(DueHeap.Entry(due: now + Server.drain, key: connection.key))
  }

  /// The connection ends before its reply did.
  private func drop(_ connection: Connection, end: LedgerRecord.End) {
    if connection.exchange != nil { finishExchange(connection, end: end) }
    remove(connection, reset: false)
  }

  private func remove(_ connection: Connection, reset: Bool) {
    connection.close(reset: reset)
    connections[Int(connection.key.slot)] = nil
    freeSlots.append(connection.key.slot)
  }
}

// MARK: - Replies

extension Server {
  /// Takes up the connection's next request, if it is whole.
  private func serve(_ connection: Connection) {
    while connection.exchange == nil, !connection.isDraining,
      self.connection(connection.key) != nil
    {
      switch connection.reader.next() {
      case .incomplete:
        return
      case .wantsContinue:
        _ = Response.proceed.withUnsafeBytes { connection.send($0) }
        return
      case .request(let request):
        connection.closesAfterReply = request.closes
        begin(connection) { exchange(for: request, received: $0) }
      case .refused(let refusal):
        connection.closesAfterReply = true
        begin(connection) { exchange(for: refusal, received: $0) }
      }
    }
  }

  private func begin(_ connection: Connection, _ make: (MonotonicNanos) -> Exchange) {
    now = monotonicNow()
    if firstReceived == nil { firstReceived = (now, processCPU()) }
    connection.exchange = make(now)
    advance(connection)
  }

  private func wake(_ connection: Connection) {
    if connection.isDraining { return remove(connection, reset: false) }
    advance(connection)
    serve(connection)
    updateInterest(connection)
  }

  /// Sends what is due of the connection's reply, and arranges what comes next.
  private func advance(_ connection: Connection) {
    out.clear()
    let wasDecoding = connection.exchange?.isDecoding ?? false
    guard
      let action = connection.exchange?.fill(
        &out, now: now, timing: timing, othersDecoding: max(0, decoding - (wasDecoding ? 1 : 0)))
    else { return }
    countDecoding(connection, before: wasDecoding)
    guard !out.bytes.isEmpty else { return perform(action, connection) }
    now = monotonicNow()
    stampTokens(connection)
    guard let sent = out.bytes.withUnsafeBytes({ connection.send($0) }) else {
      return drop(connection, end: .clientGone)
    }
    connection.exchange?.record.bytesSent += sent
    if sent == out.bytes.count { return perform(action, connection) }
    connection.blocked = Connection.Blocked(bytes: out.bytes, sent: sent, action: action)
    updateInterest(connection)
  }

  private func stampTokens(_ connection: Connection) {
    out.stamp(now)
    guard let due = connection.exchange?.record.tokenDue.count,
      let sent = connection.exchange?.record.tokenSent.count
    else { return }
    for _ in sent..<due { connection.exchange?.record.tokenSent.append(now) }
  }

  private func countDecoding(_ connection: Connection, before: Bool) {
    let isDecoding = connection.exchange?.isDecoding ?? false
    if isDecoding != before { decoding += isDecoding ? 1 : -1 }
  }

  /// The kernel takes bytes again.
  private func resume(_ connection: Connection) {
    guard var blocked = connection.blocked else { return }
    let sent = blocked.bytes[blocked.sent...].withUnsafeBytes { connection.send($0) }
    guard let sent else { return drop(connection, end: .clientGone) }
    connection.exchange?.record.bytesSent += sent
    blocked.sent += sent
    guard blocked.sent == blocked.bytes.count else {
      connection.blocked = blocked
      return
    }
    connection.blocked = nil
    now = monotonicNow()
    perform(blocked.action, connection)
    serve(connection)
    updateInterest(connection)
  }

  private func perform(_ action: Exchange.Action, _ connection: Connection) {
    switch action {
    case .wait(let due):
      heap.push(DueHeap.Entry(due: max(due, now), key: connection.key))
    case .awaitSlot:
      guard queue.take(connection.key), let start = connection.exchange?.record.received else {
        return
      }
      beginWork(connection, at: start)
    case .finish:
      finishExchange(connection, end: .scripted)
      if connection.closesAfterReply { beginDrain(connection) }
    case .close:
      finishExchange(connection, end: .scripted)
      beginDrain(connection)
    case .reset:
      finishExchange(connection, end: .scripted)
      remove(connection, reset: true)
    }
  }

  /// A connection's reply has its slot from `time` on.
  private func beginWork(_ connection: Connection, at time: MonotonicNanos) {
    connection.exchange?.begin(at: time)
    guard let due = connection.exchange?.due else { return }
    heap.push(DueHeap.Entry(due: max(due, now), key: connection.key))
  }

  private func finishExchange(_ connection: Connection, end: LedgerRecord.End) {
    guard var exchange = connection.exchange else { return }
    connection.exchange = nil
    connection.blocked = nil
    if exchange.isDecoding { decoding -= 1 }
    exchange.record.end = end
    exchange.record.ended = now
    ledger.append(exchange.record)
    lastEnded = (now, processCPU())
    guard exchange.hasBegun else { return }
    queue.release()
    // The next one begins when this one was due to end, so that our lateness does not add up.
    let free = end == .scripted ? exchange.due : now
    while let key = queue.next(where: { self.connection($0)?.exchange?.hasBegun == false }),
      let next = self.connection(key), let received = next.exchange?.record.received
    {
      beginWork(next, at: max(free, received))
    }
  }
}
