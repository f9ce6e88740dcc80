/// The values of many runs in columns: what trends are made of, without a record for each run.
public struct RunSeries: Sendable {
  /// What is known of a run beside its values.
  public struct Run: Sendable, Equatable {
    /// The run's id.
    public var runID: String
    /// Its branch.
    public var branch: String
    /// Its commit.
    public var commit: String
    /// Its start.
    public var startedAt: UnixNanos
    /// When the store took it, by the store's clock; nil where it came from a file.
    public var storedAt: UnixNanos?
    /// What output tokens were counted by.
    public var tokenUnit: TokenUnit

    /// A run.
    public init(
      runID: String, branch: String, commit: String, startedAt: UnixNanos,
      storedAt: UnixNanos? = nil, tokenUnit: TokenUnit = .usage
    ) {
      self.runID = runID
      self.branch = branch
      self.commit = commit
      self.startedAt = startedAt
      self.storedAt = storedAt
      self.tokenUnit = tokenUnit
    }
  }

  /// One value of each run.
  public struct Column: Sendable {
    /// Log seconds, how often it happened, or what the figure's name says, by run; NaN where a run
    /// has none.
    public var values: [Double]
    /// Requests or buckets behind the values, by run.
    public var counts: [Int]

    fileprivate init(runs: Int) {
      values = [Double](repeating: .nan, count: runs)
      counts = [Int](repeating: 0, count: runs)
    }

    fileprivate mutating func change(
      _ body: (
        inout UnsafeMutableBufferPointer<Double>, inout UnsafeMutableBufferPointer<Int>
      ) -> Void
    ) {
      values.withUnsafeMutableBufferPointer { values in
        counts.withUnsafeMutableBufferPointer { counts in body(&values, &counts) }
      }
    }
  }

  /// What a column holds.
  public enum ColumnID: Sendable, Hashable {
    /// A latency of a cell: log seconds, +infinity where it is saturated.
    case latency(CellKey, LatencyMetric)
    /// A rate of a profile: in how many of the counted it happened.
    case rate(profile: String, RateMetric)
    /// A figure of a cell, of a profile (no scenario), or of the whole run (neither).
    case figure(CellKey, name: String)
  }

  /// The runs, in an order of the maker's choice.
  public private(set) var runs: [Run]
  /// The columns, in the order in which they were first met.
  public private(set) var columns: [Column] = []
  /// What each column holds.
  public private(set) var ids: [ColumnID] = []
  private var places: [ColumnID: Int] = [:]

  /// Runs without values.
  public init(_ runs: [Run] = []) {
    self.runs = runs
  }

  /// The place of a column, which is made if it is not there. O(runs) where it is made.
  public mutating func column(_ id: ColumnID) -> Int {
    if let place = places[id] { return place }
    places[id] = columns.count
    ids.append(id)
    columns.append(Column(runs: runs.count))
    return columns.count - 1
  }

  /// Sets the value of a run in a column.
  public mutating func set(_ value: Double, count: Int, column: Int, run: Int) {
    columns[column].values[run] = value
    columns[column].counts[run] = count
  }

  /// Changes the values and counts of a column, each by run.
  public mutating func change(
    _ column: Int,
    _ body: (
      inout UnsafeMutableBufferPointer<Double>, inout UnsafeMutableBufferPointer<Int>
    ) -> Void
  ) {
    columns[column].change(body)
  }

  /// The same series with the runs of these places, in this order. O(runs and values).
  public func selecting(_ order: [Int]) -> RunSeries {
    var series = self
    series.runs = order.map { runs[$0] }
    for place in columns.indices {
      series.columns[place].values = order.map { columns[place].values[$0] }
      series.columns[place].counts = order.map { columns[place].counts[$0] }
    }
    return series
  }
}

extension RunSeries {
  /// The values of records, in their order.
  public init(_ records: [RunRecord]) {
    self.init(records.map { Run($0.header) })
    add(records, from: 0)
  }

  /// Adds the runs of records behind those that are there. O(runs and values).
  public mutating func append(_ records: [RunRecord]) {
    let first = runs.count
    runs += records.map { Run($0.header) }
    for place in columns.indices {
      columns[place].values += [Double](repeating: .nan, count: records.count)
      columns[place].counts += [Int](repeating: 0, count: records.count)
    }
    add(records, from: first)
  }

  private mutating func add(_ records: [RunRecord], from first: Int) {
    var latencies = Following()
    var rates = Following()
    var figures = Following()
    for (offset, record) in records.enumerated() {
      let run = first + offset
      for (position, value) in record.latencies.enumerated() {
        let place = latencies.place(position, .latency(value.key, value.metric), &self)
        set(value.logValue, count: value.n, column: place, run: run)
      }
      for (position, value) in record.rates.enumerated() {
        let place = rates.place(position, .rate(profile: value.profile, value.rate), &self)
        set(Double(value.k), count: value.n, column: place, run: run)
      }
      for (position, value) in record.figures.enumerated() {
        let key = CellKey(profile: value.profile, scenario: value.scenario, region: value.region)
        let place = figures.place(position, .figure(key, name: value.name), &self)
        set(value.value, count: value.n, column: place, run: run)
      }
    }
  }

  /// The columns of the run before, in its order: the next one mostly has the same.
  private struct Following {
    private var order: [Int] = []

    mutating func place(_ position: Int, _ id: ColumnID, _ series: inout RunSeries) -> Int {
      if position < order.count, series.ids[order[position]] == id { return order[position] }
      let place = series.column(id)
      if position < order.count {
        order[position] = place
      } else if position == order.count {
        order.append(place)
      }
      return place
    }
  }
}

extension RunSeries.Run {
  /// The run of a header.
  public init(_ header: RunHeader, storedAt: UnixNanos? = nil) {
    self.init(
      runID: header.runID, branch: header.branch, commit: header.commit,
      startedAt: header.startedAt, storedAt: storedAt, tokenUnit: header.tokenUnit)
  }
}
