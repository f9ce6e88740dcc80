/// What logins did in a run: they are no requests of a scenario and are measured apart.
public struct LoginLog: Sendable, Equatable {
  /// Every login and refresh that ended, in the order of their ends.
  public var attempts: [LoginAttempt]
  /// One for each request that waited because its user had no valid token, in the order in which
  /// they got one.
  public var waits: [LoginWait]

  /// A log of these parts; by default empty.
  public init(attempts: [LoginAttempt] = [], waits: [LoginWait] = []) {
    self.attempts = attempts
    self.waits = waits
  }

  /// True if nobody logged in.
  public var isEmpty: Bool { attempts.isEmpty }
}

/// One request's wait for a token.
public struct LoginWait: Sendable, Equatable {
  /// From its intended start to its token; of a repeated request, from its first sending.
  public var duration: Nanos
  /// True for a request that was sent once more, with another token, after a 401.
  public var isRepeat: Bool

  /// A wait.
  public init(duration: Nanos, isRepeat: Bool) {
    self.duration = duration
    self.isRepeat = isRepeat
  }
}

/// One login or refresh.
public struct LoginAttempt: Sendable, Equatable {
  /// Which.
  public var step: LoginStep
  /// From the start of the first profile to its sending; negative before load.
  public var at: Nanos
  /// From its sending to the end of its reply, or to its failure.
  public var duration: Nanos
  /// False if it brought no session.
  public var isGranted: Bool
  /// The token's life as the service said, nil where it did not; in no run file.
  public var lifetime: Nanos?

  /// An attempt.
  public init(
    step: LoginStep, at: Nanos, duration: Nanos, isGranted: Bool, lifetime: Nanos? = nil
  ) {
    self.step = step
    self.at = at
    self.duration = duration
    self.isGranted = isGranted
    self.lifetime = lifetime
  }
}

/// How a session is had.
public enum LoginStep: String, Sendable, CaseIterable {
  /// By an account's credentials.
  case login
  /// By the refresh token of an earlier reply.
  case refresh
}
