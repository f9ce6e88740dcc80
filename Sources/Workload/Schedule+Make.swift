import Model
public import Plan

extension Schedule {
  /// Requests beyond which no schedule is made: `RunEstimate` refuses such a plan first.
  public static let requestsMax = 5_000_000

  /// Steps of all users of a closed loop together; a user starts over after its last.
  static let userStepsMax = 1_000_000

  /// Everything that a run of `plan` sends. It depends on the plan's profiles, size, samples,
  /// rate, stressUsers, seed and scenarios (names, weights, number of prompts; for a stretched
  /// stress also `maxTokens`), not on the order of keys. O(requests x log requests).
  ///
  /// Each profile draws from its own generators, one a purpose (arrivals, mix, prompts, users), so
  /// that a change of one leaves the others' numbers alone.
  public static func make(_ plan: Plan) -> Schedule {
    Schedule(profiles: plan.profiles.map { ProfileSchedule.make($0, plan) })
  }
}

extension ProfileSchedule {
  static func make(_ kind: ProfileKind, _ plan: Plan) -> ProfileSchedule {
    let shape = ProfileShape(kind: kind, plan: plan)
    let seeds = ProfileSeeds(kind: kind, seed: plan.seed)
    let load: Load =
      kind == .stress
      ? .closed(users(shape, plan, seeds)) : .open(arrivals(shape, plan, seeds))
    return ProfileSchedule(
      kind: kind, duration: shape.duration, warmup: shape.warmup, stageCount: shape.stageCount,
      load: load)
  }

  /// Poisson arrivals, given their number in each stretch: uniform points, sorted.
  ///
  /// A Poisson process whose count is known is exactly that. Fixing the counts at their
  /// expectation makes each cell's n and each run's cost the plan's and not the seed's, and it
  /// needs no logarithm, whose last bit differs from one C library to the next.
  private static func arrivals(
    _ shape: ProfileShape, _ plan: Plan, _ seeds: ProfileSeeds
  ) -> [Arrival] {
    var (points, mix) = (seeds.arrivals, seeds.mix)
    let stretches = zip(shape.segments(rate: plan.rate), shape.counts(rate: plan.rate))
    // Warm-up and the measured part are dealt apart, so that the measured n is exact.
    var scenarios: [Int] = []
    for isWarmup in [true, false] {
      let count = stretches.reduce(0) { $1.0.isWarmup == isWarmup ? $0 + $1.1 : $0 }
      var deck = MixDeck(plan: plan)
      var part = deck.deal(count)
      mix.shuffle(&part)
      scenarios += part
    }
    var prompts = PromptCycle(plan: plan, generator: seeds.prompts)
    var arrivals: [Arrival] = []
    arrivals.reserveCapacity(scenarios.count)
    for (segment, count) in stretches {
      let length = (segment.end - segment.start).rawValue
      let offsets = (0..<count).map { _ in uniform(below: length, &points) }.sorted()
      for offset in offsets {
        let request = prompts.next(scenario: scenarios[arrivals.count])
        arrivals.append(
          Arrival(at: segment.start + Nanos(offset), request: request, stage: segment.stage))
      }
    }
    return arrivals
  }

  /// Users that start spread over the warm-up, each with its own fixed list. The scenarios are
  /// dealt a round at a time (every user's first step, then every second …): however far a slow
  /// service lets the users get, the mix so far is the plan's.
  private static func users(
    _ shape: ProfileShape, _ plan: Plan, _ seeds: ProfileSeeds
  ) -> [UserProgram] {
    let count = plan.stressUsers ?? 0
    guard count > 0 else { return [] }
    var (starts, mix, thinks) = (seeds.arrivals, seeds.mix, seeds.users)
    var prompts = PromptCycle(plan: plan, generator: seeds.prompts)
    var deck = MixDeck(plan: plan)
    var users = (0..<count).map { _ in
      UserProgram(
        startAt: Nanos(uniform(below: shape.warmup.rawValue, &starts)), steps: [])
    }
    let thinkSpan = (ProfileShape.thinkMax - ProfileShape.thinkMin).rawValue
    let rounds = Int((shape.duration.seconds / ProfileShape.thinkMin.seconds).rounded(.up))
    for _ in 0..<max(1, min(rounds, Schedule.userStepsMax / count)) {
      var scenarios = deck.deal(count)
      mix.shuffle(&scenarios)
      for (user, scenario) in scenarios.enumerated() {
        let think = ProfileShape.thinkMin + Nanos(uniform(below: thinkSpan + 1, &thinks))
        users[user].steps.append(
          UserStep(request: prompts.next(scenario: scenario), think: think))
      }
    }
    return users
  }

  /// A whole number in 0..<length, by one multiplication: exact in IEEE 754 on every machine.
  private static func uniform(below length: Int64, _ generator: inout SeededGenerator) -> Int64 {
    guard length > 0 else { return 0 }
    return min(length - 1, Int64(generator.nextUnit() * Double(length)))
  }
}

/// A profile's generators, one a purpose.
struct ProfileSeeds {
  var arrivals: SeededGenerator
  var mix: SeededGenerator
  var prompts: SeededGenerator
  var users: SeededGenerator

  init(kind: ProfileKind, seed: UInt64) {
    let root = SeededGenerator(seed: seed, label: "streamgate-schedule/\(Plan.scheduleVersion)")
      .fork(kind.rawValue)
    arrivals = root.fork("arrivals")
    mix = root.fork("mix")
    prompts = root.fork("prompts")
    users = root.fork("users")
  }
}
