import Model
import Testing
import Workload

@Suite("A user's session")
struct LoginProgramTests {
  private static func at(_ seconds: Double) -> MonotonicNanos {
    MonotonicNanos(0) + Nanos(seconds: seconds)
  }

  private func at(_ seconds: Double) -> MonotonicNanos { Self.at(seconds) }

  /// A session that holds a token of 100 s since second 0.
  private func holding(
    lifetime: Double? = 100, canRefresh: Bool = false, spread: Double = 0
  ) -> LoginProgram {
    var program = LoginProgram(spread: spread)
    #expect(program.begin() == .send(.login))
    #expect(
      program.granted(
        lifetime: lifetime.map { Nanos(seconds: $0) }, canRefresh: canRefresh, sentAt: at(0))
        == .go)
    return program
  }

  @Test("A session begins with one login, and requests wait for it")
  func begin() {
    var program = LoginProgram(spread: 0)
    #expect(!program.isReady(at: at(0)) && program.nextDue == nil)
    #expect(program.begin() == .send(.login))
    #expect(program.begin() == .rest)
    #expect(program.need(at: at(1)) == .wait)
    #expect(program.granted(lifetime: nil, canRefresh: false, sentAt: at(0)) == .go)
    #expect(program.need(at: at(2)) == .go)
    #expect(program.isReady(at: at(2)) && program.generation == 1)
  }

  @Test(
    "A token is renewed at half to four fifths of its life, by user, and requests go on meanwhile",
    arguments: [(0.0, 50.0), (0.5, 65), (1, 80)])
  func ahead(spread: Double, renewAt: Double) {
    var program = holding(spread: spread)
    #expect(program.nextDue == at(renewAt))
    #expect(program.due(at: at(renewAt - 0.001)) == .rest)
    #expect(program.due(at: at(renewAt)) == .send(.login))
    #expect(program.due(at: at(renewAt + 1)) == .rest)
    #expect(program.need(at: at(99.9)) == .go)
    #expect(
      program.granted(lifetime: .seconds(100), canRefresh: false, sentAt: at(renewAt)) == .go)
    #expect(program.nextDue == at(renewAt * 2))
    #expect(program.generation == 2)
  }

  @Test("A token whose life is not told is kept until it is refused")
  func endless() {
    var program = holding(lifetime: nil)
    #expect(program.nextDue == nil)
    #expect(program.need(at: at(1e6)) == .go)
    #expect(program.due(at: at(1e6)) == .rest)
  }

  @Test("A request whose token has expired waits for the renewal that is under way")
  func late() {
    var program = holding()
    #expect(program.due(at: at(50)) == .send(.login))
    #expect(program.need(at: at(100)) == .wait)
    #expect(program.need(at: at(101)) == .wait)
    #expect(program.granted(lifetime: .seconds(100), canRefresh: false, sentAt: at(50)) == .go)
    #expect(program.need(at: at(102)) == .go)
  }

  @Test("A request whose token has expired sends the login itself where nobody did")
  func forgotten() {
    var program = holding()
    #expect(program.need(at: at(100)) == .send(.login))
    #expect(program.need(at: at(100)) == .wait)
  }

  @Test("A refresh is used where there is a token for it, and a login where it fails")
  func refresh() {
    var program = holding(canRefresh: true)
    #expect(program.due(at: at(50)) == .send(.refresh))
    #expect(program.failed(at: at(51)) == .send(.login))
    #expect(program.need(at: at(52)) == .go)
    #expect(program.failures == 0)
    #expect(program.granted(lifetime: .seconds(10), canRefresh: true, sentAt: at(52)) == .go)
    // Expired: the refresh is tried all the same, for its token may live longer.
    #expect(program.need(at: at(70)) == .send(.refresh))
    #expect(program.failed(at: at(71)) == .send(.login))
    #expect(program.failed(at: at(72)) == .refuse)
  }

  @Test("A renewal that fails is tried again while the token is good, and refuses requests after")
  func renewalFails() {
    var program = holding()
    #expect(program.due(at: at(50)) == .send(.login))
    #expect(program.failed(at: at(51)) == .rest)
    #expect(program.need(at: at(51)) == .go)
    #expect(program.nextDue == at(52))
    #expect(program.due(at: at(52)) == .send(.login))
    #expect(program.failed(at: at(101)) == .refuse)
    #expect(program.need(at: at(101)) == .refuse)
    #expect(program.nextDue == at(103))
    #expect(program.due(at: at(103)) == .send(.login))
    #expect(program.need(at: at(103)) == .wait)
    #expect(program.granted(lifetime: nil, canRefresh: false, sentAt: at(103)) == .go)
    #expect(program.failures == 0)
  }

  @Test("The pause after a failed login doubles up to half a minute")
  func pauses() {
    var program = LoginProgram(spread: 0)
    var now = 0.0
    _ = program.begin()
    var pauses: [Double] = []
    for _ in 0..<8 {
      #expect(program.failed(at: at(now)) == .refuse)
      let due = program.nextDue ?? at(now)
      pauses.append((due - at(now)).seconds)
      now = (due - at(0)).seconds
      #expect(program.due(at: due) == .send(.login))
    }
    #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30])
  }

  @Test("A refused token is replaced once, and whoever had it waits or goes with the next one")
  func refused() {
    var program = holding(canRefresh: true)
    #expect(program.tokenRefused(generation: 1, at: at(1)) == .send(.refresh))
    #expect(program.tokenRefused(generation: 1, at: at(1)) == .wait)
    #expect(program.need(at: at(1)) == .wait)
    #expect(program.granted(lifetime: .seconds(100), canRefresh: true, sentAt: at(1)) == .go)
    #expect(program.tokenRefused(generation: 1, at: at(1.5)) == .go)
    // The new one is no better: another one would not be either.
    #expect(program.tokenRefused(generation: 2, at: at(1.9)) == .refuse)
    #expect(program.need(at: at(1.9)) == .go)
    #expect(program.tokenRefused(generation: 2, at: at(2.1)) == .send(.refresh))
  }

  @Test("A token that is refused during its renewal is used no more")
  func refusedMeanwhile() {
    var program = holding()
    #expect(program.due(at: at(50)) == .send(.login))
    #expect(program.need(at: at(51)) == .go)
    #expect(program.tokenRefused(generation: 1, at: at(51)) == .wait)
    #expect(program.need(at: at(52)) == .wait)
    #expect(program.failed(at: at(53)) == .refuse)
    #expect(program.tokenRefused(generation: 1, at: at(53)) == .refuse)
  }

  @Test(
    "Whatever happens in whatever order, one login is under way at most, and nobody is forgotten")
  func anyOrder() {
    var random = SeededGenerator(seed: 7, label: "sessions")
    for _ in 0..<500 {
      var program = LoginProgram(spread: random.nextUnit())
      var (now, isSending) = (0.0, false)
      /// Requests that wait.
      var waiting = 0
      func obey(_ action: LoginAction, isRequest: Bool) {
        switch action {
        case .send:
          #expect(!isSending)
          isSending = true
          if isRequest { waiting += 1 }
        case .wait: waiting += 1
        case .go, .refuse: if !isRequest { waiting = 0 }
        case .rest: break
        }
        // Whoever waits, waits for a login that is under way.
        #expect(waiting == 0 || isSending)
      }
      obey(program.begin(), isRequest: false)
      for _ in 0..<60 {
        now += random.nextUnit() * 3
        switch random.nextIndex(below: 5) {
        case 0: obey(program.need(at: at(now)), isRequest: true)
        case 1: obey(program.due(at: at(now)), isRequest: false)
        case 2 where program.generation > 0:
          let generation = program.generation - random.nextIndex(below: 2)
          obey(program.tokenRefused(generation: generation, at: at(now)), isRequest: true)
        case 3 where isSending:
          isSending = false
          let lifetime = random.nextUnit() < 0.3 ? nil : Nanos(seconds: random.nextUnit() * 10)
          obey(
            program.granted(
              lifetime: lifetime, canRefresh: random.nextUnit() < 0.5, sentAt: at(now)),
            isRequest: false)
        case 4 where isSending:
          isSending = false
          obey(program.failed(at: at(now)), isRequest: false)
        default: break
        }
        // It acts by itself again, or has a token that nothing is known against.
        #expect(isSending || program.nextDue != nil || program.isReady(at: at(now)))
      }
    }
  }
}
