extension ReportFigure {
  /// Starts the name of the figure that counts an outcome: `outcome.truncated`. Every request
  /// after warm-up is in exactly one.
  public static let outcomePrefix = "outcome."

  /// Starts the name of the figure that counts the failures of an HTTP status: `http.503`.
  public static let statusPrefix = "http."

  /// Starts the names of the figures of one turn of a cell's conversations: `turn.0.ttft.p50`.
  public static let turnPrefix = "turn."

  /// Starts the names of the figures of one stage of a profile: `stage.0.ttft.p50`.
  public static let stagePrefix = "stage."

  /// Starts the names of the figures on where a profile's latencies leave their flat part:
  /// `knee.ttft.stage`.
  public static let kneePrefix = "knee."

  /// The time to first token of the run's first request, warm-up or not; in the first profile.
  public static let coldStart = "cold_start.ttft"

  /// Starts the names of the figures of logins, `login.p95`: of the whole run, with neither profile
  /// nor scenario.
  public static let loginPrefix = "login."

  /// The parts of a time to first token in the order of time, each a median in seconds over the
  /// cell's requests that got so far: `sent - intended`, `requestSent - sent`, `headers -
  /// requestSent`, `firstToken - headers`. Reports say with them where a slowdown sits.
  public static let phases: [(name: String, words: String)] = [
    ("schedule_lag.p50", "the client's delay"),
    ("connect.p50", "connecting"),
    ("server_wait.p50", "waiting for the server"),
    ("first_token_wait.p50", "header to first token"),
  ]
}
