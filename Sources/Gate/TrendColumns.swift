import Model

/// The latencies of runs by cell: what trends are made of.
struct TrendColumns {
  /// One cell's values over all runs.
  struct Column {
    let id: CellID
    /// Log seconds by run; NaN where a run has none, +infinity where it is saturated.
    var levels: [Double]
    /// Requests by run.
    var counts: [Int]

    /// Runs that have a value, a saturated one too.
    var present: [Int] { levels.indices.filter { !levels[$0].isNaN } }
    /// Finite values in the order of the runs.
    var finite: [Double] { levels.filter(\.isFinite) }
  }

  /// Sorted by cell and metric.
  private(set) var all: [Column]

  /// A value of a run that counted tokens by another unit than the newest is none. O(values).
  init(_ records: [RunRecord]) {
    var builder = Builder(runs: records.count, unit: records.last?.header.tokenUnit)
    for (run, record) in records.enumerated() { builder.add(record, run) }
    all = builder.columns.sorted { $0.id < $1.id }
  }

  private struct Builder {
    let runs: Int
    let unit: TokenUnit?
    var columns: [Column] = []
    private var places: [CellID: Int] = [:]
    /// The columns of the run before, in its order: the next one mostly has the same.
    private var order: [Int] = []

    init(runs: Int, unit: TokenUnit?) {
      self.runs = runs
      self.unit = unit
    }

    mutating func add(_ record: RunRecord, _ run: Int) {
      let isOtherUnit = record.header.tokenUnit != unit
      for (position, value) in record.latencies.enumerated() {
        if isOtherUnit, value.metric == .tpotP50 || value.metric == .durstdP50 { continue }
        let place = place(value, position)
        columns[place].levels[run] = value.logValue
        columns[place].counts[run] = value.n
      }
    }

    private mutating func place(_ value: LatencyValue, _ position: Int) -> Int {
      if position < order.count {
        let id = columns[order[position]].id
        if id.metric == value.metric, id.key == value.key { return order[position] }
      }
      let id = CellID(key: value.key, metric: value.metric)
      let place = places[id] ?? columns.count
      if place == columns.count {
        places[id] = place
        columns.append(
          Column(
            id: id, levels: [Double](repeating: .nan, count: runs),
            counts: [Int](repeating: 0, count: runs)))
      }
      if position < order.count {
        order[position] = place
      } else if position == order.count {
        order.append(place)
      }
      return place
    }
  }
}
