public import Model

/// A stream that the flight recorder kept: its id, and why a reader should look at it.
public struct StreamNote: Sendable, Equatable {
  /// `profile/scenario/seq`.
  public var id: String
  /// What it is the worst of.
  public enum Reason: String, Sendable, CaseIterable {
    /// The slowest first token of its run.
    case ttft
    /// The largest gap of its run.
    case gap
    /// The first of its outcome.
    case failure
  }
  /// Why it is shown.
  public var reason: Reason
  /// How it ended.
  public var outcome: Outcome
  /// The time to the first token, or the gap; nil for a failure.
  public var length: Nanos?

  /// A note on a stream.
  public init(id: String, reason: Reason, outcome: Outcome, length: Nanos? = nil) {
    self.id = id
    self.reason = reason
    self.outcome = outcome
    self.length = length
  }

  /// Why it is shown, in words.
  var label: String {
    switch reason {
    case .ttft: "slowest first token"
    case .gap: "largest gap"
    case .failure: "first \(outcome.name)"
    }
  }

  var json: JSONValue {
    var members = [
      JSONMember("id", .string(id)), JSONMember("reason", .string(reason.rawValue)),
      JSONMember("outcome", .string(outcome.name)),
    ]
    if let length { members.append(JSONMember("length_s", .number(length.seconds))) }
    return .object(members)
  }

  init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    let id = try fields.string("id")
    guard let reason = Reason(rawValue: try fields.string("reason")) else {
      throw FieldError(field: "reason", what: "is no reason")
    }
    guard let outcome = Outcome(name: try fields.string("outcome")) else {
      throw FieldError(field: "outcome", what: "is no known outcome")
    }
    self.init(
      id: id, reason: reason, outcome: outcome, length: try fields.optionalSeconds("length_s"))
  }
}

extension ReportBuilder {
  /// The recorded streams that a reader should look at, and the command that shows one.
  func streamFacts(_ runID: String) -> [ReportFact] {
    guard let first = facts.streams.first else { return [] }
    let shown = facts.streams.map { note in
      ReportFact(note.label, ForeignText.name(note.id) + words(note))
    }
    let command = "streamgate report \(runID) --stream \(first.id)"
    return shown + [ReportFact("one stream", ForeignText.line(command), isCode: true)]
  }

  /// Where a reader finds what failed or slow streams were like; nothing where none is of interest.
  func streamStep() -> [String] {
    let failed = facts.streams.first { $0.reason == .failure }
    let slowest = verdict.kind == .fail ? facts.streams.first : nil
    guard let header, let note = failed ?? slowest else { return [] }
    return [
      "streamgate report \(ForeignText.name(header.runID)) --stream lists the recorded streams;"
        + " with \(ForeignText.name(note.id)) it shows one."
    ]
  }

  private func words(_ note: StreamNote) -> String {
    let length = note.length.map { ": " + Figures.duration($0.seconds) } ?? ""
    let isNamed = note.reason == .failure || note.outcome == .complete
    return length + (isNamed ? "" : ", \(note.outcome.name)")
  }
}
