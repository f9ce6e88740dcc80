import Model

/// Which streams of a run are kept: the worst of each profile and scenario by time to first token
/// and by largest gap, and some failed ones of each profile and outcome.
///
/// The choice does not depend on the order in which streams end. Among equals the one that is
/// earlier in the schedule wins. Requests of the warm-up are kept only as failures, where there
/// is room for them. Memory: at most `perListMax` keys a list.
struct FlightSelection {
  /// Streams of one list at most.
  static let perListMax = 5
  /// Lists of worst streams share this room, so that a plan of many scenarios keeps fewer of each,
  /// and at least one.
  static let worstMax = 200

  /// A request of the run.
  struct Key: Hashable {
    let profile: Int
    let seq: Int
  }

  private enum ListName: Hashable {
    case ttft(profile: Int, scenario: Int)
    case gap(profile: Int, scenario: Int)
    case failed(profile: Int, outcome: Outcome)
  }

  /// The smaller, the sooner it is kept.
  private struct Entry: Comparable {
    let order: Int64
    let key: Key

    static func < (a: Entry, b: Entry) -> Bool {
      a.order == b.order ? a.key.seq < b.key.seq : a.order < b.order
    }
  }

  private let worstCount: Int
  private var lists: [ListName: [Entry]] = [:]

  /// A selection for a run of so many profile and scenario pairs.
  init(cells: Int) {
    let lists = max(1, 2 * cells)
    worstCount = min(
      FlightSelection.perListMax, max(1, FlightSelection.worstMax / lists))
  }

  /// Takes a stream into account: whether it is kept, and which ones no longer are.
  mutating func offer(_ sample: StreamSample) -> (isKept: Bool, dropped: [Key]) {
    let key = Key(profile: sample.profile, seq: sample.seq)
    var isKept = false
    var pushedOut: [Key] = []
    for (name, order) in FlightSelection.places(of: sample) {
      var entries = lists[name] ?? []
      let countMax = if case .failed = name { FlightSelection.perListMax } else { worstCount }
      let entry = Entry(order: order, key: key)
      if entries.count == countMax, let last = entries.last, last < entry { continue }
      let index = entries.firstIndex { entry < $0 } ?? entries.count
      entries.insert(entry, at: index)
      if entries.count > countMax { pushedOut.append(entries.removeLast().key) }
      lists[name] = entries
      isKept = true
    }
    return (isKept, pushedOut.filter { !isListed($0) })
  }

  /// The places of the streams that are kept.
  var ranks: [Key: StreamRanks] {
    var ranks: [Key: StreamRanks] = [:]
    for (name, entries) in lists {
      for (index, entry) in entries.enumerated() {
        switch name {
        case .ttft: ranks[entry.key, default: StreamRanks()].ttft = index + 1
        case .gap: ranks[entry.key, default: StreamRanks()].gap = index + 1
        case .failed: ranks[entry.key, default: StreamRanks()].failure = index + 1
        }
      }
    }
    return ranks
  }

  private func isListed(_ key: Key) -> Bool {
    lists.values.contains { $0.contains { $0.key == key } }
  }

  /// The lists that a stream may be in.
  private static func places(of sample: StreamSample) -> [(ListName, Int64)] {
    guard sample.sent != nil, sample.outcome.isCounted else { return [] }
    var places: [(ListName, Int64)] = []
    if !sample.outcome.isSuccess {
      places.append(
        (
          .failed(profile: sample.profile, outcome: sample.outcome), sample.isWarmup ? 1 : 0
        ))
    }
    guard !sample.isWarmup else { return places }
    let (profile, scenario) = (sample.profile, sample.scenario)
    if let ttft = sample.firstToken {
      places.append((.ttft(profile: profile, scenario: scenario), -ttft.rawValue))
    }
    if let gap = sample.gapMax {
      places.append((.gap(profile: profile, scenario: scenario), -gap.rawValue))
    }
    return places
  }
}
