import Model
import Plan
import Testing
import Workload

@Suite("A load for once is put over the plan's, and named")
struct OverrideTests {
  private func error(_ plan: Plan, _ overrides: LoadOverrides) -> String? {
    do throws(LoadOverrideError) {
      _ = try plan.under(overrides)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("Each override changes its part of the load, and says what it was")
  func each() throws {
    let plan = samplePlan()
    let rate = try plan.under(LoadOverrides(rate: 12))
    #expect(rate.exploration == "rate 12 instead of 5")
    #expect(Schedule.make(rate.plan) == Schedule.make(samplePlan(rate: 12)))
    let users = try plan.under(LoadOverrides(users: 80))
    #expect(users.exploration == "users 80 instead of 40")
    #expect(Schedule.make(users.plan) == Schedule.make(samplePlan(stressUsers: 80)))
    let length = try plan.under(LoadOverrides(duration: .seconds(60)))
    #expect(length.exploration == "duration 60s instead of 150s, 180s, 120s")
    let all = try plan.under(LoadOverrides(rate: 0.5, users: 1, duration: .milliseconds(90_500)))
    #expect(
      all.exploration
        == "rate 0.5 instead of 5, users 1 instead of 40, "
        + "duration 90.5s instead of 150s, 180s, 120s")
    #expect(RunEstimate(all.plan).profiles.allSatisfy { $0.duration == .milliseconds(90_500) })
  }

  @Test("A duration is every profile's, and samples stretch it no more")
  func duration() throws {
    let stretched = samplePlan(profiles: [.rampUp, .sustained], samples: 400)
    let plan = try stretched.under(LoadOverrides(duration: .seconds(30))).plan
    for profile in Schedule.make(plan).profiles {
      #expect(profile.duration == .seconds(30) && profile.warmup == .seconds(5))
      guard case .open(let arrivals) = profile.load else { continue }
      #expect(arrivals.allSatisfy { $0.at < .seconds(30) })
      #expect(Set(arrivals.map(\.stage)).count == profile.stageCount)
    }
    // Where samples had stretched the profiles, that is what is named.
    let text = try stretched.under(LoadOverrides(duration: .seconds(30))).exploration
    let lengths = RunEstimate(stretched).profiles.map { "\($0.duration.rawValue / 1_000_000_000)s" }
    #expect(text == "duration 30s instead of " + lengths.joined(separator: ", "))
  }

  @Test("What the plan has anyway is no override, and the load stays the fixed profile")
  func same() throws {
    let plan = samplePlan(size: .quick)
    let same = try plan.under(LoadOverrides(rate: 5, users: 40, duration: .seconds(20)))
    #expect(same.exploration == nil && same.plan == plan)
    let one = try plan.under(LoadOverrides(rate: 5, users: 41))
    #expect(one.exploration == "users 41 instead of 40")
    let quick = try plan.under(LoadOverrides(duration: .seconds(21)))
    #expect(quick.exploration == "duration 21s instead of 20s")
  }

  @Test("The environment's key and the plan's digest do not know a duration")
  func keys() throws {
    let plan = samplePlan()
    let other = try plan.under(LoadOverrides(duration: .seconds(60))).plan
    #expect(other != plan)
    #expect(other.environmentKey(cpuModel: nil) == plan.environmentKey(cpuModel: nil))
    #expect(other.digest == plan.digest)
  }

  @Test("An override that nothing would feel, or that leaves nothing to measure, is refused")
  func refused() {
    let stress = samplePlan(profiles: [.stress])
    #expect(error(stress, LoadOverrides(rate: 5))?.contains("no open-loop profile") == true)
    let open = samplePlan(profiles: [.sustained], stressUsers: nil)
    #expect(error(open, LoadOverrides(users: 5))?.contains("no stress profile") == true)
    for (size, seconds) in [(ProfileSize.quick, 2 as Int64), (.standard, 5), (.soak, 5)] {
      let plan = samplePlan(size: size)
      let text = error(plan, LoadOverrides(duration: .seconds(seconds)))
      #expect(text?.contains("--duration: \(seconds)s is not longer than the warm-up of") == true)
      #expect(error(plan, LoadOverrides(duration: .seconds(seconds) + Nanos(1))) == nil)
    }
  }

  @Test(
    "Flags are written and bounded as a plan's values are",
    arguments: [
      (["fast", nil, nil], "--rate: \"fast\" is no number; write it as in 2.5"),
      (
        ["0", nil, nil],
        "--rate: \"0\" is not above 0 and at most 100000; write it as in --rate 12"
      ),
      (
        ["1e9", nil, nil],
        "--rate: \"1e9\" is not above 0 and at most 100000; write it as in --rate 12"
      ),
      (["", nil, nil], "--rate: \"\" is no number; write it as in 2.5"),
      ([nil, "0", nil], "--users: 0 is not between 1 and 10000; write it as in --users 80"),
      (
        [nil, "2.5", nil],
        "--users: \"2.5\" is no whole number that fits; write it as in --users 80"
      ),
      ([nil, nil, "60"], "--duration: \"60\" has no unit; units are us, ms, s, m, h"),
      (
        [nil, nil, "500ms"],
        "--duration: 500ms is not between 1s and 86400s; write it as in --duration 60s"
      ),
      (
        [nil, nil, "25h"],
        "--duration: 90000s is not between 1s and 86400s; write it as in --duration 60s"
      ),
    ] as [([String?], String)])
  func flags(texts: [String?], message: String) {
    let error = #expect(throws: LoadOverrideError.self) {
      try LoadOverrides(rate: texts[0], users: texts[1], duration: texts[2])
    }
    #expect(error?.description == message)
  }

  @Test("Well-written flags are read")
  func read() throws {
    #expect(
      try LoadOverrides(rate: "12.5", users: "2k", duration: "1.5m")
        == LoadOverrides(rate: 12.5, users: 2_000, duration: .seconds(90)))
    #expect(try LoadOverrides(rate: nil as String?, users: nil, duration: nil) == LoadOverrides())
  }

  @Test("Cells below the floors keep no load for once from running, limits do")
  func limits() throws {
    let plan = samplePlan(
      profiles: [.sustained], size: .quick, samples: 400, limits: RunLimits(requests: 2_000))
    let short = try plan.under(LoadOverrides(rate: 1, duration: .seconds(10))).plan
    #expect(!RunEstimate(short).problems(short).isEmpty)
    #expect(RunEstimate(short).problems(short, isGated: false).isEmpty)
    let large = try plan.under(LoadOverrides(rate: 201, duration: .seconds(10))).plan
    #expect(
      RunEstimate(large).problems(large, isGated: false).map { $0.text(file: "f") } == [
        "f: limits.requests: the run would send 2010 requests, over 2000; "
          + "lower --rate, --users or --duration, or raise the limit"
      ])
    let endless = try plan.under(LoadOverrides(rate: 100_000, duration: .seconds(86_400))).plan
    let problems = RunEstimate(endless).problems(endless, isGated: false)
    #expect(problems.map(\.path) == ["rate", "limits.requests"])
  }
}
