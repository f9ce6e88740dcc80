import Model

/// What each path of a dialect matched in a body, and, for those that never matched, what was
/// there instead: an explanation for people, made after the fact and apart from any metering.
///
/// It holds every event as a value, so it is for one stream and not for load. O(body x paths).
public struct StreamSurvey: Sendable, Equatable {
  /// Events whose matches are kept one by one.
  public static let eventsShown = 5
  /// Hints of a path.
  public static let hintsMax = 3
  /// Characters of a text that is kept.
  public static let textMax = 60

  /// One path, event name or marker of the dialect's table.
  public struct Finding: Sendable, Equatable {
    /// What it means: `content`, `usage output`, `end`.
    public let meaning: String
    /// Where it looks: `$.delta.text`, `event end`, `data [DONE]`; with the event's name before it
    /// where only events of that name are looked at.
    public let place: String
    /// What it matched in the first events, in order.
    public internal(set) var matches: [Match] = []
    /// Matches in all events.
    public internal(set) var count = 0
    /// The first match, nil without one.
    public internal(set) var first: Match?
    /// What was seen nearby, the nearest first; empty where it matched.
    public internal(set) var hints: [Seen] = []
  }

  /// A match.
  public struct Match: Sendable, Equatable {
    /// The event's number, from 1.
    public let event: Int
    /// The value's text, cut.
    public let text: String
  }

  /// Something that was there.
  public struct Seen: Sendable, Equatable {
    /// Where: a path, `event NAME` or `data`.
    public let place: String
    /// The text of its first value, cut; empty for an event's name.
    public let text: String
  }

  /// Events in the body, the end marker included.
  public private(set) var events = 0
  /// Events whose data is neither a marker nor a JSON object.
  public private(set) var unreadEvents = 0
  /// One a line of the dialect's table, in its order: for a dialect of a plan's own all of them,
  /// for others those that matched, the end markers, and, without any text, where it was sought.
  public private(set) var findings: [Finding] = []

  /// A survey of a body, or of its beginning, by a dialect.
  public init(_ dialect: Dialect, body: [UInt8]) {
    var lines = dialect.surveyLines
    var places = SeenPlaces()
    for event in SurveyedEvent.all(in: body, dialect) {
      events += 1
      if !event.isMarker && event.value == nil { unreadEvents += 1 }
      places.add(event)
      for index in lines.indices { lines[index].look(at: event, number: events, dialect) }
    }
    let isOwn = dialect.name == "custom"
    // A dialect that found no text is not the service's: then its paths need the hints too.
    let texts = ["content", "reasoning", "tool call"]
    let isTextless = !lines.contains { texts.contains($0.finding.meaning) && $0.finding.count > 0 }
    findings = lines.compactMap { line in
      var finding = line.finding
      // That nothing failed needs no explanation.
      let isOdd = finding.count == 0 && finding.meaning != "error"
      if isOdd { finding.hints = places.hints(for: line) }
      let isSought = isOwn || (isTextless && finding.meaning == "content")
      return isSought || finding.count > 0 || (finding.meaning == "end" && line.isUsualEnd)
        ? finding : nil
    }
    // One end is enough where a dialect has several.
    if findings.contains(where: { $0.meaning == "end" && $0.count > 0 }) {
      findings.removeAll { $0.meaning == "end" && $0.count == 0 }
    }
  }

  /// A text cut to `textMax` characters.
  static func cut(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > textMax else { return text }
    return String(String.UnicodeScalarView(scalars.prefix(textMax))) + "…"
  }
}

/// One line of a dialect's table, with what it found so far.
struct SurveyLine {
  /// What it looks for.
  enum Target {
    /// A value at a path, in events of a name or in those without a rule of their own.
    case path(PathRule, event: String?)
    /// An event of a name.
    case event(String)
    /// Data that is the end marker.
    case marker
  }

  let target: Target
  var finding: StreamSurvey.Finding

  /// False for a rule that only some streams of the dialect have.
  var isUsualEnd: Bool {
    if case .path(_, let event) = target { event == nil } else { true }
  }

  mutating func look(at event: SurveyedEvent, number: Int, _ dialect: Dialect) {
    switch target {
    case .marker: if event.isMarker { add(number, event.text) }
    case .event(let name): if event.name == name { add(number, name) }
    case .path(let rule, let name):
      guard let value = event.value, name == event.ruledName(dialect) else { return }
      if rule.meaning == .content && event.isHidden(dialect) { return }
      for found in value.found(rule.steps) where rule.isMatched(by: found) {
        add(number, found.surveyText)
      }
    }
  }

  private mutating func add(_ event: Int, _ text: String) {
    let match = StreamSurvey.Match(event: event, text: StreamSurvey.cut(text))
    finding.count += 1
    finding.first = finding.first ?? match
    if event <= StreamSurvey.eventsShown { finding.matches.append(match) }
  }
}

extension Dialect {
  /// The lines of the table: paths, then those of named events, then what ends a stream.
  fileprivate var surveyLines: [SurveyLine] {
    func line(_ rule: PathRule, event: String?) -> SurveyLine {
      let path = rule.pathText + (rule.literal.map { " = \($0)" } ?? "")
      return SurveyLine(
        target: .path(rule, event: event),
        finding: .init(
          meaning: rule.meaning.text, place: (event.map { "\($0): " } ?? "") + path))
    }
    var lines = paths.rules.map { line($0, event: nil) }
    for (name, rule) in paths.events.sorted(by: { $0.key < $1.key }) {
      lines += (rule.paths ?? []).map { line($0, event: name) }
      switch rule.meaning {
      case .end, .marker:
        lines.append(
          SurveyLine(
            target: .event(name), finding: .init(meaning: "end", place: "event \(name)")))
      case .unknown, .ignored, .error: break
      }
    }
    if let endMarker {
      let text = String(decoding: endMarker, as: UTF8.self)
      lines.append(
        SurveyLine(target: .marker, finding: .init(meaning: "end", place: "data \(text)")))
    }
    return lines
  }
}

extension PathMeaning {
  fileprivate var text: String {
    switch self {
    case .eventName: "event name"
    case .choice: "choice"
    case .content: "content"
    case .reasoning: "reasoning"
    case .toolArguments, .toolCall: "tool call"
    case .hidden: "hidden"
    case .finishReason: "finish"
    case .usageOutput: "usage output"
    case .usageInput, .usageInputApart: "usage input"
    case .usageCached, .usageCachedApart: "usage cached"
    case .error: "error"
    case .end, .endByText: "end"
    }
  }

  /// True for counts, which are numbers; other meanings want texts or anything.
  var isCount: Bool {
    switch self {
    case .usageOutput, .usageInput, .usageInputApart, .usageCached, .usageCachedApart: true
    default: false
    }
  }
}

extension PathRule {
  /// The path as RFC 9535 writes it.
  var pathText: String {
    steps.reduce(into: "$") { text, step in
      switch step {
      case .member(let name): text += JSONPath.member(name).text.dropFirst()
      case .element: text += "[*]"
      case .index(let index): text += "[\(index)]"
      }
    }
  }

  /// True if the meter would take the value for what the rule means.
  func isMatched(by value: JSONValue) -> Bool {
    if let literal, value.surveyText != literal { return false }
    switch meaning {
    case .eventName, .content, .reasoning, .toolArguments, .finishReason:
      return value.stringValue?.isEmpty == false
    case .choice, .toolCall: return value.objectValue != nil
    case .usageOutput, .usageInput, .usageInputApart, .usageCached, .usageCachedApart:
      return value.intValue.map { $0 >= 0 } ?? false
    case .hidden, .endByText: return true
    case .end: return value != .null && value != .bool(false)
    case .error: return value != .null && value != .bool(false) && value != .string("")
    }
  }
}

extension JSONValue {
  /// The values at a path.
  func found(_ steps: some Collection<PathStep>) -> [JSONValue] {
    guard let step = steps.first else { return [self] }
    let rest = steps.dropFirst()
    switch step {
    case .member(let name): return self[name].map { $0.found(rest) } ?? []
    case .element: return (arrayValue ?? []).flatMap { $0.found(rest) }
    case .index(let index):
      guard let elements = arrayValue, index < elements.count else { return [] }
      return elements[index].found(rest)
    }
  }

  /// A string's characters, any other value's JSON.
  var surveyText: String {
    stringValue ?? String(decoding: JSONWriter.bytes(self), as: UTF8.self)
  }
}
