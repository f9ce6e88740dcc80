/// The client's figures on itself: whether it, and not the service, was the bottleneck.
public struct SelfCheck: Sendable, Equatable {
  /// Median of how long data may have waited for its stamp: over reads, over wake-ups by the
  /// timer, or over time, whichever is largest.
  public var loopLagP50: Nanos
  /// The 0.99 quantile, likewise: the error bound of every stamp.
  public var loopLagP99: Nanos
  /// Largest of reads and wake-ups.
  public var loopLagMax: Nanos
  /// Median of `sent - intended`.
  public var scheduleLagP50: Nanos
  /// 0.99 quantile of `sent - intended`.
  public var scheduleLagP99: Nanos
  /// Largest `sent - intended`.
  public var scheduleLagMax: Nanos
  /// Scheduled requests after warm-up.
  public var scheduled: Int
  /// Of those, handed to the transport.
  public var sent: Int
  /// Of those, given up because the client was late.
  public var droppedLate: Int
  /// Of those, given up because every slot was taken.
  public var droppedCap: Int
  /// Shares of arrivals later than each of a fixed ladder of lags, see `lateShare(over:)`.
  public var lateness: [LateCount]
  /// Engines, each with a thread of its own; at least 1. All other figures are those of all engines
  /// together, unless they say otherwise.
  public var engines: Int
  /// CPU time of an engine's thread over wall time, 0...1: the busiest engine's.
  public var cpuShare: Double
  /// Times the kernel took the CPU from the engines' threads.
  public var involuntarySwitches: Int
  /// Most streams open at once.
  public var inFlightMax: Int
  /// Connections opened.
  public var connectionsOpened: Int
  /// Requests on a connection that had carried one before.
  public var connectionsReused: Int
  /// Reused connections that died before an answer.
  public var connectionsDiedOnReuse: Int
  /// What the machine gave; nil in runs of versions that did not ask.
  public var resources: ClientResources?

  /// Figures of an engine that did nothing.
  public init() {
    loopLagP50 = .zero
    loopLagP99 = .zero
    loopLagMax = .zero
    scheduleLagP50 = .zero
    scheduleLagP99 = .zero
    scheduleLagMax = .zero
    scheduled = 0
    sent = 0
    droppedLate = 0
    droppedCap = 0
    lateness = []
    engines = 1
    cpuShare = 0
    involuntarySwitches = 0
    inFlightMax = 0
    connectionsOpened = 0
    connectionsReused = 0
    connectionsDiedOnReuse = 0
  }

  /// The share of sent requests later than the smallest step of the ladder that is not below
  /// `limit`: every one of them is later than `limit`. Beyond the ladder, that of its last step;
  /// without a ladder 1, since nothing shows that they were in time; 0 with nothing sent.
  public func lateShare(over limit: Nanos) -> Double {
    guard sent > 0 else { return 0 }
    let above = lateness.filter { $0.over >= limit }.min { $0.over < $1.over }
    let step = above ?? lateness.max { $0.over < $1.over }
    return Double(step?.count ?? sent) / Double(sent)
  }
}

/// How many requests were sent later than a limit.
public struct LateCount: Sendable, Equatable {
  /// The limit on `sent - intended`.
  public var over: Nanos
  /// Requests beyond it.
  public var count: Int

  /// `count` requests were later than `over`.
  public init(over: Nanos, count: Int) {
    self.over = over
    self.count = count
  }
}
