public import Model
public import Plan

/// What a run of the engine came to; the samples went their own way.
public struct EngineReport: Sendable, Equatable {
  /// Wall time at the start of the first profile: the run's only reading of the wall clock.
  public var startedAt: UnixNanos
  /// One for each profile that began, in order.
  public var profiles: [ProfileEnd]
  /// The client's figures on itself, over the whole run.
  public var selfCheck: SelfCheck
  /// Why it ended.
  public var end: EngineEnd
  /// What its requests used.
  public var use: RunUse
  /// Samples that the queue refused because nobody drained it; 0 in a sound run.
  public var samplesRefused: Int
  /// What logins did, those before load included.
  public var logins: LoginLog
  /// The worst and some failed streams, in the order of the schedule, without secrets; empty where
  /// the job records none.
  public var streams: [RecordedStream]

  /// The rule that fired, nil if none did.
  public var aborted: Abort? {
    if case .aborted(let abort) = end { return abort }
    return nil
  }
}

/// Why a run of the engine ended.
public enum EngineEnd: Sendable, Equatable {
  /// The schedule was sent and every stream ended.
  case finished
  /// It was stopped from outside.
  case stopped
  /// The abort rule fired.
  case aborted(Abort)
  /// A limit of the plan was reached.
  case limit(LimitHit)
  /// The quota is used up.
  case quota(QuotaHit)
}

/// When one profile ran.
public struct ProfileEnd: Sendable, Equatable {
  /// Which.
  public var kind: ProfileKind
  /// From the start of the first profile.
  public var startedAt: Nanos
  /// From its own start to the end of its last stream.
  public var duration: Nanos
  /// Requests handed to the transport, warm-up included.
  public var sent: Int
}
