import Model
import Testing

@testable import Plan

@Suite struct UnitTests {
  @Test(
    "Durations are whole nanoseconds, read without rounding",
    arguments: [
      ("250ms", 250_000_000), ("5s", 5_000_000_000), ("2m", 120_000_000_000),
      ("1h", 3_600_000_000_000), ("1.5s", 1_500_000_000), ("0.1ms", 100_000), ("50us", 50_000),
      ("0s", 0), ("1.000000001s", 1_000_000_001), ("0.5h", 1_800_000_000_000),
    ] as [(String, Int64)])
  func durations(text: String, nanos: Int64) {
    #expect(parseDuration(text) == .success(Nanos(nanos)))
    #expect(parseDuration(durationText(Nanos(nanos))) == .success(Nanos(nanos)))
  }

  @Test(
    "What is no duration is refused",
    arguments: [
      "", "s", "5", "5 s", " 5s", "-5s", "5S", "1m30s", "1e3s", ".5s", "5.s", "1..5s",
      "0.0000000001s", "99999999999999h", "9999999999999999999s", "٥s", "5s\0", "NaN", "infs",
    ])
  func badDurations(text: String) {
    #expect(throws: ValueError.self) { try parseDuration(text).get() }
  }

  @Test(
    "Counts are whole numbers with decimal units",
    arguments: [
      ("0", 0), ("200", 200), ("20k", 20_000), ("5M", 5_000_000), ("1.5k", 1_500), ("1G", 1 << 30),
    ])
  func counts(text: String, count: Int) throws {
    #expect(try parseCount(text).get() == (text == "1G" ? 1_000_000_000 : count))
  }

  @Test(
    "What is no count is refused", arguments: ["", "k", "1.5", "5m", "5KB", "-1", "1e3", "1_0"])
  func badCounts(text: String) {
    #expect(throws: ValueError.self) { try parseCount(text).get() }
  }

  @Test("Shares are exact, need %, and read back what they are written as")
  func shares() throws {
    for thousandth in 0...100_000 {
      let value = Double(thousandth) / 100_000
      #expect(parseShare(shareText(value)) == .success(value))
    }
    #expect(try parseShare("0.5%").get() == 0.005)
    #expect(shareText(0.07) == "7%")
    for text in ["5", "0.05", "%", "101%", "-1%", "5 %", "5%%"] {
      #expect(throws: ValueError.self) { try parseShare(text).get() }
    }
  }

  @Test("What is no finite decimal number is refused")
  func badNumbers() {
    for text in ["", "nan", "inf", "0x10", "1e999", "1,5", " 1", "1 ", "--1", "+"] {
      #expect(throws: ValueError.self) { try parseNumber(text).get() }
    }
    #expect(parseNumber("1e3") == .success(1_000))
  }

  @Test("The nearest name is one that differs in at most a third of its letters")
  func nearestNames() {
    let names = ["rate", "project", "promptCache", "stressUsers"]
    #expect(nearest("raet", in: names) == "rate")
    #expect(nearest("teer", in: names) == nil)
    #expect(nearest("rat", in: names) == "rate")
    #expect(nearest("projet", in: names) == "project")
    #expect(nearest("prompt_cache", in: names) == "promptCache")
    #expect(nearest("STRESSUSERS", in: names) == "stressUsers")
    #expect(nearest("", in: names) == nil)
    #expect(nearest(String(repeating: "x", count: 1_000_000), in: names) == nil)
  }

  @Test("Variables are found where their name is whole, and nowhere else")
  func variables() {
    #expect(VariableText("a${B}c${_D1}").names == ["B", "_D1"])
    for text in ["$B", "${}", "${1}", "${A", "${A-B}", "$ {A}", "{A}", "$"] {
      #expect(VariableText(text).names == [])
      #expect(VariableText(text).expanded { _ in "x" } == text)
    }
    #expect(VariableText("é${A}$${B}").expanded { $0 + "!" } == "éA!$B!")
    // What a variable holds is not looked into again.
    #expect(VariableText("${A}").expanded { _ in "${B}" } == "${B}")
  }

  @Test("Every fixed value has its own variable")
  func variableNames() {
    let names = Schema.variablePaths.map(Schema.variable)
    #expect(Set(names).count == names.count)
    #expect(Schema.variable("gate.maxLooks") == "STREAMGATE_GATE_MAX_LOOKS")
    #expect(names.contains("STREAMGATE_STORE") && names.contains("STREAMGATE_TARGET_URL"))
    #expect(!names.contains { $0.contains("SCENARIOS") || $0.hasSuffix("_TIMEOUTS") })
  }

  @Test(
    "The targets on this machine are known by their host",
    arguments: [
      ("http://127.0.0.1:8080", true), ("http://localhost", true), ("https://[::1]:1", true),
      ("http://a.localhost", true), ("http://127.1.2.3", true), ("http://127.example.com", false),
      ("http://10.0.0.1", false), ("http://localhost.example", false), ("HTTP://LOCALHOST", true),
    ])
  func loopback(url: String, isLoopback: Bool) throws {
    let checked = try EndpointURL.check(SecretText(url)).get()
    #expect(TargetPlan(url: checked, path: "/").isLoopback == isLoopback)
  }
}

@Suite struct ObjectiveTests {
  @Test(
    "An objective is read in any spacing, and its normal form reads back as itself",
    arguments: [
      ("ttft.p95 < 1.5s", "ttft.p95 < 1.5s"), ("ttft.p95<1500ms", "ttft.p95 < 1.5s"),
      ("  tpot.p50 <=  20ms ", "tpot.p50 <= 20ms"), ("error < 1%", "error < 1%"),
      ("truncated==0", "truncated == 0"), ("stress/short: ttft.p95 < 4s", nil),
      ("stress :error<=0.5%", "stress: error <= 0.5%"), ("ramp-up/a.b-c_d: stalled == 2k", nil),
      ("ttft_sent.p99.9 < 1h", "ttft_sent.p99.9 < 3600s"), ("ttfa.p1 < 0.25ms", nil),
      ("duration.p050 < 1s", "duration.p50 < 1s"),
    ] as [(String, String?)])
  func normalForm(text: String, normal: String?) throws {
    let objective = try Objective.parse(text).get()
    if let normal { #expect(objective.text == normal) }
    #expect(try Objective.parse(objective.text).get() == objective)
  }

  @Test("Random objectives read back from their text as themselves")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 1, label: "objectives")
    for _ in 0..<2_000 {
      let isRate = generator.nextIndex(below: 2) == 0
      let isCount = isRate && generator.nextIndex(below: 2) == 0
      let profile =
        [nil, .rampUp, .sustained, .stress][generator.nextIndex(below: 4)]
        as ProfileKind?
      let hundredth = Double(1 + generator.nextIndex(below: 9_999)) / 10_000
      let objective = Objective(
        profile: profile,
        scenario: profile != nil && generator.nextIndex(below: 2) == 0 ? "s.1" : nil,
        metric: isRate
          ? .rate(RateMetric.allCases[generator.nextIndex(below: 3)])
          : .latency(
            ObjectiveLatency.allCases[generator.nextIndex(below: 5)],
            quantile: max(0.01, hundredth)),
        comparison: isCount ? .equal : [.less, .lessOrEqual][generator.nextIndex(below: 2)],
        bound: isCount
          ? Double(generator.nextIndex(below: 100_000))
          : isRate
            ? hundredth : Nanos(Int64(generator.nextIndex(below: 100_000_000_000_000))).seconds)
      #expect(try Objective.parse(objective.text).get() == objective, "\(objective.text)")
    }
  }
}
