public import Model
public import Plan

/// One step of a search for a capacity: load at one rate, after a warm-up of its own.
public struct LoadStep: Sendable, Equatable {
  /// The length of a step unless another one is asked for.
  public static let lengthDefault = Nanos.seconds(60)
  /// What a step's measured part may last.
  public static let lengths = Nanos.seconds(1)...Nanos.seconds(3_600)
  /// A warm-up takes no larger share of a step's measured part.
  private static let warmupShareMin: Int64 = 4

  /// The measured part.
  public var length: Nanos
  /// What is sent before it and left out.
  public var warmup: Nanos

  /// A step with the warm-up of the plan's size, at most a quarter of `length`.
  public init(length: Nanos, size: ProfileSize) {
    self.length = length
    let shape = ProfileShape(kind: .sustained, size: size)
    warmup = min(shape.warmup, Nanos(length.rawValue / LoadStep.warmupShareMin))
  }

  /// Both.
  public var duration: Nanos { warmup + length }

  /// Everything that step `number` sends at `rate`: arrivals as of the sustained profile, seeded by
  /// the plan's seed and the number, so that steps at one rate differ. O(requests x log requests).
  public func schedule(_ plan: Plan, rate: Double, number: Int) -> Schedule {
    var plan = plan
    plan.rate = rate
    plan.samples = nil
    var seeds = SeededGenerator(seed: plan.seed, label: "streamgate-capacity").fork("\(number)")
    plan.seed = seeds.next()
    return Schedule(profiles: [ProfileSchedule.make(shape, plan)])
  }

  /// All requests of a step at `rate`, the warm-up's and later turns too.
  public func requests(_ plan: Plan, rate: Double) -> Int {
    var plan = plan
    plan.rate = rate
    return shape.requests(plan: plan)
  }

  private var shape: ProfileShape {
    var shape = ProfileShape(kind: .sustained, size: .standard)
    shape.duration = duration
    shape.warmup = warmup
    return shape
  }
}
