public import Model

/// One user's session as a state machine: when to log in, when to renew, and what a request that
/// wants a token does. It sends nothing and holds no token; who drives it does.
///
/// A token is renewed ahead of need, at half to four fifths of its life, so that no request waits
/// for it. A refresh that fails is followed by a login. A login that fails is tried again after a
/// pause that doubles; while no token is valid, requests fail at once and do not pile up.
public struct LoginProgram: Sendable {
  private enum State {
    /// Before the first login. -> entering
    case out
    /// No token is valid and a login or refresh is under way: requests wait. -> holding, refused
    case entering(LoginStep)
    /// A token is valid. -> renewing, entering
    case holding(Hold)
    /// A token is valid and a login or refresh is under way. -> holding, entering, refused
    case renewing(Hold, LoginStep)
    /// No token is valid, and the latest login failed. -> entering
    case refused(retryAt: MonotonicNanos)
  }

  /// A token that was given.
  private struct Hold {
    /// When it should be renewed, nil for not ahead of need.
    var renewAt: MonotonicNanos?
    /// When it expires, nil where the service did not say.
    var endsAt: MonotonicNanos?
    /// True if it was had because its predecessor was refused.
    var isForced: Bool
    var since: MonotonicNanos

    func isValid(at now: MonotonicNanos) -> Bool { endsAt.map { now < $0 } ?? true }
  }

  /// The part of a token's life after which it is renewed: from here, by user, …
  private static let renewFrom = 0.5
  /// … to here.
  private static let renewTo = 0.8
  /// The first pause after a failed login.
  static let pauseMin = Nanos.seconds(1)
  /// The longest.
  static let pauseMax = Nanos.seconds(30)
  /// A token younger than this that was had because of a 401 and is refused too is not replaced
  /// again: another one would be no better.
  static let forcedMin = Nanos.seconds(1)

  private var state = State.out
  private var canRefresh = false
  private var isForced = false
  private let renewShare: Double

  /// The number of the token that is held: how many were given.
  public private(set) var generation = 0
  /// Logins that failed since the latest token.
  public private(set) var failures = 0

  /// A session that is logged out. `spread`, 0...1, tells users apart: so that those who logged in
  /// together do not renew together.
  public init(spread: Double) {
    precondition((0...1).contains(spread), "a spread of \(spread)")
    let span = LoginProgram.renewTo - LoginProgram.renewFrom
    renewShare = LoginProgram.renewFrom + span * spread
  }

  /// Begins the first login.
  public mutating func begin() -> LoginAction {
    guard case .out = state else { return .rest }
    return enter()
  }

  /// When `due` should be called, nil for not at all.
  public var nextDue: MonotonicNanos? {
    switch state {
    case .holding(let hold): hold.renewAt
    case .refused(let retryAt): retryAt
    case .out, .entering, .renewing: nil
    }
  }

  /// True if a request could go now.
  public func isReady(at now: MonotonicNanos) -> Bool {
    switch state {
    case .holding(let hold), .renewing(let hold, _): hold.isValid(at: now)
    case .out, .entering, .refused: false
    }
  }

  /// Time has passed: renews what is due.
  public mutating func due(at now: MonotonicNanos) -> LoginAction {
    switch state {
    case .holding(let hold):
      guard let renewAt = hold.renewAt, renewAt <= now else { return .rest }
      return renew(hold)
    case .refused(let retryAt): return retryAt <= now ? enter() : .rest
    case .out, .entering, .renewing: return .rest
    }
  }

  /// A request wants to go: `go`, `wait` for the token that is under way, `send` (and wait), or
  /// `refuse`.
  public mutating func need(at now: MonotonicNanos) -> LoginAction {
    switch state {
    case .holding(let hold):
      return hold.isValid(at: now) ? .go : enter()
    case .renewing(let hold, let step):
      if hold.isValid(at: now) { return .go }
      state = .entering(step)
      return .wait
    case .entering: return .wait
    case .out: return enter()
    case .refused: return .refuse
    }
  }

  /// A request with the token `generation` was answered by a 401: `go` with a later token, `wait`,
  /// `send` (and wait), or `refuse`: the 401 stands.
  public mutating func tokenRefused(
    generation: Int, at now: MonotonicNanos
  ) -> LoginAction {
    switch state {
    case .holding(let hold):
      if generation < self.generation, hold.isValid(at: now) { return .go }
      if hold.isForced, now - hold.since < LoginProgram.forcedMin { return .refuse }
      isForced = true
      return enter()
    case .renewing(_, let step):
      if generation < self.generation { return need(at: now) }
      // The token is no good before its time: nobody else should try it.
      isForced = true
      state = .entering(step)
      return .wait
    case .entering: return .wait
    case .out, .refused: return .refuse
    }
  }

  /// The login or refresh that was sent at `sentAt` brought a token: waiting requests `go`.
  /// `lifetime` is the token's, nil where the service did not say.
  public mutating func granted(
    lifetime: Nanos?, canRefresh: Bool, sentAt: MonotonicNanos
  ) -> LoginAction {
    generation += 1
    failures = 0
    self.canRefresh = canRefresh
    var hold = Hold(isForced: isForced, since: sentAt)
    isForced = false
    // Its life counts from the sending: the service stamped it later, so it is no shorter.
    if let lifetime, lifetime > .zero {
      hold.endsAt = sentAt + lifetime
      hold.renewAt = sentAt + Nanos(seconds: lifetime.seconds * renewShare)
    }
    state = .holding(hold)
    return .go
  }

  /// The login or refresh that is under way failed: `send` another, `rest` while the token is
  /// still good, or `refuse` the requests that wait.
  public mutating func failed(at now: MonotonicNanos) -> LoginAction {
    switch state {
    case .entering(.refresh):
      canRefresh = false
      return enter()
    case .renewing(let hold, .refresh) where hold.isValid(at: now):
      canRefresh = false
      return renew(hold)
    case .renewing(_, .refresh):
      canRefresh = false
      return enter()
    case .renewing(var hold, .login):
      failures += 1
      guard hold.isValid(at: now) else { return refuse(at: now) }
      hold.renewAt = now + pause
      state = .holding(hold)
      return .rest
    case .entering(.login):
      failures += 1
      return refuse(at: now)
    case .out, .holding, .refused: return .rest
    }
  }

  private mutating func enter() -> LoginAction {
    let step: LoginStep = canRefresh ? .refresh : .login
    state = .entering(step)
    return .send(step)
  }

  private mutating func renew(_ hold: Hold) -> LoginAction {
    let step: LoginStep = canRefresh ? .refresh : .login
    state = .renewing(hold, step)
    return .send(step)
  }

  private mutating func refuse(at now: MonotonicNanos) -> LoginAction {
    isForced = false
    state = .refused(retryAt: now + pause)
    return .refuse
  }

  private var pause: Nanos {
    let doublings = min(max(failures - 1, 0), 10)
    return min(LoginProgram.pauseMin * (1 << Int64(doublings)), LoginProgram.pauseMax)
  }
}

/// What follows from an event of a session.
public enum LoginAction: Sendable, Equatable {
  /// Send the login or refresh; a request that asked waits for it.
  case send(LoginStep)
  /// The request, or those that wait, may go with the token that is held.
  case go
  /// The request waits for the login that is under way.
  case wait
  /// The request, or those that wait, fail.
  case refuse
  /// Nothing.
  case rest
}
