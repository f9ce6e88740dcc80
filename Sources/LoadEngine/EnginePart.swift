import Model

/// What one engine brings home.
struct EnginePart: Sendable {
  /// The engine's index.
  let index: Int
  var selfMeter: SelfMeter
  var use: RunUse
  var logins: LoginLog
  var flights: FlightRecorder

  /// All engines' parts as one, as if one engine had sent them all.
  static func merged(_ parts: [EnginePart]) -> EnginePart {
    let parts = parts.sorted { $0.index < $1.index }
    precondition(!parts.isEmpty, "a run without an engine")
    return parts.dropFirst().reduce(into: parts[0]) { $0.merge($1) }
  }

  private mutating func merge(_ other: EnginePart) {
    selfMeter.merge(other.selfMeter)
    use.merge(other.use)
    logins.merge(other.logins)
    flights.merge(other.flights)
  }
}

extension EngineReport {
  /// The report of a run that its engines have ended.
  init(_ part: EnginePart, of governor: RunGovernor, samplesRefused: Int) {
    let (rounds, end, inFlightMax) = governor.state.withLock {
      ($0.rounds, $0.orders.end, $0.inFlightMax)
    }
    startedAt = rounds.wallStart
    profiles = rounds.ends
    selfCheck = part.selfMeter.figures
    selfCheck.inFlightMax = inFlightMax
    selfCheck.engines = governor.job.engines
    self.end = end ?? .finished
    use = part.use
    self.samplesRefused = samplesRefused
    logins = part.logins
    streams = part.flights.streams(redactedBy: governor.job.redactor)
  }
}

extension RunUse {
  fileprivate mutating func merge(_ other: RunUse) {
    requests += other.requests
    inputTokens += other.inputTokens
    outputTokens += other.outputTokens
  }
}

extension LoginLog {
  /// Attempts in the order of their ends; waits engine after engine, for they have no time of their
  /// own.
  fileprivate mutating func merge(_ other: LoginLog) {
    attempts = (attempts + other.attempts).sorted { $0.at + $0.duration < $1.at + $1.duration }
    waits += other.waits
  }
}
