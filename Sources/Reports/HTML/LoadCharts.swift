import Gate
import Model

extension HTMLReportWriter {
  /// Time to first token over time and over the streams in flight, a row of plots a profile.
  func overTime(_ page: inout HTMLWriter) {
    let profiles = (report.plots?.profiles ?? []).filter { !$0.overTime.isEmpty }
    guard let plots = report.plots, !plots.profiles.isEmpty else { return }
    page.section("time", "Time and load") { page in
      guard !profiles.isEmpty else {
        return page.paragraph("No reply of this run streams: there is no first token to plot.")
      }
      page.paragraph(
        "Of the last run alone, after its warm-up, scenarios together. Dots are some of its"
          + " requests, evenly chosen, and the slowest ones; faint lines part the stages.",
        style: "note")
      page.block("h3", content: "Over time")
      page.block("div", [("class", "plots")]) { page in
        for profile in profiles { timeChart(profile, &page) }
      }
      let loads = profiles.filter { !$0.overLoad.isEmpty }
      guard !loads.isEmpty else { return }
      page.block("h3", content: "Over streams in flight")
      page.block("div", [("class", "plots")]) { page in
        for profile in loads { loadChart(profile, &page) }
      }
    }
  }

  // MARK: - Over time

  private func timeChart(_ profile: ProfilePlots, _ page: inout HTMLWriter) {
    let name = ForeignText.name(profile.profile)
    let bins = profile.overTime
    let middle = bins.map { ($0.start + $0.end) / 2 }
    var marks = bins.filter { $0.failures > 0 }.map {
      SVGMark.stretch($0.start...$0.end, .bad, text: "")
    }
    marks.append(Self.band(bins, middle))
    marks.append(.dots(profile.timeDots.map { SVGPoint($0.x, $0.y) }, .candidate))
    marks += profile.stageStarts.map { .divider($0) }
    var keys = Self.keys
    if !profile.baselineMedians.isEmpty {
      marks.append(
        .line(
          zip(middle, profile.baselineMedians).map { SVGPoint($0, $1) }, .baseline, isDashed: true))
      keys.append(PlotKey(.baseline, .dashed, "median of \(baselineName)"))
    }
    if bins.contains(where: { $0.failures > 0 }) {
      keys.append(PlotKey(.bad, .area, "failures"))
    }
    marks.append(.line(zip(middle, bins).map { SVGPoint($0, $1.median) }, .candidate))
    marks += bins.map { .hover($0.start...$0.end, text: Self.words($0, Self.stretch($0))) }
    let ends = (bins.first?.start ?? 0)...(bins.last?.end ?? 1)
    page.plot(
      "ttft over time, \(name)",
      SVGPlot(
        label: "Time to first token over time in \(name)",
        x: SVGAxis("since the profile began", .seconds, ends),
        y: Self.axis(bins, profile.timeDots), marks: marks),
      keys: keys)
  }

  private static func stretch(_ bin: PlotBin) -> String {
    Figures.fixed(bin.start, decimals: 1) + " to " + Figures.fixed(bin.end, decimals: 1) + " s"
  }

  // MARK: - Over load

  private func loadChart(_ profile: ProfilePlots, _ page: inout HTMLWriter) {
    let name = ForeignText.name(profile.profile)
    let bins = profile.overLoad
    let middle = bins.map { ($0.start + $0.end) / 2 }
    let marks: [SVGMark] = [
      Self.band(bins, middle),
      .dots(profile.loadDots.map { SVGPoint($0.x, $0.y) }, .candidate),
      .line(zip(middle, bins).map { SVGPoint($0, $1.median) }, .candidate),
    ]
    let hovers = bins.map { bin in
      SVGMark.hover(
        (bin.start - 0.5)...(bin.end + 0.5), text: Self.words(bin, Self.streams(bin)))
    }
    let ends = ((bins.first?.start ?? 0) - 0.5)...((bins.last?.end ?? 1) + 0.5)
    page.plot(
      "ttft over streams in flight, \(name)",
      SVGPlot(
        label: "Time to first token over the streams in flight in \(name)",
        x: SVGAxis("streams in flight when it was sent", .number(""), ends),
        y: Self.axis(bins, profile.loadDots), marks: marks + hovers),
      keys: Self.keys)
  }

  private static func streams(_ bin: PlotBin) -> String {
    let (low, high) = (Int(bin.start), Int(bin.end))
    return low == high
      ? "\(low) in flight" : "\(low) to \(high) in flight"
  }

  // MARK: - Over length

  /// True if there is a plot of durations over lengths.
  var hasLengths: Bool { report.plots?.profiles.contains { !$0.lengths.isEmpty } == true }

  /// Duration over output tokens, a plot a profile.
  func lengths(_ page: inout HTMLWriter) {
    let profiles = (report.plots?.profiles ?? []).filter { !$0.lengths.isEmpty }
    guard !profiles.isEmpty else { return }
    page.section("lengths", "Duration over length") { page in
      page.paragraph(
        "Successes of the last run. A line is the least-squares fit of all of a scenario's"
          + " requests: its slope is the time per token, its scatter what length does not explain.",
        style: "note")
      page.block("div", [("class", "plots")]) { page in
        for profile in profiles { lengthChart(profile, &page) }
      }
    }
  }

  private func lengthChart(_ profile: ProfilePlots, _ page: inout HTMLWriter) {
    let name = ForeignText.name(profile.profile)
    var marks: [SVGMark] = []
    var keys: [PlotKey] = []
    for (index, scenario) in profile.lengths.enumerated() {
      let colour = SVGColour.series[min(index, SVGColour.series.count - 1)]
      marks.append(.dots(scenario.dots.map { SVGPoint($0.x, $0.y) }, colour))
      marks.append(.line(scenario.line.map { SVGPoint($0.x, $0.y) }, colour))
      // Scenarios beyond the colours share the last one.
      guard index < SVGColour.series.count else { continue }
      let isLast = index == SVGColour.series.count - 1 && profile.lengths.count > index + 1
      keys.append(
        PlotKey(
          colour, .dots,
          isLast
            ? "\(profile.lengths.count - index) more scenarios"
            : ForeignText.name(scenario.scenario) + Self.slope(scenario)))
    }
    let points = profile.lengths.flatMap { $0.dots + $0.line }
    page.plot(
      "duration over tokens, \(name)",
      SVGPlot(
        label: "Duration over output tokens in \(name)",
        x: .over("output tokens", .number(""), points.map(\.x), fromZero: false),
        y: .over("duration", .seconds, points.map(\.y)), marks: marks),
      keys: keys)
  }

  private static func slope(_ scenario: LengthPlot) -> String {
    guard let first = scenario.line.first, let last = scenario.line.last, last.x > first.x else {
      return ", n \(scenario.n)"
    }
    let slope = (last.y - first.y) / (last.x - first.x)
    return ": \(Figures.duration(slope)) a token, n \(scenario.n)"
  }

  // MARK: - Shared

  private static let keys = [
    PlotKey(.candidate, .line, "median"), PlotKey(.candidate, .area, "middle 80 %"),
    PlotKey(.candidate, .dots, "requests"),
  ]

  private static func band(_ bins: [PlotBin], _ middle: [Double]) -> SVGMark {
    .band(zip(middle, bins).map { (x: $0, range: $1.low...max($1.low, $1.high)) }, .candidate)
  }

  /// From 0, or logarithmic where values span magnitudes.
  private static func axis(_ bins: [PlotBin], _ dots: [PlotPoint]) -> SVGAxis {
    let values = bins.flatMap { [$0.median, $0.high] } + dots.map(\.y)
    let finite = values.filter { $0.isFinite && $0 > 0 }
    let isWide = (finite.max() ?? 1) >= (finite.min() ?? 1) * 20
    return isWide ? .spanning("ttft", .seconds, finite) : .over("ttft", .seconds, finite)
  }

  private static func words(_ bin: PlotBin, _ place: String) -> String {
    guard bin.n > 0 else { return "\(place): no request" }
    let failures = bin.failures > 0 ? ", \(Figures.count(bin.failures, "failure"))" : ""
    return "\(place): ttft p50 \(Figures.duration(bin.median)), p10 \(Figures.duration(bin.low)),"
      + " p90 \(Figures.duration(bin.high)), \(Figures.count(bin.n, "request"))\(failures)"
  }
}
