import LoadEngine
import Model
import Plan
import StreamMeter

extension StreamSurvey {
  /// The survey of a checked stream; `secrets` that the service sent back are masked.
  static func of(
    _ stream: SingleStream, _ scenario: ScenarioPlan, hiding secrets: [String]
  ) throws(Failure) -> StreamSurvey {
    let dialect: Dialect
    do throws(EngineError) {
      dialect = try Dialect.of(scenario.target)
    } catch {
      throw Failure(error)
    }
    // The body of a refusal is no stream; `check` shows its beginning as evidence.
    let isReply = (200..<300).contains(stream.sample.httpStatus ?? 0)
    var body = isReply ? stream.body : []
    Redactor(secrets: secrets).mask(&body)
    return StreamSurvey(dialect, body: body)
  }
}

extension CheckedStream {
  /// What each path matched in the first events, and hints where one never did.
  var surveyLines: [String] {
    guard survey.events > 0 else { return [] }
    var lines = ["  paths, in \(survey.events) event\(survey.events == 1 ? "" : "s"):"]
    let rows = survey.findings.map { ["    " + $0.meaning, $0.place, CheckedStream.matched($0)] }
    lines.append(RunTable.columns(rows))
    for finding in survey.findings where finding.count == 0 && finding.meaning != "error" {
      lines.append("  \(finding.meaning) \(finding.place) never matched" + hint(finding))
    }
    if survey.unreadEvents > 0 {
      lines.append("  \(survey.unreadEvents) events are neither a JSON object nor the end marker")
    }
    return lines.filter { !$0.isEmpty }
  }

  /// `event 2 "Hel", event 3 "lo"; 37 in all`.
  private static func matched(_ finding: StreamSurvey.Finding) -> String {
    guard let first = finding.first else { return "never" }
    let shown = finding.matches.isEmpty ? [first] : finding.matches
    let texts = shown.map { "event \($0.event) \(quoted($0.text))" }.joined(separator: ", ")
    return finding.count == shown.count ? texts : "\(texts); \(finding.count) in all"
  }

  private func hint(_ finding: StreamSurvey.Finding) -> String {
    guard !finding.hints.isEmpty else { return "; nothing like it was there" }
    let seen = finding.hints.map { hint in
      hint.text.isEmpty ? hint.place : "\(hint.place) \(CheckedStream.quoted(hint.text))"
    }
    return "; seen: " + seen.joined(separator: ", ")
  }

  /// A service's text in quotes, on one line.
  private static func quoted(_ text: String) -> String {
    Console.inertLine(String(decoding: JSONWriter.bytes(.string(text)), as: UTF8.self))
  }
}

extension StreamSurvey.Finding {
  /// The finding as `check --json` writes it.
  var json: JSONValue {
    .object([
      JSONMember("meaning", .string(meaning)), JSONMember("place", .string(place)),
      JSONMember("count", .integer(Int64(count))),
      JSONMember("first_event", first.map { .integer(Int64($0.event)) } ?? .null),
      JSONMember(
        "matches",
        .array(
          matches.map { match in
            .object([
              JSONMember("event", .integer(Int64(match.event))),
              JSONMember("text", .string(match.text)),
            ])
          })),
      JSONMember(
        "seen",
        .array(
          hints.map { hint in
            .object([
              JSONMember("place", .string(hint.place)), JSONMember("text", .string(hint.text)),
            ])
          })),
    ])
  }
}
