import Model
import Plan
import Testing

@testable import LoadEngine

@Suite("The engine's parts")
struct PartsTests {
  @Test(
    "A URL gives scheme, host and port",
    arguments: [
      ("http://a", false, "a", 80), ("https://a.b/x", true, "a.b", 443),
      ("HTTP://127.0.0.1:8080", false, "127.0.0.1", 8080), ("http://[::1]:9/x", false, "::1", 9),
      ("https://h?x=1", true, "h", 443),
    ])
  func authority(url: String, isTLS: Bool, host: String, port: Int) throws {
    let authority = try URLAuthority(url: url)
    #expect(authority.isTLS == isTLS)
    #expect(authority.host == host)
    #expect(authority.port == port)
  }

  @Test(
    "What is no http URL is refused",
    arguments: [
      "", "a", "ftp://a", "http://", "http://a:0", "http://a:x", "http://a:65536", "http://u@a",
      "http://[::1", "http://[::1]x",
    ])
  func badURL(url: String) {
    #expect(throws: EngineError.badURL(url)) { try URLAuthority(url: url) }
  }

  private func read(_ text: String) -> HeaderReader {
    var reader = HeaderReader()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      _ = Array((line + "\n").utf8).withUnsafeBytes { reader.line($0) }
    }
    return reader
  }

  @Test("The final header counts, not the interim ones before it nor the trailers after it")
  func header() {
    let reader = read(
      "HTTP/1.1 103 Early\nContent-Type: x/y\nRetry-After: 1\n\nHTTP/1.1 200 OK\n"
        + "CONTENT-TYPE:  text/event-stream \nDate: today\n\n"
        + "Content-Type: late\n")
    #expect(reader.isComplete)
    #expect(reader.status == 200)
    #expect(reader.contentType == "text/event-stream")
    #expect(reader.retryAfter == nil)
  }

  @Test("The same bucket holds values that differ by at most three per cent")
  func histogram() {
    var histogram = LogHistogram()
    #expect(histogram.quantile(0.99) == .zero)
    for value in [1, 31, 32, 33, 1_000, 123_456_789, Int64.max] {
      var one = LogHistogram()
      one.add(Nanos(value))
      one.add(.zero)
      #expect(one.quantile(1).rawValue == value)
      one.add(Nanos.seconds(9_000_000_000))
      let edge = one.quantile(0.6).rawValue
      if value < Nanos.seconds(9_000_000_000).rawValue {
        #expect(edge >= value && Double(edge - value) <= Double(value) / 32)
      }
    }
    for value in 1...1_000 { histogram.add(.microseconds(Int64(value))) }
    let p99 = histogram.quantile(0.99).milliseconds
    #expect(p99 >= 0.99 && p99 <= 1.03)
    #expect(histogram.max == .milliseconds(1))
  }

  /// Whether the rule fires at the end of each stream, all one second apart from zero on.
  private func fires(_ errors: [Bool], over: Nanos) -> [Bool] {
    var window = AbortWindow(
      rule: AbortRule(errorShare: 0.5, over: over), measuredFrom: MonotonicNanos(0))
    return errors.enumerated().map { second, isError in
      window.add(
        isError: isError, isBeyondClient: false, at: MonotonicNanos(0) + .seconds(Int64(second)))
    }
  }

  @Test("The abort rule fires on a share of a full window, and on nothing less")
  func abortWindow() {
    // Eleven failures and then successes: the window is full at ten seconds, and at sixteen less
    // than half of the eleven streams in it failed.
    let errors = (0..<20).map { $0 <= 10 }
    #expect(fires(errors, over: .seconds(10)) == (0..<20).map { (10..<16).contains($0) })
  }

  @Test("A client that stood still begins the abort rule's window anew")
  func abortRestart() {
    var window = AbortWindow(
      rule: AbortRule(errorShare: 0.5, over: .seconds(10)), measuredFrom: MonotonicNanos(0))
    func add(_ isError: Bool, _ second: Int64) -> Bool {
      let now = MonotonicNanos(0) + .seconds(second)
      return window.add(isError: isError, isBeyondClient: true, at: now)
    }
    let before = (0..<20).map { add(false, $0) }
    window.restart(at: MonotonicNanos(0) + .seconds(20))
    let after = (20..<32).map { add(true, $0) }
    #expect(before == before.map { _ in false })
    #expect(after == (20..<32).map { $0 >= 30 })
  }

  @Test("The abort rule tells whether failures that a slow client cannot cause are enough for it")
  func abortBeyondClient() {
    func window(_ beyond: Int, of errors: Int) -> AbortWindow {
      var window = AbortWindow(
        rule: AbortRule(errorShare: 0.5, over: .seconds(10)), measuredFrom: MonotonicNanos(0))
      for index in 0..<10 {
        let now = MonotonicNanos(0) + .seconds(Int64(index) + 1)
        _ = window.add(isError: index < errors, isBeyondClient: index < beyond, at: now)
      }
      return window
    }
    #expect(window(5, of: 10).firesWithoutClient)
    #expect(!window(4, of: 10).firesWithoutClient)
    // A success is no failure, whatever could have caused it.
    #expect(!window(10, of: 4).firesWithoutClient)
  }

  @Test("At a profile's end the rule looks at all of its streams, if there are enough of them")
  func abortAtEnd() {
    func firing(_ errors: Int, of all: Int, beyond: Int = 0) -> RunGovernor.AbortFiring? {
      var window = AbortWindow(
        rule: AbortRule(errorShare: 0.5, over: .seconds(10)), measuredFrom: MonotonicNanos(0))
      for index in 0..<all {
        window.count(isError: index < errors, isBeyondClient: index < beyond)
      }
      return window.firingAtEnd
    }
    #expect(firing(5, of: 10)?.isBeyondClient == false && firing(4, of: 10) == nil)
    #expect(firing(9, of: 10, beyond: 5)?.isBeyondClient == true)
    #expect(firing(4, of: 4) == nil, "a few failures are no outage")
    #expect(firing(0, of: 0) == nil)
  }

  @Test("Open files are counted with those of streams that end, and the remedy fits")
  func openFiles() {
    for engines in [1, 2, 7] {
      for streams in [1, 64, 256, 257, 2_000, 100_000] {
        let needed = EngineRoom(inFlightMax: streams, engines: engines).filesMax
        #expect(needed > streams + 64)
        let fitting = EngineRoom.streams(fitting: needed, engines: engines)
        #expect(fitting >= streams)
        #expect(EngineRoom(inFlightMax: fitting, engines: engines).filesMax <= needed)
        #expect(EngineRoom(inFlightMax: fitting + 1, engines: engines).filesMax > needed)
      }
    }
    #expect(EngineRoom.streams(fitting: 128, engines: 1) == 0)
    #expect(EngineRoom.streams(fitting: 20, engines: 1) == 0)
  }

  @Test("A few failures are no outage, whatever their share")
  func abortFloor() {
    let errors = [Bool](repeating: true, count: 6)
    #expect(fires(errors, over: .seconds(2)) == errors.map { _ in false })
    #expect(fires(errors, over: .seconds(4)) == [false, false, false, false, true, true])
  }

  @Test("Lateness is told by steps an eighth of an octave apart, none kept that says nothing")
  func lateness() throws {
    #expect(SelfMeter.ladder.first == .microseconds(16))
    for (step, next) in zip(SelfMeter.ladder, SelfMeter.ladder.dropFirst()) {
      let ratio = Double(next.rawValue) / Double(step.rawValue)
      #expect(ratio > 1 && ratio <= 1.125)
    }
    var meter = SelfMeter(at: MonotonicNanos(0))
    #expect(meter.figures.lateShare(over: .milliseconds(1)) == 0)
    for _ in 0..<97 { meter.countSent(lag: .microseconds(100)) }
    // These three were once taken for later than 15 ms, being later than the half of 16.
    for _ in 0..<3 { meter.countSent(lag: .milliseconds(9)) }
    let check = meter.figures
    #expect(check.lateShare(over: .microseconds(50)) == 1)
    #expect(check.lateShare(over: .milliseconds(1)) == 0.03)
    #expect(check.lateShare(over: .milliseconds(15)) == 0)
    #expect(check.lateness.count < 70 && check.lateness.last?.count == 0)
  }

  @Test("A reply that does not stream has all the time that the whole may take")
  func wholeReplies() throws {
    let timeouts = Timeouts(
      connect: .seconds(1), firstToken: .seconds(2), stall: .seconds(3), total: .seconds(4))
    var target = EngineFixture.target("http://127.0.0.1", timeouts: timeouts)
    let authority = try URLAuthority(url: "http://127.0.0.1")
    func taken(_ target: TargetPlan) throws -> Timeouts {
      try ScenarioSetup(target, endpoint: 0, authority: authority, hasLogin: false).timeouts
    }
    #expect(try taken(target) == timeouts)
    target.isStreamed = false
    let whole = try taken(target)
    #expect(whole.connect == .seconds(1))
    #expect(
      [whole.firstToken, whole.stall, whole.total] == Array(repeating: .seconds(4), count: 3))
  }
}
