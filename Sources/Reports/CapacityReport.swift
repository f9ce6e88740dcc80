import Gate
public import Model

/// The outputs of a search for a capacity.
public enum CapacityReport {
  /// The format that `capacity.json` names.
  public static let format = "streamgate-capacity/1"

  /// The report of a run that holds a search, UTF-8; nil where it holds none, or the form is not
  /// for a search: JUnit and OpenMetrics tell of a verdict, and the page is of a run.
  public static func render(
    _ record: RunRecord, facts: ReportFacts, as format: ReportFormat
  ) -> [UInt8]? {
    guard let search = CapacityRun(record), let model = CapacityModel(record, facts: facts) else {
      return nil
    }
    switch format {
    case .junit, .junitExtended, .html, .openMetrics: return nil
    case .markdown: return markdown(model)
    case .json: return json(search, record, model, facts)
    case .terminal: return text(model, TerminalForm())
    }
  }

  /// The report as plain text for that terminal or log, UTF-8; nil for a run without a search.
  public static func text(
    _ record: RunRecord, facts: ReportFacts, form: TerminalForm
  ) -> [UInt8]? {
    CapacityModel(record, facts: facts).map { text($0, form) }
  }

  private static func text(_ model: CapacityModel, _ form: TerminalForm) -> [UInt8] {
    var writer = TerminalWriter(form)
    writer.line(
      model.context.map { $0.isCode ? $0.text : "\($0.label) \($0.text)" }
        .joined(separator: " · "), .dim)
    writer.blank()
    writer.table(
      ["step", ">rate"] + terminalColumns.map { ">" + CapacityModel.titles[$0] }
        + ["", "knee of"],
      model.steps.map { row in
        [.init(row.step), .init(row.rate)] + terminalColumns.map { .init(row.figures[$0]) }
          + [.init(row.result, style(row.status)), .init(row.knee, .yellow)]
      })
    writer.sentences(model.steps.compactMap(trouble))
    writer.sentences(model.knees.map(\.text))
    writer.sentences((model.rules + model.notes).map(form.flags.put))
    writer.verdict("capacity", model.answer, model.isAnswered ? .green : .red)
    return writer.bytes
  }

  /// Streams in flight, tokens/s, ttft p50 and p95, duration p50 and p95.
  private static let terminalColumns = [1, 3, 4, 5, 6, 7]

  private static func style(_ status: RowStatus) -> TerminalStyle {
    switch status {
    case .ok: .green
    case .failed: .red
    default: .yellow
    }
  }

  /// What went wrong in a step in one sentence, nil for nothing.
  private static func trouble(_ row: CapacityRow) -> String? {
    var parts: [String] = []
    if !row.why.isEmpty {
      parts.append(row.result + (row.status == .failed ? " " : ": ") + row.why)
    }
    if row.failures != "none" { parts.append(row.failures) }
    return parts.isEmpty ? nil : "step \(row.step), \(row.rate): " + parts.joined(separator: "; ")
  }

  private static func markdown(_ model: CapacityModel) -> [UInt8] {
    var writer = MarkdownWriter(bytesMax: MarkdownReport.bytesMax)
    writer.heading((model.isAnswered ? "✅ " : "⛔ ") + .plain("capacity: " + model.answer))
    writer.paragraph(
      model.context.enumerated().reduce("") { line, item in
        let fact = item.element
        let text: MarkdownText = fact.isCode ? .code(fact.text) : .plain(fact.text)
        return line + (item.offset == 0 ? "" : " · ") + .plain(fact.label) + " " + text
      })
    writer.list((model.rules + model.notes).map { .plain($0) })
    writer.table(
      [">Step", ">Rate", ">Requests"] + CapacityModel.titles.map { ">" + $0 }
        + ["Failures", "Result", "Knee of"],
      model.steps.map { row in
        let result = MarkdownText.plain(row.result)
        return [.plain(row.step), .plain(row.rate), .plain(row.n)]
          + row.figures.map { .plain($0) }
          + [
            .plain(row.failures),
            (row.status == .failed ? .strong(result) : result)
              + (row.why.isEmpty ? "" : .plain(": " + row.why)),
            row.knee.isEmpty ? "" : .strong(.plain(row.knee)),
          ]
      })
    writer.list(model.knees.map { .plain($0.text) })
    writer.paragraph(.plain(StageTable.note("step")))
    writer.details("Environment and client") {
      $0.table(
        ["Fact", "Value"],
        model.details.map { [.plain($0.label), $0.isCode ? .code($0.text) : .plain($0.text)] })
    }
    return writer.bytes
  }
}
