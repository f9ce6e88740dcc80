import Foundation
import Model
import Plan
import TestKit
import Testing

@testable import Workload

@Suite("Arrivals are spread as the plan says, the same bytes everywhere")
struct ArrivalTests {
  private static let patterns: [ArrivalPattern] = [
    .constant, .gamma(shape: 0.1), .gamma(shape: 0.25), .gamma(shape: 1), .gamma(shape: 4),
    .gamma(shape: 100),
  ]

  private func plan(
    _ pattern: ArrivalPattern, _ profiles: [ProfileKind] = [.sustained],
    size: ProfileSize = .standard, rate: Double = 5, seed: UInt64 = 1
  ) -> Plan {
    var plan = samplePlan(profiles: profiles, size: size, rate: rate, seed: seed)
    plan.arrivals = pattern
    return plan
  }

  private func arrivals(_ plan: Plan) -> [Arrival] {
    Schedule.make(plan).profiles.flatMap { profile -> [Arrival] in
      if case .open(let arrivals) = profile.load { arrivals } else { [] }
    }
  }

  private func gaps(_ plan: Plan) -> [Double] {
    let times = arrivals(plan).map(\.at)
    return zip(times.dropFirst(), times).map { ($0 - $1).seconds }
  }

  @Test("Each pattern's schedules are those of the golden file")
  func golden() throws {
    var lines: [String] = []
    for pattern in ArrivalTests.patterns {
      for kind in [ProfileKind.rampUp, .sustained] {
        let plan = plan(pattern, [kind], size: .quick, rate: 20)
        lines.append("\(Schedule.make(plan).sha256(plan))  \(kind.rawValue) \(pattern.text)")
      }
    }
    try Golden.expect(lines.joined(separator: "\n") + "\n", equals: "arrival_patterns.sha256")
  }

  @Test("A pattern moves requests in time and changes nothing else", arguments: patterns)
  func samePrompts(pattern: ArrivalPattern) {
    for kind in [ProfileKind.rampUp, .sustained] {
      let (own, poisson) = (arrivals(plan(pattern, [kind])), arrivals(plan(.poisson, [kind])))
      #expect(own.map(\.request) == poisson.map(\.request))
      #expect(own.map(\.stage) == poisson.map(\.stage))
      #expect(own.map(\.at) != poisson.map(\.at))
      #expect(own.map(\.at) == own.map(\.at).sorted())
    }
    let stress = plan(pattern, [.stress])
    let poisson = plan(.poisson, [.stress])
    #expect(Schedule.make(stress) == Schedule.make(poisson))
  }

  @Test(
    "Stages and warm-up keep their counts, and no arrival leaves its stretch", arguments: patterns)
  func stretches(pattern: ArrivalPattern) {
    for seed in 1...20 as ClosedRange<UInt64> {
      let plan = plan(pattern, [.rampUp], rate: 7.3, seed: seed)
      let shape = ProfileShape(kind: .rampUp, plan: plan)
      let own = arrivals(plan)
      for (segment, count) in zip(shape.segments(rate: 7.3), shape.counts(rate: 7.3)) {
        let inside = own.filter { $0.at >= segment.start && $0.at < segment.end }
        #expect(inside.count == count)
        #expect(inside.allSatisfy { $0.stage == segment.stage })
      }
    }
  }

  @Test("Constant arrivals are exactly even, over the warm-up's border too, whatever the seed")
  func constant() {
    for (rate, step) in [(5.0, 0.2), (8, 0.125), (1_000, 0.001)] {
      let plan = plan(.constant, rate: rate)
      #expect(gaps(plan).allSatisfy { $0 == step }, "\(rate)")
      #expect(arrivals(plan).first?.at == Nanos(seconds: step / 2))
      let other = self.plan(.constant, rate: rate, seed: 9)
      #expect(arrivals(plan).map(\.at) == arrivals(other).map(\.at))
    }
    // Where 1/rate is no whole number of nanoseconds, and a stretch has a part of an arrival.
    let odd = gaps(plan(.constant, rate: 7.3))
    #expect(odd.allSatisfy { abs($0 - 1 / 7.3) <= 1.5e-9 })
  }

  @Test("Constant arrivals of the ramp are even in each stage, and keep off its borders")
  func constantRamp() {
    let stages = Dictionary(grouping: arrivals(plan(.constant, [.rampUp], rate: 9)), by: \.stage)
    for (stage, arrivals) in stages {
      let rate = 9 * (0.1 + 1.4 / 9 * Double(stage))
      let times = arrivals.map(\.at.seconds)
      for (a, b) in zip(times, times.dropFirst()) { #expect(abs(b - a - 1 / rate) <= 2e-9) }
      let start = 15.0 * Double(stage)
      #expect(times.allSatisfy { $0 > start && $0 < start + 15 })
    }
  }

  @Test(
    "Gamma gaps have the spread of their shape, and the mean of the rate",
    arguments: [0.1, 0.25, 0.5, 1, 2, 4, 25, 100])
  func spread(shape: Double) {
    let gaps = gaps(plan(.gamma(shape: shape), size: .soak, rate: 20))
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    #expect(abs(mean * 20 - 1) < 0.01)
    #expect(abs(variance.squareRoot() / mean * shape.squareRoot() - 1) < 0.03)
  }

  @Test(
    "Counts in windows far longer than a gap vary by 1/shape of their mean",
    arguments: [0.25, 1, 4])
  func dispersion(shape: Double) {
    var counts = Array(repeating: 0.0, count: 360)
    for arrival in arrivals(plan(.gamma(shape: shape), size: .soak, rate: 20)) {
      counts[min(359, Int(arrival.at.seconds / 10))] += 1
    }
    let mean = counts.reduce(0, +) / 360
    let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 360
    // 360 windows: the standard error of a variance is sqrt(2/360) of it, 7.5 %.
    #expect(abs(variance / mean * shape - 1) < 0.3)
  }

  @Test("Gaps of shape 1 are Poisson's: 1/e of them are above the mean, 1/e^2 above twice it")
  func exponential() {
    let gaps = gaps(plan(.gamma(shape: 1), size: .soak, rate: 20))
    for multiple in [0.5, 1, 2, 3] {
      let share = Double(gaps.count { $0 > multiple / 20 }) / Double(gaps.count)
      #expect(abs(share - exp(-multiple)) < 0.006)
    }
  }

  @Test("Another seed gives other bursts, the same seed the same ones")
  func seeds() {
    let one = plan(.gamma(shape: 0.25))
    #expect(Schedule.make(one) == Schedule.make(one))
    #expect(gaps(one) != gaps(plan(.gamma(shape: 0.25), seed: 2)))
  }

  @Test("A stretch of one arrival, or of none, has it somewhere in it")
  func fewest() {
    for pattern in ArrivalTests.patterns {
      var times = ArrivalTimes(pattern: pattern)
      var generator = SeededGenerator(seed: 3, label: "few")
      let segment = ProfileShape.Segment(
        start: .zero, end: .seconds(1), rate: 1, stage: 0, isWarmup: false)
      #expect(times.offsets(in: segment, count: 0, &generator).isEmpty)
      times = ArrivalTimes(pattern: pattern)
      let one = times.offsets(in: segment, count: 1, &generator)
      #expect(one.count == 1 && one[0] >= .zero && one[0] < .seconds(1))
    }
  }

  @Test("Logarithm and exponential are those of the C library but for their last bits")
  func exactMath() {
    var generator = SeededGenerator(seed: 4, label: "math")
    for _ in 0..<20_000 {
      let x = ExactMath.exp((generator.nextUnit() - 0.5) * 1_400)
      #expect(abs(ExactMath.log(x) - log(x)) <= 3 * max(log(x).magnitude, 0.25).ulp)
      let near = 0.5 + generator.nextUnit()
      #expect(abs(ExactMath.log(near) - log(near)) <= 3 * max(log(near).magnitude, 0.25).ulp)
      let y = (generator.nextUnit() - 0.5) * 1_400
      #expect(abs(ExactMath.exp(y) - exp(y)) <= 3 * exp(y).ulp)
    }
    #expect(ExactMath.log(1) == 0 && ExactMath.exp(0) == 1)
    #expect(ExactMath.exp(-1_000) == 0 && ExactMath.exp(1_000) == .infinity)
    #expect(ExactMath.log(.leastNonzeroMagnitude) == log(.leastNonzeroMagnitude))
  }
}
