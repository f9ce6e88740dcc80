import Glibc

/// Where a latency leaves its flat part as load grows.
///
/// The flat part of a candidate is every level below it: a line by Theil and Sen through them
/// (slope never below 0, and 0 where there are only two), so that a latency which grows evenly with
/// load has no knee, and one that falls at first, as from cold caches, makes none. A level has left
/// if its value is above `leave` times the line there, and above the scatter of the flat part about
/// it (`scatters` times the median absolute deviation), and if its lower confidence bound is above
/// the line. The knee is the first level from which on every level has left; where one level alone
/// is flat, or one alone has left, it must be `leaveAlone` times the line: one level's luck is no
/// knee.
///
/// Curvature rules (Kneedle: Satopää, Albrecht, Irwin & Raghavan 2011) name a knee in every curve,
/// noise too; here flat noise must give none. False knees and found ones are held to their shares
/// by simulation in the tests.
public enum Knee {
  /// Levels below which none is looked for.
  public static let levelsMin = 4
  /// Above the line by so much, as a factor.
  public static let leave = 1.25
  /// The same where it is one level against the others.
  public static let leaveAlone = 2.0
  /// So many robust standard deviations above the scatter of the flat part.
  public static let scatters = 3.0
  /// The median absolute deviation of a normal distribution, as a share of its standard deviation.
  private static let madShare = 0.6745

  /// One level of load.
  public struct Level: Sendable, Equatable {
    /// The load, such as requests a second.
    public var load: Double
    /// The latency there, positive; +infinity where most requests failed.
    public var value: Double
    /// The lower end of the latency's 99 % interval.
    public var low: Double

    /// A level.
    public init(load: Double, value: Double, low: Double) {
      self.load = load
      self.value = value
      self.low = low
    }
  }

  /// The index of the first level that has left, nil if there is none or fewer than `levelsMin`
  /// levels. Loads must ascend; equal ones may follow each other. O(n^3 log n).
  public static func find(_ levels: [Level]) -> Int? {
    precondition(zip(levels, levels.dropFirst()).allSatisfy { $0.load <= $1.load })
    guard levels.count >= levelsMin else { return nil }
    for index in 1..<levels.count {
      guard levels[index - 1].value.isFinite else { return nil }
      if hasLeft(levels[index...], line(levels[..<index])) { return index }
    }
    return nil
  }

  /// A line through the flat part, and how far its levels scatter about it.
  private struct Line {
    var slope: Double
    var intercept: Double
    /// Of the logarithms, as a standard deviation.
    var scatter: Double
    var levels: Int

    func value(_ load: Double) -> Double { intercept + slope * load }
  }

  private static func line(_ levels: ArraySlice<Level>) -> Line {
    var slopes: [Double] = []
    for (index, a) in levels.enumerated() {
      for b in levels.dropFirst(index + 1) where b.load > a.load {
        slopes.append((b.value - a.value) / (b.load - a.load))
      }
    }
    let slope = levels.count > 2 && !slopes.isEmpty ? max(0, Quantile.type7(slopes, 0.5)) : 0
    let intercept = Quantile.type7(levels.map { $0.value - slope * $0.load }, 0.5)
    var line = Line(slope: slope, intercept: intercept, scatter: 0, levels: levels.count)
    let deviations = levels.map { level -> Double in
      let expected = line.value(level.load)
      return expected > 0 && level.value > 0 ? log(level.value / expected).magnitude : 0
    }
    line.scatter = Quantile.type7(deviations, 0.5) / madShare
    return line
  }

  private static func hasLeft(_ levels: ArraySlice<Level>, _ line: Line) -> Bool {
    let isAlone = line.levels == 1 || levels.count == 1
    let factor = max(isAlone ? leaveAlone : leave, exp(scatters * line.scatter))
    return levels.allSatisfy { level in
      let expected = line.value(level.load)
      return level.value > factor * expected && level.low > expected
    }
  }
}
