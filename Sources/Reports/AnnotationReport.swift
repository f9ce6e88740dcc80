import Model

/// The report as workflow commands of GitHub Actions, which Gitea and Forgejo read too: what a
/// reviewer sees at the pull request without opening a log.
///
/// https://docs.github.com/actions/reference/workflow-commands-for-github-actions. GitHub shows ten
/// annotations of a level and step.
public enum AnnotationReport {
  /// Annotations of a report at most.
  public static let annotationsMax = 10

  /// How much an annotation weighs.
  public enum Level: String, Sendable {
    /// The step fails for it.
    case error
    /// Somebody should look.
    case warning
    /// Good to know.
    case notice
  }

  /// The report, UTF-8, a line an annotation: the verdict with its headline first, then each reason
  /// that the headline does not say, the last of them a count of those that are left out.
  public static func bytes(_ model: ReportModel) -> [UInt8] {
    let level = level(model)
    let project = model.context.first { $0.label == "project" }?.text
    let title = ["streamgate", project].compactMap { $0 }.joined(separator: " ")
    var lines = [
      command(level, title: "\(title): \(model.qualifiedLabel)", message: model.headline)
    ]
    let reasons = model.reasons.map(\.text).filter { !model.verdictLine.contains($0) }
    let isCut = reasons.count > annotationsMax - 1
    for reason in reasons.prefix(annotationsMax - (isCut ? 2 : 1)) {
      lines.append(command(level, title: title, message: reason))
    }
    if isCut {
      let rest = reasons.count - (annotationsMax - 2)
      lines.append(command(level, title: title, message: "\(rest) more: see the report"))
    }
    return Array(lines.joined().utf8)
  }

  /// One annotation as a line; title and message may be any text.
  public static func command(_ level: Level, title: String, message: String) -> String {
    "::\(level.rawValue) title=\(escaped(title, isProperty: true))::\(escaped(message))\n"
  }

  private static func level(_ model: ReportModel) -> Level {
    if model.exitCode != 0 { return .error }
    switch model.kind {
    case .pass: return .notice
    case .inconclusive:
      return model.qualifier == nil || model.isUnmeasured ? .warning : .notice
    case .fail, .cannotEvaluate: return .error
    }
  }

  /// As the runner takes it back: `%` and line ends, and in a property also `:` and `,`.
  private static func escaped(_ text: String, isProperty: Bool = false) -> String {
    var out = ""
    for scalar in LogText.inert(ForeignText.line(text, max: scalarsMax)).unicodeScalars {
      switch scalar {
      case "%": out += "%25"
      case ":" where isProperty: out += "%3A"
      case "," where isProperty: out += "%2C"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// A headline with three findings in it fits.
  private static let scalarsMax = 2_000
}
