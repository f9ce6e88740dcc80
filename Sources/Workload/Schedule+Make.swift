import Model
public import Plan

extension Schedule {
  /// Requests beyond which no schedule is made: `RunEstimate` refuses such a plan first.
  public static let requestsMax = 5_000_000

  /// Steps of all users of a closed loop together; a user starts over after its last.
  static let userStepsMax = 1_000_000

  /// Everything that a run of `plan` sends. It depends on the plan's profiles, size, samples,
  /// rate, arrivals, stressUsers, seed and scenarios (names, weights, number of prompts, turns,
  /// pauses; for a stretched stress also `maxTokens`), not on the order of keys. O(requests x log
  /// requests).
  ///
  /// Each profile draws from its own generators, one a purpose (arrivals, mix, prompts, users), so
  /// that a change of one leaves the others' numbers alone.
  public static func make(_ plan: Plan) -> Schedule {
    Schedule(profiles: plan.profiles.map { ProfileSchedule.make($0, plan) })
  }
}

extension ProfileSchedule {
  static func make(_ kind: ProfileKind, _ plan: Plan) -> ProfileSchedule {
    make(ProfileShape(kind: kind, plan: plan), plan)
  }

  static func make(_ shape: ProfileShape, _ plan: Plan) -> ProfileSchedule {
    let seeds = ProfileSeeds(kind: shape.kind, seed: plan.seed)
    let load: Load =
      shape.kind == .stress
      ? .closed(users(shape, plan, seeds)) : .open(arrivals(shape, plan, seeds))
    return ProfileSchedule(
      kind: shape.kind, duration: shape.duration, warmup: shape.warmup,
      stageCount: shape.stageCount, load: load)
  }

  /// Arrivals in the plan's pattern, given their number in each stretch. Fixing the counts at their
  /// expectation makes each cell's n and each run's cost the plan's and not the seed's.
  private static func arrivals(
    _ shape: ProfileShape, _ plan: Plan, _ seeds: ProfileSeeds
  ) -> [Arrival] {
    var (points, mix) = (seeds.arrivals, seeds.mix)
    let stretches = zip(shape.segments(rate: plan.rate), shape.counts(rate: plan.rate))
    var times = ArrivalTimes(pattern: plan.arrivals)
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
    var thinks = seeds.turns
    var arrivals: [Arrival] = []
    arrivals.reserveCapacity(scenarios.count)
    for (segment, count) in stretches {
      for offset in times.offsets(in: segment, count: count, &points) {
        let request = prompts.next(scenario: scenarios[arrivals.count])
        let turns = laterTurns(after: request, plan, &prompts, &thinks)
        arrivals.append(
          Arrival(
            at: segment.start + offset, request: request, stage: segment.stage,
            laterTurns: turns))
      }
    }
    return arrivals
  }

  /// The turns that follow a conversation's first: the scenario's next prompts, each after a
  /// pause.
  private static func laterTurns(
    after first: PlannedRequest, _ plan: Plan, _ prompts: inout PromptCycle,
    _ thinks: inout SeededGenerator
  ) -> [LaterTurn] {
    guard let conversation = plan.scenarios[first.scenario].conversation else { return [] }
    return (1..<conversation.turns).map { _ in
      LaterTurn(
        think: uniform(in: conversation.think, &thinks),
        request: prompts.next(scenario: first.scenario))
    }
  }

  /// Users that start spread over the warm-up, each with its own fixed list. The scenarios are
  /// dealt a round at a time (every user's first step, then every second …): however far a slow
  /// service lets the users get, the mix so far is the plan's. A conversation is one deal and as
  /// many steps as it has turns.
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
    var turnThinks = seeds.turns
    let thinkRange = ProfileShape.thinkMin...ProfileShape.thinkMax
    let rounds = Int((shape.duration.seconds / ProfileShape.thinkMin.seconds).rounded(.up))
    let turnsMax = plan.scenarios.map(\.turns).max() ?? 1
    for _ in 0..<max(1, min(rounds, Schedule.userStepsMax / count / turnsMax)) {
      var scenarios = deck.deal(count)
      mix.shuffle(&scenarios)
      for (user, scenario) in scenarios.enumerated() {
        let pause = uniform(in: thinkRange, &thinks)
        let first = prompts.next(scenario: scenario)
        let later = laterTurns(after: first, plan, &prompts, &turnThinks)
        let requests = [first] + later.map(\.request)
        let pauses = later.map(\.think) + [pause]
        for (turn, request) in requests.enumerated() {
          users[user].steps.append(UserStep(request: request, think: pauses[turn], turn: turn))
        }
      }
    }
    return users
  }

  /// A time in a range, its ends included.
  private static func uniform(
    in range: ClosedRange<Nanos>, _ generator: inout SeededGenerator
  ) -> Nanos {
    let span = (range.upperBound - range.lowerBound).rawValue
    return range.lowerBound + Nanos(uniform(below: span + 1, &generator))
  }

  /// A whole number in 0..<length, by one multiplication: exact in IEEE 754 on every machine.
  static func uniform(below length: Int64, _ generator: inout SeededGenerator) -> Int64 {
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
  var turns: SeededGenerator

  init(kind: ProfileKind, seed: UInt64) {
    let root = SeededGenerator(seed: seed, label: "streamgate-schedule/\(Plan.scheduleVersion)")
      .fork(kind.rawValue)
    arrivals = root.fork("arrivals")
    mix = root.fork("mix")
    prompts = root.fork("prompts")
    users = root.fork("users")
    turns = root.fork("turns")
  }
}
