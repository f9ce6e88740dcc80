// Reports: a verdict in words, and the words laid out.
//
// `ReportModel` decides every word and every figure's text once, from a verdict, the runs behind
// it and the facts of the invocation. JUnit, Markdown and the terminal summary only lay it out,
// each with its own escaping writer; `ResultFile` carries the verdict's inputs so that it can be
// reached again offline. Nothing here judges, reads a file or a clock, or prints.

/// A form of a report.
public enum ReportFormat: Sendable, Hashable, CaseIterable {
  /// JUnit XML that both the Jenkins and the Ant schema accept.
  case junit
  /// JUnit XML with a `type` on skipped cases and properties on cases, which the schemas refuse
  /// and CircleCI, Buildkite and GitHub reporters read.
  case junitExtended
  /// Markdown for a step summary or a comment, at most `MarkdownReport.bytesMax` bytes.
  case markdown
  /// A page for a browser, one file without scripts.
  case html
  /// `result.json`, schema `streamgate-result/1`.
  case json
  /// OpenMetrics text, closed by `# EOF`.
  case openMetrics
  /// Plain text for a terminal or a log; `Reports.text` has forms of it.
  case terminal
}
