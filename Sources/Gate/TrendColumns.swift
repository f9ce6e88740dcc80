import Model

/// The columns of a series by what they hold: what trends are made of.
struct TrendColumns {
  /// One cell's latencies over all runs.
  struct Latency {
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

  /// One profile's rate over all runs; `counts` is 0 where a run has none.
  struct Rate {
    let profile: String
    let rate: RateMetric
    let column: RunSeries.Column

    /// Runs that counted something.
    var present: Int { column.counts.count { $0 > 0 } }
  }

  /// One figure over all runs.
  struct Figure {
    let key: CellKey
    let name: String
    let column: RunSeries.Column
  }

  /// Sorted by cell and metric.
  private(set) var latencies: [Latency] = []
  /// Sorted by profile and rate.
  private(set) var rates: [Rate] = []
  /// Sorted by cell and name.
  private(set) var figures: [Figure] = []

  /// A value of a run that counted tokens by another unit than the newest is none. O(values).
  init(_ series: RunSeries) {
    let unit = series.runs.last?.tokenUnit
    let others = series.runs.indices.filter { series.runs[$0].tokenUnit != unit }
    for (id, column) in zip(series.ids, series.columns) {
      switch id {
      case .latency(let key, let metric):
        var latency = Latency(
          id: CellID(key: key, metric: metric), levels: column.values, counts: column.counts)
        if metric == .tpotP50 || metric == .durstdP50 {
          for run in others { (latency.levels[run], latency.counts[run]) = (.nan, 0) }
        }
        latencies.append(latency)
      case .rate(let profile, let rate):
        rates.append(Rate(profile: profile, rate: rate, column: column))
      case .figure(let key, let name):
        figures.append(Figure(key: key, name: name, column: column))
      }
    }
    latencies.sort { $0.id < $1.id }
    rates.sort { ($0.profile, $0.rate) < ($1.profile, $1.rate) }
    figures.sort { $0.key == $1.key ? $0.name < $1.name : $0.key < $1.key }
  }
}
