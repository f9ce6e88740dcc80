import Model
import Statistics

/// Makes the distributions of both sides.
struct DistributionMaker {
  let candidates: [RunRecord]
  let baseline: [RunRecord]

  /// Those of the candidate's cells, and how many cells are left out.
  func distributions() -> (shown: [Distribution], omitted: Int) {
    let (mine, theirs) = (Latencies.byCell(candidates), Latencies.byCell(baseline))
    let keys = mine.keys.sorted()
    var shown: [Distribution] = []
    for key in keys.prefix(RunPlots.cellsMax) {
      for latency in Latencies.names {
        guard let values = mine[key]?[latency], !values.isEmpty else { continue }
        let other = theirs[key]?[latency] ?? []
        shown.append(
          Distribution(
            key: key, latency: latency, candidate: DistributionCurve(values),
            baseline: other.isEmpty ? nil : DistributionCurve(other)))
      }
    }
    return (shown, max(0, keys.count - RunPlots.cellsMax))
  }
}

/// The latencies of each cell in the gate's view, runs pooled.
struct Latencies {
  static let names = ["ttft", "duration"]

  private var ttft: [Double] = []
  private var duration: [Double] = []

  subscript(name: String) -> [Double] { name == "ttft" ? ttft : duration }

  /// Of runs with samples; those of scenarios that do not stream have no ttft.
  static func byCell(_ runs: [RunRecord]) -> [CellKey: Latencies] {
    var cells: [CellKey: Latencies] = [:]
    for run in runs {
      guard let samples = run.samples else { continue }
      for (key, indices) in SampleGroups(samples: samples, header: run.header).cells {
        let isStreamed = !run.header.unstreamedScenarios.contains(key.scenario)
        var own = cells.removeValue(forKey: key) ?? Latencies()
        if isStreamed { own.ttft += indices.map { samples[$0].gateTTFT } }
        own.duration += indices.map { samples[$0].gateDuration }
        cells[key] = own
      }
    }
    return cells
  }
}

extension DistributionCurve {
  /// The curve of values in any order, at least one. O(n log n).
  init(_ values: [Double]) {
    let sorted = ascending(values)
    let finite = sorted.prefix { $0.isFinite }
    n = sorted.count
    median = Quantile.type7(sorted: sorted, 0.5)
    let whole = Double(n)
    points = PlotThinning.indices(finite.count, max: DistributionCurve.pointsMax).map { index in
      PlotPoint(x: finite[index], y: Double(index + 1) / whole)
    }
  }
}

/// Which of many points are shown.
enum PlotThinning {
  /// The slowest requests, which are always shown.
  static let slowestMax = 20

  /// So many of the indices of a list, evenly, the first and the last among them.
  static func indices(_ count: Int, max: Int) -> [Int] {
    guard count > max, max > 1 else { return Array(0..<count) }
    return (0..<max).map { $0 * (count - 1) / (max - 1) }
  }

  /// Some of the points, evenly in their order, and the highest ones.
  static func dots(_ points: [PlotPoint], max: Int) -> [PlotPoint] {
    guard points.count > max + slowestMax else { return points }
    var chosen = Set(indices(points.count, max: max))
    let highest = points.indices.sorted {
      (points[$1].y, $0) < (points[$0].y, $1)
    }
    chosen.formUnion(highest.prefix(slowestMax))
    return chosen.sorted().map { points[$0] }
  }
}
