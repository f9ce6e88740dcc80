import Model

/// The text of a comment in a pull request: one report, or several under one headline, within what
/// a comment may hold.
public struct CommentReport: Sendable {
  /// Bytes of a comment at most, without the line that its writer puts in front.
  public static let bytesMax = 60_000 - 200
  /// Bytes that a report must have room for, or only its row in the table is shown.
  static let shareMin = 2_000
  /// Gates that have a row; more than that are counted.
  static let rowsMax = 100

  /// What is told of a gate.
  public enum Part: Sendable {
    /// Its verdict.
    case report(ReportModel)
    /// That it has none.
    case missing(MissingVerdict)

    var row: CommentRow {
      switch self {
      case .report(let model): CommentRow(model)
      case .missing(let missing): CommentRow(missing)
      }
    }

    fileprivate var label: String {
      switch self {
      case .report(let model): model.label
      case .missing: "NO VERDICT"
      }
    }

    fileprivate func bytes(bytesMax: Int) -> [UInt8] {
      switch self {
      case .report(let model): MarkdownReport.bytes(model, bytesMax: bytesMax)
      case .missing(let missing): missing.bytes(bytesMax: bytesMax)
      }
    }
  }

  /// The gates that are told of.
  public let parts: [Part]
  /// Where the whole reports are, nil where nobody knows.
  public let runURL: String?
  /// True of a run that a stranger's pipeline made: it is said.
  public let isForeign: Bool
  /// What a reader should know of all of them first, nil for nothing.
  public let remark: String?

  /// A comment on gates.
  public init(
    _ parts: [Part], runURL: String? = nil, isForeign: Bool = false, remark: String? = nil
  ) {
    (self.parts, self.runURL, self.isForeign) = (parts, runURL, isForeign)
    self.remark = remark.map { ForeignText.line($0) }
  }

  /// A comment on reports.
  public init(_ models: [ReportModel], runURL: String? = nil, isForeign: Bool = false) {
    self.init(models.map { .report($0) }, runURL: runURL, isForeign: isForeign)
  }

  /// What is to be said of each part once more beside later ones, among so many in all.
  public func notes(among count: Int) -> [String] { parts.map { $0.row.note(among: count) } }

  /// The comment as Markdown, UTF-8. `kept` are gates that an earlier call told of: they have a row
  /// each.
  public func bytes(
    keeping kept: [CommentRow] = [], bytesMax: Int = CommentReport.bytesMax
  ) -> [UInt8] {
    let end = self.end()
    let room = bytesMax - end.count
    guard parts.count == 1, kept.isEmpty else { return several(kept, bytesMax: room) + end }
    guard case .report(var model) = parts[0] else { return parts[0].bytes(bytesMax: room) + end }
    if let remark { model.notices.insert(remark, at: 0) }
    return MarkdownReport.bytes(model, bytesMax: room, lead: lead) + end
  }

  /// What stands right below the headline: whoever reads no further has read it.
  private var lead: MarkdownText? {
    isForeign
      ? "⚠️ Measured by a fork's own pipeline: nobody vouches for these figures." : nil
  }

  private func several(_ kept: [CommentRow], bytesMax: Int) -> [UInt8] {
    let parts = self.parts.enumerated().sorted {
      ($0.element.row.rank, $0.offset) < ($1.element.row.rank, $1.offset)
    }.map(\.element)
    let rows = parts.map(\.row) + kept.sorted { $0.rank < $1.rank }
    var writer = MarkdownWriter(bytesMax: bytesMax)
    writer.heading(CommentReport.headline(rows))
    if let lead { writer.paragraph(lead) }
    if let remark { writer.paragraph("⚠️ " + .plain(remark)) }
    table(rows, &writer)
    if !kept.isEmpty {
      let words =
        kept.count == 1
        ? "The last row is as an earlier call told: this one has no news of it."
        : "The last \(kept.count) rows are as earlier calls told: this one has no news of them."
      writer.paragraph(.plain(words))
    }
    let shown = min(parts.count, max(0, bytesMax - writer.bytes.count) / Self.shareMin)
    if shown < parts.count {
      writer.paragraph(
        .plain("No room for the details of \(parts.count - shown) more: see their result.json."))
    }
    var text = writer.bytes
    for (index, part) in parts.prefix(shown).enumerated() {
      let left = bytesMax - text.count
      let opening = Array("<details><summary>\(index + 1): \(part.label)</summary>\n\n".utf8)
      let closing = Array("</details>\n\n".utf8)
      // What the others leave goes to those that come later.
      let share = left / (shown - index) - opening.count - closing.count
      text += opening + part.bytes(bytesMax: share) + closing
    }
    return text
  }

  private func table(_ rows: [CommentRow], _ writer: inout MarkdownWriter) {
    let isOneCommit = Set(rows.map(\.commit)).count < 2
    writer.table(
      [">#", "Project", "Environment"] + (isOneCommit ? [] : ["Commit"]) + ["Verdict"],
      rows.prefix(Self.rowsMax).enumerated().map { index, row in
        [.plain(String(index + 1)), .code(row.project), .code(row.environment)]
          + (isOneCommit ? [] : [.code(row.commit)]) + [row.mark + .plain(row.line)]
      })
    if rows.count > Self.rowsMax {
      writer.paragraph(.plain("\(rows.count - Self.rowsMax) more are not shown."))
    }
  }

  private static func headline(_ rows: [CommentRow]) -> MarkdownText {
    let failed = rows.count { $0.kind == .fail }
    let passed = rows.count { $0.kind == .pass }
    let missing = rows.count { $0.kind == nil }
    let none = missing == 0 ? "" : ", \(missing) without a verdict"
    if failed > 0 { return "❌ " + .plain("\(failed) of \(rows.count) gates failed\(none)") }
    if passed == rows.count { return "✅ " + .plain("all \(rows.count) gates passed") }
    let open = rows.count - passed
    guard missing == 0 else {
      return "⛔ " + .plain("\(missing) of \(rows.count) gates without a verdict; none failed")
    }
    return "⚠️ "
      + .plain("\(passed) of \(rows.count) gates passed, \(open) could not tell; none failed")
  }

  private func end() -> [UInt8] {
    var writer = MarkdownWriter(bytesMax: 4_096)
    if let runURL {
      writer.paragraph(.link("The job, with the whole report among its files", to: runURL))
    }
    return writer.bytes
  }
}
