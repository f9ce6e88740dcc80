import Gate
import Model

extension HTMLReportWriter {
  /// Empirical distribution functions of the candidate and of main, a plot a cell and latency.
  func distributions(_ page: inout HTMLWriter) {
    page.section("distributions", "Distributions") { page in
      guard let plots = report.plots else {
        return page.paragraph(
          "The single requests of this run are not at hand here, only its figures: their plots are"
            + " left out. The machine or the store that made the run has them, and its run files.")
      }
      page.paragraph(
        "The share of requests that were no slower: all requests of "
          + Figures.count(plots.candidateRuns, "run") + " of the candidate"
          + (plots.baselineRuns > 0
            ? " beside \(Figures.count(plots.baselineRuns, "run")) of \(baselineName)." : ".")
          + " For the eye: nothing is judged by them.", style: "note")
      for (latency, heading) in [("ttft", "Time to first token"), ("duration", "Duration")] {
        let own = plots.distributions.filter { $0.latency == latency }
        guard !own.isEmpty else { continue }
        page.block("h3", content: heading)
        page.block("div", [("class", "plots")]) { page in
          for distribution in own { chart(distribution, &page) }
        }
      }
      if plots.cellsOmitted > 0 {
        page.paragraph(
          Figures.count(plots.cellsOmitted, "more cell") + " not drawn: see What was measured.",
          style: "note")
      }
    }
  }

  private func chart(_ distribution: Distribution, _ page: inout HTMLWriter) {
    let curves = [distribution.candidate, distribution.baseline].compactMap { $0 }
    let values = curves.flatMap { $0.points.map(\.x) }
    let cell = ForeignText.name(distribution.key.name)
    let latency = distribution.latency
    var marks: [SVGMark] = []
    var keys = [
      PlotKey(.candidate, .line, "candidate, \(Self.words(distribution.candidate))")
    ]
    if let baseline = distribution.baseline {
      marks.append(.steps(Self.points(baseline), .baseline, isDashed: true))
      keys.append(PlotKey(.baseline, .dashed, "\(baselineName), \(Self.words(baseline))"))
    }
    marks.append(.steps(Self.points(distribution.candidate), .candidate))
    page.plot(
      "\(latency), \(cell)",
      SVGPlot(
        label: "Distribution of \(latency) in \(cell)", x: .spanning(latency, .seconds, values),
        y: SVGAxis("requests no slower", .share, 0...1), marks: marks),
      keys: keys, note: missing(distribution))
  }

  private static func points(_ curve: DistributionCurve) -> [SVGPoint] {
    guard let first = curve.points.first else { return [] }
    return [SVGPoint(first.x, 0)] + curve.points.map { SVGPoint($0.x, $0.y) }
  }

  private static func words(_ curve: DistributionCurve) -> String {
    let median = curve.median.isFinite ? "p50 \(Figures.duration(curve.median))" : "most failed"
    return "\(median), n \(curve.n)"
  }

  /// Why a curve ends below the top.
  private func missing(_ distribution: Distribution) -> String {
    func share(_ curve: DistributionCurve?) -> Double {
      curve.map { 1 - ($0.points.last?.y ?? 0) } ?? 0
    }
    let (mine, theirs) = (share(distribution.candidate), share(distribution.baseline))
    guard mine > 0 || theirs > 0 else { return "" }
    let what = distribution.latency == "ttft" ? "Without a first token" : "No success"
    let parts =
      [mine > 0 ? "candidate \(Figures.percent(mine))" : nil]
      + [theirs > 0 ? "\(baselineName) \(Figures.percent(theirs))" : nil]
    return "\(what): " + parts.compactMap { $0 }.joined(separator: ", ") + "."
  }
}
