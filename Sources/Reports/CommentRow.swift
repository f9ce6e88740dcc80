import Model

/// What a comment says of one gate in one row: of a report, of a run that came to no verdict, or,
/// by its note, of what an earlier call told.
///
/// A note may have been changed by whoever may edit the comment: it is foreign text like any other.
public struct CommentRow: Sendable, Equatable {
  /// The answer, nil where there is none.
  var kind: VerdictKind?
  var project: String
  var environment: String
  /// The commit, shortened.
  var commit: String
  /// The verdict line.
  var line: String

  /// A report's row.
  init(_ model: ReportModel) {
    func fact(_ label: String) -> String {
      (model.context + model.details).first { $0.label == label }?.text ?? "–"
    }
    kind = model.kind
    project = fact("project")
    environment = fact("environment")
    commit = fact("commit")
    line = model.verdictLine
  }

  init(_ missing: MissingVerdict) {
    kind = nil
    project = missing.project
    environment = missing.environment
    commit = missing.shortCommit
    line = missing.line
  }

  /// The row of a note.
  public init?(note: String) {
    let parts = note.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5 else { return nil }
    kind = VerdictKind(rawValue: parts[0])
    project = ForeignText.name(parts[1])
    environment = ForeignText.name(parts[2])
    commit = ForeignText.name(parts[3])
    line = ForeignText.line(parts[4])
  }

  /// Names and line as far as so many rows have room beside each other in a comment's mark.
  func note(among count: Int) -> String {
    let lineMax = count <= 20 ? 200 : 60
    return [
      kind?.rawValue ?? "none", CommentRow.cut(project, 60), CommentRow.cut(environment, 60),
      CommentRow.cut(commit, 40), CommentRow.cut(line, lineMax),
    ].joined(separator: "\n")
  }

  /// The text in at most so many bytes of UTF-8.
  private static func cut(_ text: String, _ bytesMax: Int) -> String {
    guard text.utf8.count > bytesMax else { return text }
    var text = text
    while text.utf8.count > bytesMax - 3 { text.unicodeScalars.removeLast() }
    return text + "…"
  }

  var mark: MarkdownText { kind.map { MarkdownReport.mark($0) } ?? "⛔ " }

  /// Most urgent first.
  var rank: Int {
    switch kind {
    case .fail: 0
    case nil: 1
    case .cannotEvaluate: 2
    case .inconclusive: 3
    case .pass: 4
    }
  }
}

/// A run that ended without a verdict, for a comment: an older one must not be taken for its own.
public struct MissingVerdict: Sendable, Equatable {
  /// The plan's project; foreign text, made inert.
  public let project: String
  /// The environment.
  public let environment: String
  /// The commit that was to be judged.
  public let commit: String
  /// Why there is no verdict, one line.
  public let why: String
  /// What the process exits with.
  public let exitCode: Int

  /// Facts of any text.
  public init(
    project: String, environment: String, commit: String, why: String, exitCode: Int
  ) {
    self.project = ForeignText.name(project)
    self.environment = ForeignText.name(environment)
    self.commit = ForeignText.name(commit)
    self.why = ForeignText.line(why)
    self.exitCode = exitCode
  }

  var shortCommit: String { String(commit.prefix(12)) }

  var line: String {
    "NO VERDICT on commit \(shortCommit): \(why) (exit code \(exitCode))"
  }

  /// The comment's section.
  func bytes(bytesMax: Int) -> [UInt8] {
    var writer = MarkdownWriter(bytesMax: bytesMax)
    writer.heading("⛔ " + .plain(line))
    writer.paragraph(
      "project " + .code(project) + " · environment " + .code(environment) + " · commit "
        + .code(shortCommit))
    writer.paragraph(
      "The run ended before this commit could be judged. The job's log says more; what an earlier "
        + "run told here was of another commit or another attempt.")
    return writer.bytes
  }
}
