import Model

/// One event of a body as a value.
struct SurveyedEvent {
  /// The name that stands before its data, nil for none.
  var fieldName: String?
  /// The name by which the dialect knows it: the field's, or one in its data.
  var name: String?
  /// Its data.
  var text: String
  /// The data as JSON, nil where it is no object.
  var value: JSONValue?
  /// True if the data is the dialect's end marker.
  var isMarker: Bool

  init(_ data: UnsafeRawBufferPointer, fieldName: String?, _ dialect: Dialect) {
    self.fieldName = fieldName
    text = String(decoding: data, as: UTF8.self)
    isMarker = dialect.isEndMarker(data)
    // From the repaired text: the meter lets pass what is no UTF-8.
    let parsed = try? JSONReader.parse(Array(text.utf8))
    value = parsed?.objectValue == nil ? nil : parsed
    name = fieldName
    if fieldName == nil, let value {
      let rule = dialect.paths.rules.first { $0.meaning == .eventName }
      name = rule.flatMap { value.found($0.steps).first?.stringValue }
    }
  }

  /// The name whose own paths are looked at, nil for the paths of events without any.
  func ruledName(_ dialect: Dialect) -> String? {
    name.flatMap { dialect.paths.events[$0]?.paths == nil ? nil : $0 }
  }

  /// True if its content is shown to nobody.
  func isHidden(_ dialect: Dialect) -> Bool {
    dialect.paths.rules.contains { rule in
      rule.meaning == .hidden
        && (value?.found(rule.steps) ?? []).contains { rule.isMatched(by: $0) }
    }
  }

  /// The events of a body, cut as the meter cuts them.
  static func all(in body: [UInt8], _ dialect: Dialect) -> [SurveyedEvent] {
    body.withUnsafeBytes { bytes in
      switch dialect.framing {
      case .text: return []
      case .document: return [SurveyedEvent(bytes, fieldName: nil, dialect)]
      case .events, .lines: return cut(bytes, dialect)
      }
    }
  }

  private static func cut(
    _ bytes: UnsafeRawBufferPointer, _ dialect: Dialect
  ) -> [SurveyedEvent] {
    var names = dialect.framing == .events ? fieldNames(bytes)[...] : []
    var reader = EventReader(limits: MeterLimits())
    reader.reset(dialect.framing)
    reader.begin(bytes, offset: 0)
    var events: [SurveyedEvent] = []
    dialect.paths.withView { table in
      while case .event(let data) = reader.next(table) {
        events.append(SurveyedEvent(data, fieldName: names.popFirst() ?? nil, dialect))
      }
    }
    reader.suspend()
    if let rest = reader.lastLine() {
      events.append(SurveyedEvent(rest, fieldName: nil, dialect))
    }
    return events
  }

  /// The name of each event that has data, nil for one without.
  private static func fieldNames(_ bytes: UnsafeRawBufferPointer) -> [String?] {
    var lines = LineReader(bytesMax: MeterLimits().lineBytesMax)
    lines.begin(bytes, offset: 0)
    var names: [String?] = []
    var name: String?
    var hasData = false
    while case .line(let line) = lines.next() {
      if line.isEmpty {
        if hasData { names.append(name) }
        (name, hasData) = (nil, false)
        continue
      }
      let end = line.firstIndex(of: UInt8(ascii: ":")) ?? line.count
      switch FieldName(UnsafeRawBufferPointer(rebasing: line[..<end])) {
      case .data: hasData = true
      case .event:
        let value = line[min(end + 1, line.count)...]
        name = String(decoding: value.first == 0x20 ? value.dropFirst() : value, as: UTF8.self)
      // A byte order mark hides the first line's name: no field but data comes so.
      case .unknown: if names.isEmpty, name == nil { hasData = hasData || isMarkedData(line) }
      case .comment, .ignored: break
      }
    }
    return names
  }

  private static func isMarkedData(_ line: UnsafeRawBufferPointer) -> Bool {
    line.starts(with: "\u{FEFF}data".utf8)
  }
}

/// What was in the events of a body, for hints.
struct SeenPlaces {
  /// Places that are kept.
  private static let placesMax = 200
  /// Elements of an array that are looked into.
  private static let elementsMax = 3
  /// Levels of nesting that are looked into.
  private static let depthMax = 12

  private var leaves: [(path: String, value: JSONValue)] = []
  private var known: Set<String> = []
  private var names: [String] = []
  private var data: [String] = []

  mutating func add(_ event: SurveyedEvent) {
    if let name = event.fieldName, !names.contains(name), names.count < Self.placesMax {
      names.append(name)
    }
    if let value = event.value {
      add(value, steps: [])
    } else if data.count < Self.placesMax, !data.contains(event.text) {
      data.append(event.text)
    }
  }

  private mutating func add(_ value: JSONValue, steps: [JSONPath.Step]) {
    guard leaves.count < Self.placesMax, steps.count < Self.depthMax else { return }
    switch value {
    case .object(let members):
      for member in members { add(member.value, steps: steps + [.member(member.name)]) }
    case .array(let values):
      for (index, element) in values.prefix(Self.elementsMax).enumerated() {
        add(element, steps: steps + [.index(index)])
      }
    case .null, .bool, .integer, .number, .string:
      // An empty text today may be the token of tomorrow's event.
      guard value != .null, value != .string("") else { return }
      let path = JSONPath(steps).text
      if known.insert(path).inserted { leaves.append((path, value)) }
    }
  }

  /// What was seen that a line without a match may have meant, the nearest first.
  func hints(for line: SurveyLine) -> [StreamSurvey.Seen] {
    switch line.target {
    case .event(let wanted):
      return nearest(names.map { ("event \($0)", "") }, to: "event \(wanted)")
    case .marker:
      return nearest(data.map { ("data", StreamSurvey.cut($0)) }, to: "data")
    case .path(let rule, _):
      let fitting = leaves.filter { leaf in
        if rule.meaning.isCount { return leaf.value.intValue != nil }
        switch rule.meaning {
        case .error, .end, .endByText, .hidden: return true
        default: return leaf.value.stringValue != nil
        }
      }
      return nearest(
        fitting.map { ($0.path, StreamSurvey.cut($0.value.surveyText)) }, to: rule.pathText)
    }
  }

  private func nearest(
    _ seen: [(place: String, text: String)], to wanted: String
  ) -> [StreamSurvey.Seen] {
    let wanted = Array(wanted.unicodeScalars)
    let ranked = seen.enumerated().map { index, item in
      (
        distance: EditDistance.between(wanted, Array(item.place.unicodeScalars)), index: index
      )
    }.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
    return ranked.prefix(StreamSurvey.hintsMax).map {
      StreamSurvey.Seen(place: seen[$0.index].place, text: seen[$0.index].text)
    }
  }
}
