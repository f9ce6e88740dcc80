import Model

/// The text of a comment in a pull request: one report, or several under one headline, within what
/// a comment may hold.
public enum CommentReport {
  /// Bytes of a comment at most, without the line that its writer puts in front.
  public static let bytesMax = 60_000 - 200
  /// Bytes that a report must have room for, or only its row in the table is shown.
  static let shareMin = 2_000
  /// Reports that have a row; more than that are counted.
  static let rowsMax = 100

  /// The comment as Markdown, UTF-8. `runURL` is where the whole reports are, nil where nobody
  /// knows; of a run that a stranger's pipeline made, `isForeign` says so.
  public static func bytes(
    _ models: [ReportModel], runURL: String? = nil, isForeign: Bool = false
  ) -> [UInt8] {
    let end = self.end(runURL: runURL, isForeign: isForeign)
    let body: [UInt8]
    if models.count == 1 {
      body = MarkdownReport.bytes(models[0], bytesMax: bytesMax - end.count)
    } else {
      body = several(models, bytesMax: bytesMax - end.count)
    }
    return body + end
  }

  /// Most urgent first; among equals, as they were given.
  private static func ordered(_ models: [ReportModel]) -> [ReportModel] {
    let order: [VerdictKind] = [.fail, .cannotEvaluate, .inconclusive, .pass]
    return order.flatMap { kind in models.filter { $0.kind == kind } }
  }

  private static func several(_ models: [ReportModel], bytesMax: Int) -> [UInt8] {
    let models = ordered(models)
    var writer = MarkdownWriter(bytesMax: bytesMax)
    writer.heading(headline(models))
    writer.table(
      [">#", "Project", "Environment", "Verdict"],
      models.prefix(rowsMax).enumerated().map { index, model in
        [
          .plain(String(index + 1)), .code(fact("project", of: model)),
          .code(fact("environment", of: model)),
          MarkdownReport.mark(model) + .plain(model.verdictLine),
        ]
      })
    if models.count > rowsMax {
      writer.paragraph(.plain("\(models.count - rowsMax) more are not shown."))
    }
    var text = writer.bytes
    let shown = min(models.count, max(0, bytesMax - text.count) / shareMin)
    for (index, model) in models.prefix(shown).enumerated() {
      let left = bytesMax - text.count
      let opening = Array("<details><summary>\(index + 1): \(model.label)</summary>\n\n".utf8)
      let closing = Array("</details>\n\n".utf8)
      // What the others leave goes to those that come later.
      let share = left / (shown - index) - opening.count - closing.count
      text += opening + MarkdownReport.bytes(model, bytesMax: share) + closing
    }
    return text
  }

  private static func headline(_ models: [ReportModel]) -> MarkdownText {
    let failed = models.count { $0.kind == .fail }
    let passed = models.count { $0.kind == .pass }
    if failed > 0 { return "❌ " + .plain("\(failed) of \(models.count) gates failed") }
    if passed == models.count { return "✅ " + .plain("all \(models.count) gates passed") }
    let open = models.count - passed
    return "⚠️ "
      + .plain("\(passed) of \(models.count) gates passed, \(open) could not tell; none failed")
  }

  private static func fact(_ label: String, of model: ReportModel) -> String {
    (model.context + model.details).first { $0.label == label }?.text ?? "–"
  }

  private static func end(runURL: String?, isForeign: Bool) -> [UInt8] {
    var writer = MarkdownWriter(bytesMax: 4_096)
    if isForeign {
      writer.paragraph("Measured by a fork's own pipeline: nobody vouches for these figures.")
    }
    if let runURL {
      writer.paragraph(.link("The job, with the whole report among its files", to: runURL))
    }
    return writer.bytes
  }
}
