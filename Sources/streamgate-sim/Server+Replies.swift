import Model

// Replies: taking up requests, sending what is due, ending.

extension Server {
  /// Takes up the connection's next request, if it is whole.
  func serve(_ connection: Connection) {
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

  func begin(_ connection: Connection, _ make: (MonotonicNanos) -> Exchange) {
    now = monotonicNow()
    connection.exchange = make(now)
    if firstReceived == nil, connection.exchange?.record.chat != nil {
      firstReceived = (now, processCPU())
    }
    advance(connection)
  }

  func wake(_ connection: Connection) {
    if connection.isDraining { return remove(connection, reset: false) }
    if connection.blocked != nil { return resume(connection) }
    advance(connection)
    serve(connection)
    updateInterest(connection)
  }

  /// Sends what is due of the connection's reply, and arranges what comes next.
  func advance(_ connection: Connection) {
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
    if let most = connection.exchange?.sendBytesMax {
      connection.blocked = Connection.Blocked(
        bytes: out.bytes, sent: 0, action: action, sendBytesMax: most)
      return resume(connection)
    }
    guard let sent = out.bytes.withUnsafeBytes({ connection.send($0) }) else {
      return drop(connection, end: .clientGone)
    }
    connection.exchange?.record.bytesSent += sent
    if sent == out.bytes.count { return perform(action, connection) }
    connection.blocked = Connection.Blocked(bytes: out.bytes, sent: sent, action: action)
    updateInterest(connection)
  }

  func stampTokens(_ connection: Connection) {
    out.stamp(now)
    guard let due = connection.exchange?.record.tokenDue.count,
      let sent = connection.exchange?.record.tokenSent.count
    else { return }
    for _ in sent..<due { connection.exchange?.record.tokenSent.append(now) }
  }

  func countDecoding(_ connection: Connection, before: Bool) {
    let isDecoding = connection.exchange?.isDecoding ?? false
    if isDecoding != before { decoding += isDecoding ? 1 : -1 }
  }

  /// The kernel takes bytes again, or the time of the next has come.
  func resume(_ connection: Connection) {
    guard var blocked = connection.blocked else { return }
    let sent = blocked.next.withUnsafeBytes { connection.send($0) }
    guard let sent else { return drop(connection, end: .clientGone) }
    connection.exchange?.record.bytesSent += sent
    blocked.sent += sent
    guard blocked.sent == blocked.bytes.count else {
      connection.blocked = blocked
      if blocked.sendBytesMax != nil {
        heap.push(DueHeap.Entry(due: monotonicNow() + Server.dribble, key: connection.key))
      }
      return
    }
    connection.blocked = nil
    now = monotonicNow()
    perform(blocked.action, connection)
    serve(connection)
    updateInterest(connection)
  }

  func perform(_ action: Exchange.Action, _ connection: Connection) {
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
  func beginWork(_ connection: Connection, at time: MonotonicNanos) {
    connection.exchange?.begin(at: time)
    guard let due = connection.exchange?.due else { return }
    heap.push(DueHeap.Entry(due: max(due, now), key: connection.key))
  }

  func finishExchange(_ connection: Connection, end: LedgerRecord.End) {
    guard var exchange = connection.exchange else { return }
    connection.exchange = nil
    connection.blocked = nil
    if exchange.isDecoding { decoding -= 1 }
    exchange.record.end = end
    exchange.record.ended = now
    ledger.append(exchange.record)
    if exchange.record.chat != nil { lastEnded = (now, processCPU()) }
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
