import CYaml
import Plan

/// Makes a plan's tree from YAML 1.1/1.2 text by libyaml's events.
///
/// It takes events and not Yams' nodes, because those are built before they can be refused: aliases
/// are expanded (a key that holds an exponential alias is hashed), recursion has no bound of its
/// own, and of a duplicate key only one place is known. Here aliases, anchors, tags, merge keys
/// and keys that are no text are refused where they stand, and depth is bounded.
struct YAMLTreeReader {
  /// Levels of nesting.
  static let depthMax = 32
  private static let depthText = "the plan is nested deeper than \(depthMax) levels"
  /// Problems that are kept before reading stops.
  static let problemsMax = 20

  /// A container whose end has not come.
  private struct Frame {
    var origin: PlanOrigin
    var isMapping: Bool
    var nodes: [PlanTree] = []
    var entries: [PlanEntry] = []
    /// A mapping's key whose value has not come.
    var key: (text: String, origin: PlanOrigin)?
    /// True if the key was there before: its value is read and left out.
    var isKeyDouble = false
    /// Lines of the keys so far.
    var lines: [String: Int] = [:]
  }

  private var frames: [Frame] = []
  private var root: PlanTree?
  private var problems: [PlanProblem] = []
  private var duplicates: [PlanProblem] = []

  /// A tree, and its duplicate keys. Of these the first ones are in the tree, so that whatever else
  /// is wrong with the plan can be said too.
  struct Reading {
    var tree: PlanTree
    var duplicates: [PlanProblem]
  }

  /// The tree of a text in UTF-8, with or without a byte order mark, with any line ends. An empty
  /// text is an empty mapping.
  static func read(_ bytes: [UInt8]) throws(PlanProblems) -> Reading {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    if let problem = encodingProblem(text) { throw PlanProblems([problem]) }
    var reader = YAMLTreeReader()
    text.withUnsafeBufferPointer { reader.parse($0) }
    guard reader.problems.isEmpty else {
      throw PlanProblems(reader.problems + reader.duplicates)
    }
    return Reading(
      tree: reader.root ?? PlanTree(.mapping([]), origin: .file(line: 1, column: 1)),
      duplicates: reader.duplicates)
  }

  private mutating func parse(_ text: UnsafeBufferPointer<UInt8>) {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else {
      report(.file(line: 1, column: 1), "no memory to read the plan")
      return
    }
    defer { yaml_parser_delete(&parser) }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(&parser, text.baseAddress, text.count)
    while problems.count + duplicates.count < Self.problemsMax {
      var event = yaml_event_t()
      guard yaml_parser_parse(&parser, &event) == 1 else {
        reportSyntax(parser, text)
        return
      }
      defer { yaml_event_delete(&event) }
      if event.type == YAML_STREAM_END_EVENT { return }
      guard take(event) else { return }
    }
  }

  /// Takes one event; false where reading cannot go on.
  private mutating func take(_ event: yaml_event_t) -> Bool {
    let origin = Self.origin(event.start_mark)
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      guard root == nil else {
        report(origin, "a second document starts here", remedy: "keep one plan in a file")
        return false
      }
    case YAML_ALIAS_EVENT:
      report(origin, "an alias (*) is not allowed in a plan", remedy: "write the value again")
      put(PlanTree(.scalar("", isQuoted: true), origin: origin), isText: true)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      refuse(anchor: scalar.anchor, tag: scalar.tag, origin)
      let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let content = PlanTree.Content.scalar(
        String(decoding: value, as: UTF8.self), isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
      put(PlanTree(content, origin: origin), isText: true)
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      refuse(anchor: start.anchor, tag: start.tag, origin)
      return open(Frame(origin: origin, isMapping: false))
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      refuse(anchor: start.anchor, tag: start.tag, origin)
      return open(Frame(origin: origin, isMapping: true))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      guard let frame = frames.popLast() else { return false }
      let content: PlanTree.Content =
        frame.isMapping ? .mapping(frame.entries) : .sequence(frame.nodes)
      put(PlanTree(content, origin: frame.origin), isText: false)
    default: break
    }
    return true
  }

  private mutating func open(_ frame: Frame) -> Bool {
    guard frames.count < Self.depthMax else {
      report(frame.origin, Self.depthText)
      return false
    }
    frames.append(frame)
    return true
  }

  /// Puts a finished node where it belongs: root, element, key or value.
  private mutating func put(_ node: PlanTree, isText: Bool) {
    guard let last = frames.indices.last else {
      root = node
      return
    }
    guard frames[last].isMapping else {
      frames[last].nodes.append(node)
      return
    }
    if let key = frames[last].key {
      if !frames[last].isKeyDouble {
        frames[last].entries.append(PlanEntry(key: key.text, origin: key.origin, value: node))
      }
      frames[last].key = nil
      frames[last].isKeyDouble = false
    } else {
      frames[last].key = key(node, isText: isText, in: last)
    }
  }

  private mutating func key(
    _ node: PlanTree, isText: Bool, in frame: Int
  ) -> (text: String, origin: PlanOrigin) {
    guard isText, case .scalar(let text, _) = node.content else {
      report(node.origin, "a key must be a single text", remedy: "write key: value")
      return ("", node.origin)
    }
    guard case .file(let line, _) = node.origin else { return (text, node.origin) }
    if text == "<<" {
      report(node.origin, "merge keys (<<) are not allowed in a plan")
    } else if let first = frames[frame].lines[text] {
      frames[frame].isKeyDouble = true
      duplicates.append(
        PlanProblem(
          .syntax, path: "", origin: node.origin,
          what: "the key \(text) stands here again, first in line \(first)",
          remedy: "remove one of the two"))
      return (text, node.origin)
    }
    frames[frame].lines[text] = line
    return (text, node.origin)
  }

  private mutating func refuse(
    anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?, _ origin: PlanOrigin
  ) {
    if anchor != nil {
      report(origin, "an anchor (&) is not allowed in a plan", remedy: "remove it")
    }
    if tag != nil { report(origin, "a tag (!) is not allowed in a plan", remedy: "remove it") }
  }

  private mutating func report(_ origin: PlanOrigin, _ what: String, remedy: String? = nil) {
    problems.append(PlanProblem(.syntax, path: "", origin: origin, what: what, remedy: remedy))
  }

  private static func origin(_ mark: yaml_mark_t) -> PlanOrigin {
    .file(line: mark.line + 1, column: mark.column + 1)
  }
}

extension YAMLTreeReader {
  /// Says what libyaml could not read, in its words.
  private mutating func reportSyntax(
    _ parser: yaml_parser_t, _ text: UnsafeBufferPointer<UInt8>
  ) {
    let what = parser.problem.map { String(cString: $0) } ?? "no YAML"
    let context = parser.context.map { String(cString: $0) + " " } ?? ""
    if what.contains("nesting level") {
      report(Self.origin(parser.mark), Self.depthText)
      return
    }
    // The place where it was noticed; a bracket or quote that is open at the end of the text is
    // worth its start instead.
    let isOpenEnded = parser.problem_mark.index >= text.count && parser.context != nil
    let mark = isOpenEnded ? parser.context_mark : parser.problem_mark
    let line = min(mark.line, max(0, text.count(where: { $0 == 0x0A })))
    let isIndentedByTab = what.contains("cannot start any token") && Self.hasTabIndent(text, line)
    problems.append(
      PlanProblem(
        .syntax, path: "", origin: .file(line: line + 1, column: mark.column + 1),
        what: isIndentedByTab ? "a tab indents this line" : "no YAML: \(context)\(what)",
        remedy: isIndentedByTab ? "indent with spaces" : nil))
  }

  private static func hasTabIndent(_ text: UnsafeBufferPointer<UInt8>, _ line: Int) -> Bool {
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    guard line < lines.count else { return false }
    return lines[line].prefix { $0 == 0x20 || $0 == 0x09 }.contains(0x09)
  }

  /// The first byte that is not UTF-8, and the first control character, by line.
  private static func encodingProblem(_ text: [UInt8]) -> PlanProblem? {
    func problem(before offset: Int, _ what: String, _ remedy: String?) -> PlanProblem {
      let line = text[..<offset].count(where: { $0 == 0x0A }) + 1
      return PlanProblem(
        .syntax, path: "", origin: .file(line: line, column: 1), what: what, remedy: remedy)
    }
    if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
      return problem(before: 0, "the plan is UTF-16", "save it as UTF-8")
    }
    if let offset = text.firstIndex(where: {
      ($0 < 0x20 && ![0x09, 0x0A, 0x0D].contains($0)) || $0 == 0x7F
    }) {
      return problem(
        before: offset, "a control character (byte \(text[offset])) is in the plan",
        "write it as an escape in double quotes")
    }
    if String(validating: text, as: UTF8.self) == nil {
      return problem(before: validPrefix(text), "this line is not UTF-8", "save it as UTF-8")
    }
    return nil
  }

  /// Bytes before the first that is not UTF-8.
  private static func validPrefix(_ text: [UInt8]) -> Int {
    var decoder = UTF8()
    var iterator = text.makeIterator()
    var count = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      count += UTF8.width(scalar)
    }
    return count
  }
}
