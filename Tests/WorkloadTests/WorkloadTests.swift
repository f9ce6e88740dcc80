import Model
import Plan
import TestKit
import Testing
import Workload

@Suite struct ScheduleTests {
  @Test("The arrivals of every profile and size are those of the golden file")
  func goldenArrivals() throws {
    var lines: [String] = []
    for size in ProfileSize.allCases {
      for kind in ProfileKind.allCases {
        let plan = samplePlan(profiles: [kind], size: size)
        let digest = Schedule.make(plan).sha256(plan)
        lines.append("\(digest)  \(kind.rawValue) \(size.rawValue)")
      }
    }
    try Golden.expect(lines.joined(separator: "\n") + "\n", equals: "arrivals.sha256")
  }

  @Test("The text form of a schedule says what its digest is over")
  func textAndDigest() {
    let plan = samplePlan(size: .quick)
    let schedule = Schedule.make(plan)
    let text = schedule.text(plan)
    #expect(SHA256.hexDigest(text) == schedule.sha256(plan))
    #expect(
      text.hasPrefix("streamgate-schedule/1\nprofile ramp-up 20000000000 2000000000 10\nat "))
  }

  @Test("The same plan gives the same schedule, another seed other times, and both the same counts")
  func seeds() {
    let plan = samplePlan()
    let other = samplePlan(seed: 2)
    #expect(Schedule.make(plan) == Schedule.make(plan))
    #expect(Schedule.make(plan).sha256(plan) != Schedule.make(other).sha256(other))
    for (a, b) in zip(Schedule.make(plan).profiles, Schedule.make(other).profiles) {
      #expect(arrivals(a).count == arrivals(b).count)
    }
  }

  @Test("The order of scenarios in the plan changes nothing that is sent")
  func scenarioOrder() {
    let plan = samplePlan(size: .quick)
    var turned = plan
    turned.scenarios.reverse()
    #expect(Schedule.make(plan).sha256(plan) == Schedule.make(turned).sha256(turned))
  }

  @Test("A profile's arrivals do not depend on which other profiles are run")
  func profilesAreIndependent() {
    let all = Schedule.make(samplePlan())
    let one = Schedule.make(samplePlan(profiles: [.sustained]))
    #expect(all.profiles[1] == one.profiles[0])
  }

  @Test(
    "Sizes have the lengths and warm-up cuts of the table",
    arguments: [
      (ProfileSize.quick, [20, 20, 20] as [Int64], 2 as Int64), (.standard, [150, 180, 120], 5),
      (.soak, [150, 3_600, 120], 5),
    ])
  func table(size: ProfileSize, seconds: [Int64], warmup: Int64) {
    let schedule = Schedule.make(samplePlan(size: size))
    #expect(schedule.profiles.map(\.duration) == seconds.map { .seconds($0) })
    #expect(schedule.profiles.allSatisfy { $0.warmup == .seconds(warmup) })
    #expect(schedule.profiles.map(\.stageCount) == [10, 1, 1])
  }

  @Test("Sustained load has the plan's rate, sorted, inside the profile, with gaps like Poisson's")
  func sustained() {
    let profile = Schedule.make(samplePlan(profiles: [.sustained], size: .soak)).profiles[0]
    let times = arrivals(profile).map(\.at)
    #expect(times.count == 18_000)
    #expect(times == times.sorted())
    #expect(times.allSatisfy { $0 >= .zero && $0 < profile.duration })
    let gaps = zip(times.dropFirst(), times).map { ($0 - $1).seconds }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    // Exponential gaps: standard deviation equals the mean, and 1/e of them exceed it.
    #expect(abs(variance.squareRoot() / mean - 1) < 0.03)
    let longer = Double(gaps.filter { $0 > mean }.count) / Double(gaps.count)
    #expect(abs(longer - 0.3679) < 0.01)
  }

  @Test("Ramp-up rises in ten equal steps from a tenth of the rate to one and a half")
  func rampUp() {
    let profile = Schedule.make(samplePlan(profiles: [.rampUp], rate: 100)).profiles[0]
    let stages = Dictionary(grouping: arrivals(profile), by: \.stage).mapValues(\.count)
    // 15 s a stage at 10, 25.56, 41.11 … 150 a second.
    #expect(
      (0..<10).map { stages[$0] ?? 0 } == [
        150, 383, 617, 850, 1_083, 1_317, 1_550, 1_783, 2_017, 2_250,
      ])
    for arrival in arrivals(profile) {
      #expect(arrival.at.rawValue / 15_000_000_000 == Int64(arrival.stage))
    }
  }

  @Test("After warm-up each scenario has exactly its share of an open loop")
  func exactMix() {
    for profile in Schedule.make(samplePlan(profiles: [.rampUp, .sustained])).profiles {
      let measured = arrivals(profile).filter { $0.at >= profile.warmup }
      let long = measured.filter { $0.request.scenario == 1 }.count
      #expect(abs(Double(long) - Double(measured.count) / 4) < 1)
    }
  }

  @Test("Prompts are used evenly, in an order that the seed fixes")
  func prompts() {
    let requests = arrivals(Schedule.make(samplePlan(profiles: [.sustained])).profiles[0])
      .map(\.request).filter { $0.scenario == 0 }
    let order = requests.prefix(3).map(\.prompt)
    #expect(Set(order) == [0, 1, 2])
    for (index, request) in requests.enumerated() { #expect(request.prompt == order[index % 3]) }
  }

  @Test("Stress has the plan's users, who start in the warm-up and think one to three seconds")
  func stress() throws {
    let profile = Schedule.make(samplePlan(profiles: [.stress])).profiles[0]
    guard case .closed(let users) = profile.load else {
      Issue.record("stress is not a closed loop")
      return
    }
    #expect(users.count == 40)
    #expect(users.allSatisfy { $0.startAt >= .zero && $0.startAt < profile.warmup })
    let steps = users.flatMap(\.steps)
    // A user of a service that answers at once still never starts over.
    #expect(users.allSatisfy { $0.steps.count == 120 })
    #expect(steps.allSatisfy { $0.think >= .seconds(1) && $0.think <= .seconds(3) })
    let mean = steps.reduce(0) { $0 + $1.think.seconds } / Double(steps.count)
    #expect(abs(mean - 2) < 0.05)
    for rounds in [1, 2, 7, 33] {
      let sent = users.flatMap { $0.steps.prefix(rounds) }
      let long = sent.filter { $0.request.scenario == 1 }.count
      #expect(abs(Double(long) - Double(sent.count) / 4) <= 1)
    }
  }

  @Test("Samples stretch a profile until the rarest scenario has them, and never shorten it")
  func samples() {
    let stretched = Schedule.make(samplePlan(profiles: [.rampUp, .sustained], samples: 400))
    for profile in stretched.profiles {
      let rare = arrivals(profile).filter { $0.at >= profile.warmup && $0.request.scenario == 1 }
      #expect((400...405).contains(rare.count))
    }
    let plain = Schedule.make(samplePlan(profiles: [.sustained]))
    #expect(Schedule.make(samplePlan(profiles: [.sustained], samples: 30)) == plain)
  }

  private func arrivals(_ profile: ProfileSchedule) -> [Arrival] {
    if case .open(let arrivals) = profile.load { arrivals } else { [] }
  }
}
