import Curl
import Model
import Plan
import StreamMeter
import Workload

// Requests and their users' sessions: who may go, who waits, and what goes with them.
extension EngineLoop {
  /// Sends a request that has its token now, at most one; true if another one has.
  func startReleased() throws(EngineError) -> Bool {
    guard let logins, state.end == nil, !logins.released.isEmpty else { return false }
    countWaiting(-1)
    try send(logins.released.removeFirst())
    return !logins.released.isEmpty
  }

  /// True if the request may be sent now. Else it waits for its user's token, or has failed for the
  /// lack of one.
  func isAdmitted(_ place: StreamPlace, at now: MonotonicNanos) -> Bool {
    guard let logins else { return true }
    let action = logins.session(of: place).pointee.program.need(at: now)
    if action == .go { return true }
    hold(place, action, at: now)
    return false
  }

  /// A 401 ended a request: true if it is sent again, with another token. It is once only.
  func repeatsRefused(
    _ slot: UnsafeMutablePointer<Slot>, at now: MonotonicNanos
  ) -> Bool {
    guard let logins, state.end == nil, slot.pointee.header.status == 401,
      !slot.pointee.place.isRepeated, !slot.pointee.isUserFreed
    else { return false }
    var place = slot.pointee.place
    let action = logins.session(of: place).pointee.program.tokenRefused(
      generation: place.tokenGeneration, at: now)
    guard action != .refuse else { return false }
    place.isRepeated = true
    place.waitsSince = slot.pointee.sentAt
    if action == .go {
      release(place, at: now)
    } else {
      hold(place, action, at: now)
    }
    return true
  }

  /// What a request sends besides its scenario's headers: its user's token, the account's headers.
  func headerLines(of place: StreamPlace) -> [String]? {
    guard let logins else { return nil }
    let session = logins.session(of: place)
    if let lines = session.pointee.lines[place.request.scenario] { return lines }
    var own = logins.plan.accounts[session.pointee.account].headers.map {
      HeaderLine(name: $0.name, value: $0.value.value)
    }
    if let token = session.pointee.grant?.token {
      own.append(HeaderLine(name: logins.plan.header, value: logins.plan.prefix + token))
    }
    let names = Set(own.map { $0.name.lowercased() })
    let others = setups.start[place.request.scenario].headerLines.filter { line in
      !names.contains(line.prefix { $0 != ":" && $0 != ";" }.lowercased())
    }
    let lines = others + own.map(\.text)
    session.pointee.lines[place.request.scenario] = lines
    return lines
  }

  /// What a user got from the service and nobody else may see: its latest tokens, and its cookies.
  func ownSecrets(of place: StreamPlace, _ slot: UnsafeMutablePointer<Slot>) -> [String] {
    guard let logins else { return [] }
    let cookies = slot.pointee.easy?.pointee.cookieValues ?? []
    return logins.session(of: place).pointee.secrets + cookies
  }

  // MARK: Requests that wait

  /// Does what a session says to a request that cannot go.
  private func hold(_ place: StreamPlace, _ action: LoginAction, at now: MonotonicNanos) {
    guard let logins else { return }
    if action == .refuse { return fail(place, at: now) }
    if case .send(let step) = action {
      logins.queue.append((logins.user(of: place), step))
    }
    guard governor.holdOne() else { return drop(place, .droppedCap, at: now) }
    var place = place
    place.waitsSince = place.waitsSince ?? now
    logins.waitingCount += 1
    logins.session(of: place).pointee.waiting.append(place)
  }

  /// Sends a request as soon as it is its turn: its token is there.
  func release(_ place: StreamPlace, at now: MonotonicNanos) {
    guard let logins else { return }
    var place = place
    if let since = place.waitsSince {
      // A login is a figure of its own and in no latency: the request is due when it can go.
      place.intended = place.intended + (now - since)
      place.waitsSince = nil
      logins.log.waits.append(LoginWait(duration: now - since, isRepeat: place.isRepeated))
    }
    countWaiting(1)
    logins.released.append(place)
  }

  /// So many requests more wait for a token, or for their turn once they have it.
  func countWaiting(_ change: Int) {
    logins?.waitingCount += change
    governor.countWaiting(change)
  }

  /// A request fails for the lack of a token.
  func fail(_ place: StreamPlace, at now: MonotonicNanos) {
    let failure = logins?.session(of: place).pointee.failure
    drop(place, .auth, at: now, evidence: failure?.evidence)
  }

  /// Nothing more is sent: what waits is cancelled.
  func cancelWaiting(at now: MonotonicNanos) {
    guard let logins, logins.waitingCount > 0 else { return }
    var places = logins.released
    logins.released = []
    for user in 0..<logins.sessions.count {
      places += logins.sessions.start[user].waiting
      logins.sessions.start[user].waiting = []
    }
    countWaiting(-logins.waitingCount)
    for place in places { drop(place, .cancelled, at: now) }
  }
}

/// One header of a request.
struct HeaderLine {
  var name: String
  var value: String

  /// As libcurl wants it: a header without a value has a semicolon.
  var text: String { value.isEmpty ? "\(name);" : "\(name): \(value)" }
}

extension LoginFailure {
  /// What a request leaves behind that failed for it.
  fileprivate var evidence: Evidence {
    if case .refused(let status, let words) = self {
      return Evidence(excerpt: words, detail: "no token: the login ended with status \(status)")
    }
    return Evidence(detail: "no token: \(description)")
  }
}
