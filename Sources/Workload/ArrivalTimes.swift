import Model
import Plan

/// The times of an open loop's arrivals, one stretch after the other, given how many each has.
///
/// Only operations that IEEE 754 rounds exactly enter them, so that every machine makes the same
/// bytes.
struct ArrivalTimes {
  let pattern: ArrivalPattern
  /// Arrivals that the rate asked for until the end of the last stretch, fractions included.
  private var expected = 0.0
  /// Arrivals that were made until then.
  private var made = 0

  init(pattern: ArrivalPattern) {
    self.pattern = pattern
  }

  /// The next stretch's times from its start, sorted. O(count x log count).
  mutating func offsets(
    in segment: ProfileShape.Segment, count: Int, _ generator: inout SeededGenerator
  ) -> [Nanos] {
    let length = (segment.end - segment.start).rawValue
    defer {
      expected += segment.rate * (segment.end - segment.start).seconds
      made += count
    }
    switch pattern {
    case .poisson: return ArrivalTimes.uniform(count, below: length, &generator)
    case .constant: return even(count, rate: segment.rate, below: length)
    case .gamma(let shape):
      return ArrivalTimes.bursts(count, shape: shape, below: length, &generator)
    }
  }

  /// Uniform points: a Poisson process whose count is known is exactly that.
  private static func uniform(
    _ count: Int, below length: Int64, _ generator: inout SeededGenerator
  ) -> [Nanos] {
    (0..<count).map { _ in Nanos(ProfileSchedule.uniform(below: length, &generator)) }.sorted()
  }

  /// One arrival whenever the rate has asked for half of it: 1/rate apart, also over a warm-up's
  /// border, and half a step from where a profile or a stage starts.
  private func even(_ count: Int, rate: Double, below length: Int64) -> [Nanos] {
    (0..<count).map { index in
      let due = (Double(made + index) + 0.5 - expected) / rate
      return Nanos(min(length - 1, max(0, Int64((due * 1e9).rounded()))))
    }
  }

  /// A renewal process of gamma gaps given its count: as many gaps as arrivals, laid around a
  /// circle of the stretch's length, which is cut at a uniform point. The gap at the cut is then as
  /// a process that had begun long before would have it, and a shape of 1 is Poisson exactly.
  private static func bursts(
    _ count: Int, shape: Double, below length: Int64, _ generator: inout SeededGenerator
  ) -> [Nanos] {
    var sampler = GammaSampler(shape: shape)
    var sum = 0.0
    var places: [Double] = []
    places.reserveCapacity(count)
    for _ in 0..<count {
      places.append(sum)
      sum += sampler.next(&generator)
    }
    let (whole, cut) = (Double(length), generator.nextUnit())
    return places.map { place in
      let turned = place / sum + cut
      let share = turned < 1 ? turned : turned - 1
      return Nanos(min(length - 1, max(0, Int64(share * whole))))
    }.sorted()
  }
}
