import Gate
import Model
import Plan
import TestKit
import Testing

@testable import App
@testable import LoadEngine

@Suite("What is shown of a run while it goes on")
struct LiveViewTests {
  static func window(_ looks: [EngineProgress]) -> ProgressWindow {
    var window = ProgressWindow()
    for look in looks { window.add(look) }
    return window
  }

  static func facts(_ looks: [EngineProgress], phase: LivePhase? = nil) -> LiveFacts {
    window(looks).facts(label: "look 1 of 3", phase: phase)
  }

  private static let cases: [(name: String, facts: LiveFacts)] = {
    var loggingIn = EngineProgress()
    (loggingIn.users, loggingIn.loggedIn) = (5, 3)
    return [
      ("connecting", facts([EngineProgress()])), ("logging in", facts([loggingIn])),
      ("first look", facts([LiveLooks.ramp[0]])), ("ramp", facts(LiveLooks.ramp)),
      (
        "warm pass",
        facts(LiveLooks.ramp, phase: LivePhase(name: "warming the prompt cache", word: "pass"))
      ),
      (
        "search",
        facts(
          LiveLooks.ramp, phase: LivePhase(name: "5.66/s (met 4.00/s, missed 8.00/s)", word: "step")
        )
      ),
      ("stress", facts(LiveLooks.stress)),
      ("red", facts(LiveLooks.lagging(loopLag: .milliseconds(2), ttft: .milliseconds(10)))),
    ]
  }()

  @Test("A log's lines and a terminal's, at every size and in every style, are as reviewed")
  func golden() throws {
    var text = ""
    let sizes = [(100, 24), (60, 24), (30, 24), (100, 4), (5, 1)]
    for (name, facts) in LiveViewTests.cases {
      text += "== \(name)\n" + LiveLine.text(facts) + "\n"
      for (columns, rows) in sizes {
        for style in [LiveView.Style(isUnicode: true), LiveView.Style()] {
          let size = LiveView.Size(columns: columns, rows: rows)
          text += "-- \(columns) x \(rows)\(style.isUnicode ? "" : " ascii")\n"
          for line in LiveView(size: size, style: style).lines(facts) { text += line + "\n" }
        }
      }
    }
    try Golden.expect(text, equals: "live_view.txt")
  }

  @Test("No line is as wide as the terminal and no block as high, whatever the size")
  func fits() {
    for (name, facts) in LiveViewTests.cases {
      for columns in [1, 2, 3, 7, 12, 20, 33, 47, 64, 79, 80, 81, 120, 400] {
        for rows in [1, 2, 3, 5, 6, 50] {
          for isUnicode in [true, false] {
            let style = LiveView.Style(isColoured: true, isUnicode: isUnicode)
            let view = LiveView(size: .init(columns: columns, rows: rows), style: style)
            let lines = view.lines(facts)
            #expect(!lines.isEmpty && lines.count <= max(1, rows - 1), "\(name)")
            for line in lines {
              #expect(LiveBlock.width(line) <= max(1, columns - 1), "\(columns): \(line)")
              #expect(isUnicode || line.allSatisfy { $0.isASCII }, "\(line)")
            }
          }
        }
      }
    }
  }

  @Test("Only the light has a colour, and only where colours are wanted")
  func colour() throws {
    let facts = LiveViewTests.facts(LiveLooks.ramp)
    let size = LiveView.Size(columns: 100, rows: 24)
    let plain = LiveView(size: size, style: .init(isUnicode: true)).lines(facts)
    #expect(!plain.joined().contains("\u{1B}"))
    let coloured = LiveView(size: size, style: .init(isColoured: true, isUnicode: true))
      .lines(facts)
    let line = try #require(coloured.last)
    #expect(line.contains("\u{1B}[32m●\u{1B}[0m ok"))
    #expect(coloured.dropLast() == plain.dropLast())
    let red = LiveLooks.lagging(loopLag: .milliseconds(2), ttft: .milliseconds(10))
    #expect(
      LiveView(size: size, style: .init(isColoured: true)).lines(LiveViewTests.facts(red)).last?
        .contains("\u{1B}[1;31m*\u{1B}[0m over its limit: loop lag p50") == true)
  }

  @Test("Rates and latest latencies are the difference of two looks of one profile")
  func differences() throws {
    guard case .loading(let load) = LiveViewTests.facts(LiveLooks.ramp).place else {
      Issue.record("not loading")
      return
    }
    #expect(load.rate == 19.5 && load.tokenRate == 2_034)
    #expect(load.runLeft == .milliseconds(53_800))
    #expect(load.ttft?.p50.milliseconds ?? 0 > 149)
    var next = LiveLooks.ramp[1]
    next.profile = .sustained
    next.profileIndex = 1
    next.stamp = next.stamp + .seconds(1)
    guard case .loading(let fresh) = LiveViewTests.facts(LiveLooks.ramp + [next]).place else {
      Issue.record("not loading")
      return
    }
    #expect(fresh.rate == nil && fresh.ttft == nil && fresh.light == ClientLight(.unknown))
  }

  @Test("Looks older than five seconds are let go, and those in between thinned out")
  func bounded() throws {
    var window = ProgressWindow()
    var look = LiveLooks.ramp[0]
    for _ in 0..<1_000 {
      look.stamp = look.stamp + .milliseconds(50)
      look.arrivalsSent += 1
      window.add(look)
    }
    let oldest = try #require(window.look(atLeast: .seconds(100)))
    #expect(look.stamp - oldest.stamp < ProgressWindow.span + ProgressWindow.lookEvery * 2)
    let recent = try #require(window.look(atLeast: .seconds(1)))
    #expect(look.stamp - recent.stamp < .milliseconds(1_300))
    guard case .loading(let load) = window.facts(label: "run").place else { return }
    #expect(load.rate == 20)
  }

  @Test("The client is held against main's smallest median where there is one, else its own")
  func median() {
    let looks = LiveLooks.lagging(loopLag: .microseconds(200), ttft: .milliseconds(100))
    #expect(LiveViewTests.window(looks).smallestMedian.map { $0.milliseconds > 99 } == true)
    var window = ProgressWindow(baselineMedian: .milliseconds(10))
    for look in looks { window.add(look) }
    #expect(window.smallestMedian == .milliseconds(10))
    guard case .loading(let load) = window.facts(label: "run").place else { return }
    #expect(load.light.colour == .red)
  }

  @Test("What the client did while a profile warmed up is not held against it")
  func warmup() {
    var looks = LiveLooks.lagging(loopLag: .milliseconds(2), ttft: .milliseconds(10))
    func light(_ warmup: Nanos) -> ClientLight.Colour? {
      var window = ProgressWindow(warmups: [warmup])
      for look in looks { window.add(look) }
      guard case .loading(let load) = window.facts(label: "run").place else { return nil }
      return load.light.colour
    }
    #expect(light(.zero) == .red)
    #expect(light(looks[1].elapsed + .seconds(1)) == .unknown, "it lasts")
    let end = looks[1].elapsed
    #expect(light(end) == .unknown, "there is one look after it")
    var quiet = looks[1]
    (quiet.stamp, quiet.elapsed) = (quiet.stamp + .seconds(1), quiet.elapsed + .seconds(1))
    for _ in 0..<1_000 { quiet.loopLag.add(.microseconds(10)) }
    looks.append(quiet)
    #expect(light(end) == .green)
    #expect(light(.zero) == .red)
  }

  @Test("Requests that the client dropped are no failures of the service, and told apart")
  func dropped() {
    var looks = LiveLooks.ramp
    looks[1].ended[.droppedLate] = 3
    let line = LiveLine.text(LiveViewTests.facts(looks))
    #expect(
      line.contains(", 40 ended, 7 failed (http_429 5, truncated 2), dropped_late 3, "), "\(line)")
    looks[1].ended = [.complete: 1, .droppedLate: 3]
    let late = LiveLine.text(LiveViewTests.facts(looks))
    #expect(late.contains(", 4 ended, 0 failed, dropped_late 3"))
  }

  @Test("The light heeds the timer's lag, where the wait for a CPU shows")
  func timerLag() {
    var looks = LiveLooks.lagging(loopLag: .microseconds(200), ttft: .milliseconds(100))
    func light() -> ClientLight? {
      guard case .loading(let load) = LiveViewTests.facts(looks).place else { return nil }
      return load.light
    }
    #expect(light()?.colour == .green)
    for _ in 0..<100 { looks[1].timerLag.add(.milliseconds(2)) }
    #expect(light() == ClientLight(.red, rule: .loopLagMedian))
  }

  @Test("The light heeds the time in which nothing could be seen, as the run's end does")
  func blindTime() {
    var looks = LiveLooks.lagging(loopLag: .microseconds(200), ttft: .milliseconds(100))
    // A thief of the core: few reads and wake-ups are late, and 3 % of the time was lost at once.
    looks[1].blindTime.add(.milliseconds(60), of: .milliseconds(2_000))
    guard case .loading(let load) = LiveViewTests.facts(looks).place else {
      Issue.record("no load")
      return
    }
    #expect(load.light == ClientLight(.red, rule: .loopLagP99))
  }

  @Test("UTF-8 is what the first locale variable that is set says")
  func locale() {
    #expect(Environment.isUnicode(["LANG": "en_US.UTF-8"]))
    #expect(Environment.isUnicode(["LC_ALL": "C.utf8", "LANG": "C"]))
    #expect(!Environment.isUnicode(["LC_ALL": "C", "LANG": "en_US.UTF-8"]))
    #expect(Environment.isUnicode(["LC_ALL": "", "LC_CTYPE": "de_DE.UTF-8"]))
    #expect(!Environment.isUnicode([:]))
  }
}
