import Model
import Plan

extension ProfileSchedule {
  /// What each stage of an open loop has scheduled a second, stages being of one length: requests,
  /// the later turns of conversations too, in the stage of the first. Nil for a closed loop, which
  /// has no such rate. O(arrivals).
  public var requestRates: [Double]? {
    stageRates { _, arrival in 1 + arrival.laterTurns.count }
  }

  /// The same of whatever `count` says of each arrival and its place.
  public func stageRates(counting count: (Int, Arrival) -> Int) -> [Double]? {
    guard case .open(let arrivals) = load, duration > .zero else { return nil }
    var counts = [Int](repeating: 0, count: max(stageCount, 1))
    for (place, arrival) in arrivals.enumerated() where counts.indices.contains(arrival.stage) {
      counts[arrival.stage] += count(place, arrival)
    }
    let seconds = duration.seconds / Double(counts.count)
    return counts.map { Double($0) / seconds }
  }
}

extension Schedule {
  /// `requestRates` of each profile that has them, by its name.
  public var requestRates: [String: [Double]] {
    var rates: [String: [Double]] = [:]
    for profile in profiles { rates[profile.kind.rawValue] = profile.requestRates }
    return rates
  }
}
