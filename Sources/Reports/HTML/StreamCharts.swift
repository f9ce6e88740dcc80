import Model

extension HTMLReportWriter {
  /// A stream that is drawn, and why.
  struct ShownStream {
    var stream: RecordedStream
    var reason: String
  }

  /// Points of a timeline.
  private static let pointsMax = 256

  /// The recorded streams that the report names, in its order.
  var shownStreams: [ShownStream] {
    guard let header else { return [] }
    return report.facts.streams.compactMap { note in
      let stream = report.streams.first { Self.id($0, header) == note.id }
      return stream.map { ShownStream(stream: $0, reason: StreamWords.reason(note)) }
    }
  }

  /// The id, nil for a stream of another run's profiles.
  private static func id(_ stream: RecordedStream, _ header: RunHeader) -> String? {
    guard header.profiles.indices.contains(stream.sample.profile),
      header.scenarios.indices.contains(stream.sample.scenario)
    else { return nil }
    return stream.id(in: header)
  }

  /// Timelines of the worst streams and of the first of each kind of failure.
  func streams(_ page: inout HTMLWriter) {
    let shown = shownStreams
    guard let header, !shown.isEmpty else { return }
    page.section("streams", "Worst streams") { page in
      page.paragraph(
        "Tokens as they arrived, from the moment that the request was due. The largest gap is"
          + " tinted; a level line is silence, a step a burst.", style: "note")
      page.block("div", [("class", "plots")]) { page in
        for item in shown {
          let name = ForeignText.name(item.stream.id(in: header))
          let caption = "\(item.reason): \(name)"
          let note = StreamWords.end(item.stream)
          if let plot = plot(item.stream, caption) {
            page.plot(caption, plot, note: note)
          } else {
            page.block("figure") { page in
              page.block("figcaption", content: caption)
              page.paragraph(note, style: "note")
            }
          }
        }
      }
      page.paragraph(
        "streamgate report \(ForeignText.name(header.runID)) --stream lists all recorded streams;"
          + " with an id it shows one read by read.", style: "note")
    }
  }

  /// Nil for a stream without a token.
  private func plot(_ stream: RecordedStream, _ caption: String) -> SVGPlot? {
    let sample = stream.sample
    guard sample.contentEvents > 0 else { return nil }
    var marks: [SVGMark] = []
    if let gap = sample.gapMax, let at = sample.gapMaxAt {
      let end = (at - sample.intended).seconds
      let start = max(0, end - gap.seconds)
      if end > start {
        marks.append(
          .stretch(
            start...end, .doubtful, text: "largest gap: \(Figures.duration(gap.seconds))"))
      }
    }
    let (first, last) = Self.arrivals(stream)
    marks += [.steps(first, .candidate), .steps(last, .candidate)]
    if let token = sample.firstToken?.seconds {
      marks.append(
        .vertical(token, .quiet, word: "first token", text: Figures.duration(token)))
    }
    if let done = sample.done?.seconds {
      marks.append(.vertical(done, .good, text: "end marker: \(Figures.duration(done))"))
    }
    let reads = [stream.reads.last?.at, stream.lastReads.last?.at]
    let end = ([sample.end, sample.done, sample.lastToken, stream.over] + reads)
      .compactMap { $0?.seconds }
    return SVGPlot(
      label: caption, x: SVGAxis.over("from when it was due", .seconds, end + [0]),
      y: SVGAxis.over("events with a token", .number(""), [0, Double(sample.contentEvents)]),
      marks: marks)
  }

  /// How many events with a token there were after each read: of the first reads, and of the last
  /// ones where some are left out between them.
  private static func arrivals(
    _ stream: RecordedStream
  ) -> (first: [SVGPoint], last: [SVGPoint]) {
    func steps(_ reads: [RecordedRead], from start: Double) -> [SVGPoint] {
      var count = start
      let points = reads.filter { $0.contentEvents > 0 }.map { read in
        count += Double(read.contentEvents)
        return SVGPoint(read.at.seconds, count)
      }
      return thinned(points)
    }
    var first = steps(stream.reads, from: 0)
    if let start = first.first { first.insert(SVGPoint(start.x, 0), at: 0) }
    let late = stream.lastReads.reduce(0) { $0 + Double($1.contentEvents) }
    let before = max(0, Double(stream.sample.contentEvents) - late)
    return (first, steps(stream.lastReads, from: before))
  }

  /// Some of the points, evenly; the end of a step is kept beside its beginning.
  private static func thinned(_ points: [SVGPoint]) -> [SVGPoint] {
    guard points.count > pointsMax else { return points }
    let last = points.count - 1
    return (0..<pointsMax).map { points[$0 * last / (pointsMax - 1)] }
  }
}

/// A recorded stream in words.
enum StreamWords {
  private static func sentence(_ text: String) -> String { text.hasSuffix(".") ? text : text + "." }

  /// Why it is shown: `slowest first token, 1.62 s`.
  static func reason(_ note: StreamNote) -> String {
    note.label + (note.length.map { ", " + Figures.duration($0.seconds) } ?? "")
  }

  /// How it ended, and what its failure left behind.
  static func end(_ stream: RecordedStream) -> String {
    let sample = stream.sample
    var parts = [sample.outcome.name]
    if let status = sample.httpStatus { parts.append("status \(status)") }
    if sample.contentEvents > 0 {
      parts.append(Figures.count(sample.contentEvents, "event") + " with a token")
    }
    if let gap = sample.gapMax { parts.append("largest gap \(Figures.duration(gap.seconds))") }
    if let trace = stream.traceID { parts.append("trace \(ForeignText.name(trace))") }
    var text = parts.joined(separator: ", ") + "."
    guard let evidence = sample.evidence else { return text }
    if !evidence.detail.isEmpty { text += " " + sentence(ForeignText.line(evidence.detail)) }
    if !evidence.excerpt.isEmpty { text += " It sent: " + ForeignText.line(evidence.excerpt) }
    return text
  }
}
