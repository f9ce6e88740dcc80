import Model

/// The rows that belong to some runs.
struct PartsQuery {
  let driver: any Driver
  /// Ascending.
  let keys: [Int64]
  let parts: RunParts

  /// Runs whose parts are asked for in one statement, where these lie beside each other.
  private static let rangeMax = 2_000
  /// Keys in a list of a statement at most: SQLite looks each of them up by its name, one name
  /// after the other.
  private static let listMax = 250

  /// Keys for one statement each: ranges where most of the runs between are wanted, else lists.
  private var batches: [[Int64]] {
    PartsQuery.cut(keys, PartsQuery.rangeMax).flatMap { keys in
      PartsQuery.isDense(keys) ? [keys] : PartsQuery.cut(keys, PartsQuery.listMax)
    }
  }

  private static func cut(_ keys: [Int64], _ size: Int) -> [[Int64]] {
    stride(from: 0, to: keys.count, by: size).map { Array(keys[$0..<min($0 + size, keys.count)]) }
  }

  /// True if most of the runs between the first key and the last are wanted: then all of these are
  /// read, and the others' rows passed over.
  private static func isDense(_ keys: [Int64]) -> Bool {
    guard let first = keys.first, let last = keys.last else { return false }
    return last - first < 2 * Int64(keys.count)
  }

  private func isOf(_ keys: [Int64], _ bound: inout [SQLValue]) -> String {
    guard PartsQuery.isDense(keys) else {
      return isIn("run", keys.map { .integer($0) }, &bound)
    }
    bound += [.integer(keys[0]), .integer(keys[keys.count - 1])]
    return "run BETWEEN $\(bound.count - 1) AND $\(bound.count)"
  }

  /// `column IN ($1, …)` with the values bound behind those that are there.
  private func isIn(_ column: String, _ values: [SQLValue], _ bound: inout [SQLValue]) -> String {
    let places = (1...values.count).map { "$\($0 + bound.count)" }
    bound += values
    return "\(column) IN (\(places.joined(separator: ", ")))"
  }

  private func condition(
    _ keys: [Int64], _ column: String, _ names: [String]?, _ bound: inout [SQLValue]
  ) -> String {
    let condition = isOf(keys, &bound)
    guard let names else { return condition }
    return condition + " AND " + isIn(column, names.map { .text($0) }, &bound)
  }

  /// ` AND …` for the profile, scenario and region that are wanted.
  private func cells(_ bound: inout [SQLValue]) -> String {
    var condition = ""
    for (column, name) in [
      ("profile", parts.profile), ("scenario", parts.scenario), ("region", parts.region),
    ] {
      if let name { condition += " AND " + isIn(column, [.text(name)], &bound) }
    }
    return condition
  }

  /// Run, profile, scenario, region, metric, log value, n.
  func latencies(_ each: (Row) throws(StoreError) -> Void) throws(StoreError) {
    if parts.latencies == [] { return }
    for keys in batches {
      var bound: [SQLValue] = []
      var condition = condition(keys, "metric", parts.latencies?.map(\.rawValue), &bound)
      condition += cells(&bound)
      try driver.query(
        "SELECT run, profile, scenario, region, metric, log_value, n FROM cell"
          + " WHERE \(condition)", bound, isBounded: true, each)
    }
  }

  /// Run, profile, metric, k, n.
  func rates(_ each: (Row) throws(StoreError) -> Void) throws(StoreError) {
    if parts.rates == [] { return }
    for keys in batches {
      var bound: [SQLValue] = []
      var condition = condition(keys, "metric", parts.rates?.map(\.rawValue), &bound)
      if let profile = parts.profile {
        condition += " AND " + isIn("profile", [.text(profile)], &bound)
      }
      try driver.query(
        "SELECT run, profile, metric, k, n FROM rate WHERE \(condition)", bound,
        isBounded: true, each)
    }
  }

  /// Run, objective, value, n, in the plan's order.
  func objectives(_ each: (Row) throws(StoreError) -> Void) throws(StoreError) {
    guard parts.hasObjectives else { return }
    for keys in batches {
      var bound: [SQLValue] = []
      let condition = condition(keys, "", nil, &bound)
      try driver.query(
        "SELECT run, objective, value, n FROM objective WHERE \(condition)"
          + " ORDER BY run, position", bound, isBounded: true, each)
    }
  }

  /// Run, profile, scenario, region, name, value, n; of some names by every column of the key, so
  /// that of each run only the cells that are wanted are looked at.
  func figures(
    of cells: CellNames, _ each: (Row) throws(StoreError) -> Void
  ) throws(StoreError) {
    let names: [String]?
    switch parts.figures {
    case .none, .named([]): return
    case .all: names = nil
    case .named(let some): names = some
    }
    for keys in names == nil ? batches : PartsQuery.cut(keys, PartsQuery.listMax) {
      var bound: [SQLValue] = []
      // Not by a range, which would be the only column of the key that is looked at.
      var condition =
        names == nil ? isOf(keys, &bound) : isIn("run", keys.map { .integer($0) }, &bound)
      if let names { condition += " AND " + isIn("name", names.map { .text($0) }, &bound) }
      condition += self.cells(&bound)
      if names != nil { condition += others(cells, &bound) }
      try driver.query(
        "SELECT run, profile, scenario, region, name, value, n FROM figure WHERE \(condition)",
        bound, isBounded: names != nil, each)
    }
  }

  /// ` AND …` for the columns of a cell that no one value is wanted of: all values that there are.
  private func others(_ cells: CellNames, _ bound: inout [SQLValue]) -> String {
    var condition = ""
    for (column, wanted, names) in [
      ("profile", parts.profile, cells.profiles), ("scenario", parts.scenario, cells.scenarios),
      ("region", parts.region, cells.regions),
    ] where wanted == nil {
      condition += " AND " + isIn(column, names.sorted().map { .text($0) }, &bound)
    }
    return condition
  }
}

/// The names that the cells of some runs are made of; the empty one stands for none.
struct CellNames {
  private(set) var profiles: Set<String> = [""]
  private(set) var scenarios: Set<String> = [""]
  private(set) var regions: Set<String> = [""]

  init() {}

  init(_ headers: [RunHeader]) {
    for header in headers { add(header.profiles, header.scenarios, header.regions) }
  }

  mutating func add(_ profiles: [String], _ scenarios: [String], _ regions: [String]) {
    self.profiles.formUnion(profiles)
    self.scenarios.formUnion(scenarios)
    self.regions.formUnion(regions)
  }
}

/// Where the runs of some keys stand, for rows that mostly come in the order of the keys.
struct RunPlaces {
  /// Ascending.
  let keys: [Int64]
  private let places: [Int]
  private var cursor = 0

  /// The places of keys, each there once, in any order; without places those in `keys`.
  init(_ keys: [Int64], at places: [Int]? = nil) {
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    self.places = order.map { places?[$0] ?? $0 }
    self.keys = order.map { keys[$0] }
  }

  /// The place of a key, nil if it is none of them. O(1) for the key of the row before, and for one
  /// near behind it; else O(log keys).
  mutating func place(_ key: Int64) -> Int? {
    if keys.isEmpty { return nil }
    while keys[cursor] < key, cursor + 1 < keys.count, keys[cursor + 1] <= key {
      // From one metric's last run to the next one's first it is far.
      guard keys[cursor + 1] == key || key - keys[cursor] < RunPlaces.near else { break }
      cursor += 1
    }
    if keys[cursor] == key { return places[cursor] }
    if keys[cursor] < key, cursor + 1 == keys.count || keys[cursor + 1] > key { return nil }
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    guard low < keys.count else { return nil }
    cursor = keys[low] == key ? low : max(0, low - 1)
    return keys[low] == key ? places[low] : nil
  }

  /// Keys further ahead than this are searched for.
  private static let near = 16
}

extension Row {
  /// Profile, scenario and region in three columns.
  func cell(_ column: Int) throws(StoreError) -> CellKey {
    let region = try text(column + 2)
    return CellKey(
      profile: try text(column), scenario: try text(column + 1),
      region: region.isEmpty ? nil : region)
  }
}
