public import Model

extension ResultStore {
  /// The values of the runs that a filter lets through, the earliest stored first: as `runs` finds
  /// them, without a record for each. O(runs and values), with nothing allocated for a value.
  public func series(_ filter: RunFilter, parts: RunParts) throws(StoreError) -> RunSeries {
    let hasFigures = parts.figures != .none && parts.figures != .named([])
    let columns =
      "key, run_id, commit_id, started_at, stored_at, token_unit, branch"
      + (hasFigures ? ", profiles, scenarios, regions" : "")
    let (sql, values) = filter.selecting(columns)
    var keys: [Int64] = []
    var runs: [RunSeries.Run] = []
    var cells = CellNames()
    var lists = Set<[UInt8]>()
    var reader = HeaderReader()
    try driver.query(sql, values, isBounded: true) { row throws(StoreError) in
      keys.append(try row.integer(0))
      runs.append(
        RunSeries.Run(
          runID: try row.text(1), branch: try row.text(6), commit: try row.text(2),
          startedAt: UnixNanos(try row.integer(3)), storedAt: UnixNanos(try row.integer(4)),
          tokenUnit: try RunColumns.code(row, 5) { TokenUnit(rawValue: $0) }))
      if hasFigures, lists.insert(row.joined(7..<10)).inserted {
        cells.add(
          try reader.names(row, 7), try reader.names(row, 8), try reader.names(row, 9))
      }
    }
    keys.reverse()
    runs.reverse()
    var series = RunSeries(runs)
    let places = RunPlaces(keys)
    let query = PartsQuery(driver: driver, keys: places.keys, parts: parts)
    var latencies = SeriesFiller(places: places)
    try query.latencies { row throws(StoreError) in
      try latencies.add(row, texts: 1..<5, to: &series) { row throws(StoreError) in
        .latency(try row.cell(1), try RunColumns.code(row, 4) { LatencyMetric(rawValue: $0) })
      } value: { row throws(StoreError) in
        try row.double(5)
      }
    }
    var rates = SeriesFiller(places: places)
    try query.rates { row throws(StoreError) in
      try rates.add(row, texts: 1..<3, to: &series) { row throws(StoreError) in
        .rate(
          profile: try row.text(1), try RunColumns.code(row, 2) { RateMetric(rawValue: $0) })
      } value: { row throws(StoreError) in
        Double(try row.integer(3))
      }
    }
    var figures = SeriesFiller(places: places)
    try query.figures(of: cells) { row throws(StoreError) in
      try figures.add(row, texts: 1..<5, to: &series) { row throws(StoreError) in
        .figure(try row.cell(1), name: try row.text(4))
      } value: { row throws(StoreError) in
        try row.double(5)
      }
    }
    return series
  }
}

/// Puts rows into a series. The names of a row are looked at as bytes: the columns follow each
/// other in one order, mostly, so that the next one is known before it is looked up.
private struct SeriesFiller {
  var places: RunPlaces
  /// What rows of a column have in their texts, and the column that followed it last.
  private var known: [(texts: [UInt8], column: Int, next: Int)] = []
  private var indices: [[UInt8]: Int] = [:]
  private var last = 0

  init(places: RunPlaces) {
    self.places = places
  }

  /// Adds a row: its run first, texts that say what it is of, its value, and in the last column
  /// how many are behind it.
  mutating func add(
    _ row: Row, texts: Range<Int>, to series: inout RunSeries,
    id: (Row) throws(StoreError) -> RunSeries.ColumnID,
    value: (Row) throws(StoreError) -> Double
  ) throws(StoreError) {
    guard let run = places.place(try row.integer(0)) else { return }
    let index = try index(row, texts, &series, id)
    series.set(
      try value(row), count: Int(try row.integer(texts.upperBound + 1)),
      column: known[index].column, run: run)
  }

  private mutating func index(
    _ row: Row, _ texts: Range<Int>, _ series: inout RunSeries,
    _ id: (Row) throws(StoreError) -> RunSeries.ColumnID
  ) throws(StoreError) -> Int {
    if !known.isEmpty {
      let next = known[last].next
      if row.matches(texts, known[next].texts) {
        last = next
        return next
      }
    }
    let joined = row.joined(texts)
    let index: Int
    if let found = indices[joined] {
      index = found
    } else {
      index = known.count
      known.append((joined, series.column(try id(row)), index))
      indices[joined] = index
    }
    known[last].next = index
    last = index
    return index
  }
}
