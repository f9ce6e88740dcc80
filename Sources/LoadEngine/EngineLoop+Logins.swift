import Curl
import HeapModule
import Model
import Plan
import Workload

// Logins before load and renewals in it; a request goes with its user's token, or waits for it.
extension EngineLoop {
  /// Logs every user of this engine in, before anything is measured. Throws the first failure that
  /// does not pass.
  func logIn() throws(EngineError) {
    guard let logins else { return }
    for user in 0..<logins.sessions.count {
      obey(logins.sessions.start[user].program.begin(), of: user, at: monotonicNow())
    }
    var now = monotonicNow()
    try heed(at: now)
    while state.end == nil, logins.readyCount(at: now) < logins.sessions.count {
      try tendLogins(at: now)
      publishLogins(at: now)
      let due = [logins.nextDue, wiring.pointee.curlDue, now + EngineLoop.publishEvery]
      _ = try poll(until: due.compactMap { $0 }.min(), then: collectCompleted)
      try runCurlTimer(then: collectCompleted)
      for user in 0..<logins.sessions.count {
        guard let failure = logins.sessions.start[user].failure else { continue }
        let tries = logins.sessions.start[user].program.failures
        guard !failure.isPassing || tries >= LoginDesk.triesMax else { continue }
        throw .login(
          url: logins.target.url.template + logins.plan.path,
          account: logins.sessions.start[user].account, failure: failure)
      }
      now = monotonicNow()
      try heed(at: now)
    }
    publishLogins(at: now)
  }

  private func publishLogins(at now: MonotonicNanos) {
    guard let logins, now >= state.publishAt else { return }
    state.publishAt = now + EngineLoop.publishEvery
    var progress = EngineProgress()
    progress.users = logins.sessions.count
    progress.loggedIn = logins.readyCount(at: now)
    governor.control.publish(progress, of: share.index)
  }

  /// Gives logins their turn: time limits, renewals that are due, and the next one to send.
  func tendLogins(at now: MonotonicNanos) throws(EngineError) {
    guard let logins else { return }
    if state.end != nil {
      cancelWaiting(at: now)
      logins.queue.removeAll()
    }
    for index in 0..<logins.transfers.count {
      let transfer = logins.transfers.start + index
      guard transfer.pointee.user != nil, transfer.pointee.deadline <= now else { continue }
      try end(transfer, .failure(.timedOut(logins.plan.timeout)), at: now)
    }
    while let user = logins.popDue(at: now) {
      guard state.end == nil else { continue }
      obey(logins.sessions.start[user].program.due(at: now), of: user, at: now)
    }
    // One a turn, as with streams: many at once would delay the stamps of those that are open.
    if let next = logins.queue.first, let transfer = logins.freeTransfer {
      logins.queue.removeFirst()
      try send(next.step, of: next.user, transfer)
    }
  }

  // MARK: Logins under way

  /// Does what a session says.
  func obey(_ action: LoginAction, of user: Int, at now: MonotonicNanos) {
    guard let logins else { return }
    let session = logins.sessions.start + user
    switch action {
    case .send(let step): logins.queue.append((user, step))
    case .go, .refuse:
      let places = session.pointee.waiting
      session.pointee.waiting = []
      countWaiting(-places.count)
      for place in places {
        if action == .go { release(place, at: now) } else { fail(place, at: now) }
      }
    case .wait, .rest: break
    }
    logins.schedule(user)
  }

  private func send(
    _ step: LoginStep, of user: Int, _ transfer: UnsafeMutablePointer<LoginTransfer>
  ) throws(EngineError) {
    guard let logins else { return }
    let session = logins.sessions.start + user
    let refreshed = session.pointee.grant?.refreshToken.flatMap {
      logins.template.refresh(token: $0)
    }
    let path = step == .refresh ? logins.plan.refresh?.path : logins.plan.path
    let body =
      step == .refresh ? refreshed : logins.template.login(account: session.pointee.account)
    guard let path, let body else {
      preconditionFailure("a refresh without a refresh token")
    }
    let lines = loginLines(account: session.pointee.account)
    try curl { () throws(CurlError) in
      let headers = try CurlList(lines)
      try transfer.pointee.easy.setURL(logins.target.url.value + path)
      try transfer.pointee.easy.setHeaders(headers)
      try transfer.pointee.easy.setConnectionUse(.reuse(idleSecondsMax: 0))
      transfer.pointee.headers = .some(consume headers)
      try transfer.pointee.easy.setCookieJar(session.pointee.jar)
      try addressLists.start[logins.endpoint].apply(
        to: transfer.pointee.easy, number: session.pointee.number)
      try transfer.pointee.begin(
        user: user, step: step, body: body, at: monotonicNow(), within: logins.plan.timeout)
      try multi.add(transfer.pointee.easy)
    }
    try runCurlTimer(then: collectCompleted)
  }

  private func loginLines(account: Int) -> [String] {
    guard let logins else { return [] }
    // The account's headers are for the target's host; a login elsewhere is no business of theirs.
    let own = logins.plan.url == nil ? logins.plan.accounts[account].headers : []
    let names = Set(own.map { $0.name.lowercased() })
    let headers = logins.plan.headers.filter { !names.contains($0.name.lowercased()) } + own
    var lines = headers.map { HeaderLine(name: $0.name, value: $0.value.value) }
    let given = Set(lines.map { $0.name.lowercased() })
    if !given.contains("content-type") {
      lines.append(HeaderLine(name: "Content-Type", value: logins.template.contentType))
    }
    if !given.contains("accept") {
      lines.append(HeaderLine(name: "Accept", value: "application/json"))
    }
    return lines.map(\.text) + ["Expect:"]
  }

  /// A login's transfer is over, as libcurl says.
  func loginCompleted(
    _ context: UnsafeMutableRawPointer, _ code: TransportCode
  ) throws(EngineError) {
    guard let logins else { return }
    let transfer = context.assumingMemoryBound(to: LoginTransfer.self)
    guard let user = transfer.pointee.user else { return }
    if transfer.pointee.easy.takeStale() { return try sendAnew(transfer.pointee.easy) }
    let result: Result<LoginGrant, LoginFailure>
    if transfer.pointee.isTooLong {
      result = .failure(.tooLong(LoginTransfer.replyBytesMax))
    } else if !code.isOK {
      let words = transfer.pointee.easy.errorText
      result = .failure(
        .transport(
          code: code.rawValue, reason: job.redactor.masked(words.isEmpty ? code.text : words)))
    } else {
      result = LoginReply.read(
        status: transfer.pointee.header.status, body: transfer.pointee.reply, login: logins.plan,
        redactor: redactor(of: user, transfer))
    }
    try end(transfer, result, at: wiring.pointee.readStamp ?? monotonicNow())
  }

  private func redactor(
    of user: Int, _ transfer: UnsafeMutablePointer<LoginTransfer>
  ) -> Redactor {
    var redactor = job.redactor
    guard let logins else { return redactor }
    let session = logins.sessions.start + user
    // Not even what is no secret by the plan: an account is nobody's business.
    for member in logins.plan.accounts[session.pointee.account].members {
      redactor.add(member.value.value)
    }
    let held = [session.pointee.grant?.token, session.pointee.grant?.refreshToken]
    for secret in held.compactMap({ $0 }) + transfer.pointee.easy.cookieValues {
      redactor.add(secret)
    }
    return redactor
  }

  private func end(
    _ transfer: UnsafeMutablePointer<LoginTransfer>, _ result: Result<LoginGrant, LoginFailure>,
    at now: MonotonicNanos
  ) throws(EngineError) {
    guard let logins, let user = transfer.pointee.user else { return }
    try curl { () throws(CurlError) in try multi.remove(transfer.pointee.easy) }
    let session = logins.sessions.start + user
    let (step, sentAt) = (transfer.pointee.step, transfer.pointee.sentAt)
    transfer.pointee.end()
    var attempt = LoginAttempt(
      step: step, at: sentAt - state.startedAt, duration: now - sentAt, isGranted: false)
    switch result {
    case .success(let grant):
      attempt.isGranted = true
      attempt.lifetime = grant.lifetime
      session.pointee.take(grant)
      let action = session.pointee.program.granted(
        lifetime: grant.lifetime,
        canRefresh: logins.plan.refresh != nil && session.pointee.grant?.refreshToken != nil,
        sentAt: sentAt)
      obey(action, of: user, at: now)
    case .failure(let failure):
      session.pointee.failure = failure
      obey(session.pointee.program.failed(at: now), of: user, at: now)
    }
    logins.log.attempts.append(attempt)
  }
}
