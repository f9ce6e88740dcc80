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
  static let readBytesMax = 64 << 10
  /// Replies that go on between two looks at the sockets, at most.
  private static let wakesPerTurnMax = 64
  /// Connections accepted in one turn, at most.
  static let acceptsPerTurnMax = 64
  /// The ledger is written when nothing is due for so long.
  private static let idle = Nanos.milliseconds(2)
  /// How long an ended connection may take to close on the client's side.
  static let drain = Nanos.seconds(2)
  /// The time between two sends of a reply that dribbles.
  static let dribble = Nanos.microseconds(20)
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

  let listener: Int32
  let poller: Poller
  let connectionsMax: Int
  var connections: [Connection?] = []
  var freeSlots: [UInt32] = []
  var generation: UInt32 = 0
  var heap = DueHeap()
  var queue: SlotQueue
  var decoding = 0
  var ledger: Ledger
  var out = OutgoingBytes()
  let authority: TokenAuthority
  var replies = ReplyMemory()
  var promptCache: PromptCache?
  /// From when on it serves.
  let readyAt: MonotonicNanos
  let readBuffer: UnsafeMutableRawBufferPointer
  var now = monotonicNow()
  private var isStopping = false
  /// When the first chat completion came.
  var firstReceived: (time: MonotonicNanos, cpu: Nanos)?
  /// When the last chat completion so far ended.
  var lastEnded: (time: MonotonicNanos, cpu: Nanos)?

  /// Listens; serves nobody before `run`.
  init(settings: Settings) throws(SimulatorError) {
    self.settings = settings
    timing = Timing(settings: settings.timing)
    queue = SlotQueue(slots: settings.slots)
    authority = TokenAuthority(
      seed: settings.timing.seed, lifetime: settings.access.tokenLifetime)
    let blocks = settings.promptCacheBlocks
    promptCache = blocks > 0 ? PromptCache(blocks: blocks) : nil
    readyAt = monotonicNow() + settings.readyAfter
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

  deinit {
    poller.close()
    readBuffer.deallocate()
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

  func connection(_ key: ConnectionKey) -> Connection? {
    guard Int(key.slot) < connections.count, let found = connections[Int(key.slot)],
      found.key == key
    else { return nil }
    return found
  }
}
