import Curl
import HeapModule
import Model
import Plan
import Workload

/// One user's session: what its program says, what it holds, and which requests wait for it.
struct UserSession: ~Copyable {
  // Stays first, as the pointer in Slot.
  let jar: CookieJar
  /// Its number among the sessions of the run.
  let number: Int
  /// Index into the login's accounts.
  let account: Int
  var program: LoginProgram
  var grant: LoginGrant?
  /// The latest tokens that this user had.
  private(set) var secrets: [String] = []
  var waiting: [StreamPlace] = []
  /// When the soonest of its timers comes, nil without one.
  var timer: MonotonicNanos?
  /// Why the latest login failed.
  var failure: LoginFailure?
  /// The lines of the user's requests by scenario, made when first wanted after a login.
  var lines: [Int: [String]] = [:]

  init(number: Int, account: Int, spread: Double, jar: consuming CookieJar) {
    self.number = number
    self.account = account
    self.jar = jar
    program = LoginProgram(spread: spread)
  }

  /// Tokens of a user that are looked for in a service's words.
  private static let secretsMax = 8

  /// Takes what a login brought; a refresh may leave the old refresh token in force.
  mutating func take(_ new: LoginGrant) {
    var new = new
    new.refreshToken = new.refreshToken ?? grant?.refreshToken
    secrets = (secrets + [new.token, new.refreshToken].compactMap { $0 })
      .suffix(UserSession.secretsMax)
    grant = new
    failure = nil
    lines = [:]
  }
}

/// One engine's sessions and the logins under way: state only, `EngineLoop+Logins` drives it. A
/// user is an index into the engine's own sessions.
final class LoginDesk {
  /// Logins and refreshes under way at once in all engines; at least one in each.
  static let openMax = 8
  /// How often a login before load is tried where the failure may pass.
  static let triesMax = 3

  let plan: LoginPlan
  let template: LoginTemplate
  /// Where logins go, and the endpoint that is.
  let target: TargetPlan
  let endpoint: Int

  private let share: EngineShare
  // Transfers are freed before the jars that they use.
  var transfers: Slab<LoginTransfer>
  var sessions: Slab<UserSession>

  /// Who wants to log in or to refresh, first come first served.
  var queue: [(user: Int, step: LoginStep)] = []
  /// When a user's session is due by itself.
  var timers = Heap<Due>()
  /// Requests that have their token and were not sent yet.
  var released: [StreamPlace] = []
  /// Requests in `released` and in the sessions' `waiting`.
  var waitingCount = 0
  var log = LoginLog()

  init?(
    job: EngineJob, share: EngineShare, endpoints: Endpoints,
    wiring: UnsafeMutablePointer<Wiring>
  ) throws(EngineError) {
    guard let target = job.loginTarget, let plan = target.login, !job.roster.accounts.isEmpty
    else { return nil }
    self.plan = plan
    self.share = share
    self.target = target
    template = LoginTemplate(plan)
    endpoint = endpoints.indices[job.targets.count]
    var transfers = Slab<LoginTransfer>(capacity: max(1, share.part(of: LoginDesk.openMax)))
    let roster = job.roster
    var sessions = Slab<UserSession>(capacity: share.part(of: roster.accounts.count))
    do throws(CurlError) {
      while !transfers.isFull {
        let easy = try EasyHandle()
        try easy.keepCookies()
        try setTLS(target.tls, on: easy)
        try LoginTransfer.connect(transfers.append(LoginTransfer(easy: easy, wiring: wiring)))
      }
      for number in roster.accounts.indices where share.owns(number) {
        sessions.append(
          UserSession(
            number: number, account: roster.accounts[number], spread: roster.spreads[number],
            jar: try CookieJar()))
      }
    } catch {
      throw EngineError(error)
    }
    self.transfers = transfers
    self.sessions = sessions
  }

  /// True for the context of one of the desk's transfers.
  func owns(_ context: UnsafeMutableRawPointer) -> Bool {
    let pointer = context.assumingMemoryBound(to: LoginTransfer.self)
    return pointer >= transfers.start && pointer < transfers.start + transfers.count
  }

  /// Who sends a request that is this engine's.
  func user(of place: StreamPlace) -> Int {
    let number = place.sender % share.sessions
    precondition(share.owns(number), "session \(number) is another engine's")
    return number / share.count
  }

  /// The session of whoever sends a request.
  func session(of place: StreamPlace) -> UnsafeMutablePointer<UserSession> {
    sessions.start + user(of: place)
  }

  /// The soonest moment at which a session or a transfer is due; long past for at once.
  var nextDue: MonotonicNanos? {
    if !queue.isEmpty, freeTransfer != nil { return MonotonicNanos(0) }
    var due = timers.min?.at
    for index in 0..<transfers.count where transfers.start[index].user != nil {
      let deadline = transfers.start[index].deadline
      due = due.map { min($0, deadline) } ?? deadline
    }
    return due
  }

  /// Notes when a session is due; a timer that it has and that comes no later is enough, for the
  /// session is asked then what is due next. So each renewal does not leave one behind.
  func schedule(_ user: Int) {
    let session = sessions.start + user
    guard let due = session.pointee.program.nextDue else { return }
    if let timer = session.pointee.timer, timer <= due { return }
    session.pointee.timer = due
    timers.insert(Due(at: due, index: user))
  }

  /// Takes a session whose timer has come, the earliest first; nil for none.
  func popDue(at now: MonotonicNanos) -> Int? {
    guard let due = timers.min, due.at <= now else { return nil }
    timers.removeMin()
    let session = sessions.start + due.index
    if session.pointee.timer == due.at { session.pointee.timer = nil }
    return due.index
  }

  /// A transfer that is free.
  var freeTransfer: UnsafeMutablePointer<LoginTransfer>? {
    (0..<transfers.count).first { transfers.start[$0].user == nil }.map { transfers.start + $0 }
  }

  /// Counts the times of the attempts so far from a later moment.
  func move(by time: Nanos) {
    for index in log.attempts.indices { log.attempts[index].at = log.attempts[index].at - time }
  }

  /// Users who have a session now.
  func readyCount(at now: MonotonicNanos) -> Int {
    (0..<sessions.count).count { sessions.start[$0].program.isReady(at: now) }
  }
}

extension TargetPlan {
  /// Where the target's users log in; nil where they do not.
  var loginTarget: TargetPlan? {
    guard let login else { return nil }
    var target = self
    if let url = login.url { target.url = url }
    return target
  }
}
