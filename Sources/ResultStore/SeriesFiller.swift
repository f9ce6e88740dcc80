import Model

/// Puts rows into a series. The names of a row are looked at as bytes: the columns follow each
/// other in one order, mostly, so that the next one is known before it is looked up.
struct SeriesFiller {
  private var places: RunPlaces
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

extension PartsQuery {
  /// Reads the rows of runs into a series, each run to its place. O(rows).
  func fill(
    _ series: inout RunSeries, at places: RunPlaces, cells: CellNames
  ) throws(StoreError) {
    var latencies = SeriesFiller(places: places)
    try self.latencies { row throws(StoreError) in
      try latencies.add(row, texts: 1..<5, to: &series) { row throws(StoreError) in
        .latency(try row.cell(1), try RunColumns.code(row, 4) { LatencyMetric(rawValue: $0) })
      } value: { row throws(StoreError) in
        try row.double(5)
      }
    }
    var rates = SeriesFiller(places: places)
    try self.rates { row throws(StoreError) in
      try rates.add(row, texts: 1..<3, to: &series) { row throws(StoreError) in
        .rate(
          profile: try row.text(1), try RunColumns.code(row, 2) { RateMetric(rawValue: $0) })
      } value: { row throws(StoreError) in
        Double(try row.integer(3))
      }
    }
    var figures = SeriesFiller(places: places)
    try self.figures(of: cells) { row throws(StoreError) in
      try figures.add(row, texts: 1..<5, to: &series) { row throws(StoreError) in
        .figure(try row.cell(1), name: try row.text(4))
      } value: { row throws(StoreError) in
        try row.double(5)
      }
    }
  }
}
