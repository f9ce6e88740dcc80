/// What logins did in a run: they are no requests of a scenario and are measured apart.
public struct LoginLog: Sendable, Equatable {
  /// Every login and refresh that ended, in the order of their ends.
  public var attempts: [LoginAttempt]
  /// How long requests waited because their user had no valid token, one a request that did.
  public var waits: [Nanos]
  /// Requests that were sent once more, with another token, after a 401.
  public var repeated: Int

  /// A log of these parts; by default empty.
  public init(attempts: [LoginAttempt] = [], waits: [Nanos] = [], repeated: Int = 0) {
    self.attempts = attempts
    self.waits = waits
    self.repeated = repeated
  }

  /// True if nobody logged in.
  public var isEmpty: Bool { attempts.isEmpty }
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
  /// The token's life as the service said, nil where it did not.
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
