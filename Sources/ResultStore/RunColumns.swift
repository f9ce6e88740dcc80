import Model

/// The header's columns in table `run`, one order for writing and reading.
enum RunColumns {
  static let names = [
    "run_id", "project", "commit_id", "tested_commit", "branch", "environment", "plan_digest",
    "started_at", "timeout_ns", "profiles", "scenarios", "regions", "unstreamed_scenarios",
    "n_ref", "stall_gap_ns", "token_unit", "usable", "unusable_reason", "finished", "pair_id",
    "self_check", "aborted", "verdict", "version", "exploration",
  ]

  static func values(_ header: RunHeader) -> [SQLValue] {
    [
      .text(header.runID), .text(header.project), .text(header.commit),
      SQLValue(header.testedCommit), .text(header.branch), .text(header.environment),
      .text(header.planDigest), SQLValue(header.startedAt), SQLValue(header.timeout),
      names(header.profiles), names(header.scenarios), names(header.regions),
      names(header.unstreamedScenarios), SQLValue(numbers(header.referenceTokens)),
      SQLValue(header.stallGap), .text(header.tokenUnit.rawValue), SQLValue(header.isUsable),
      SQLValue(header.unusableReason), SQLValue(header.isFinished), SQLValue(header.pairID),
      header.selfCheck.map { SQLValue($0.json) } ?? .null,
      header.aborted.map { SQLValue($0.json) } ?? .null, SQLValue(header.verdict?.rawValue),
      .text(header.version), SQLValue(header.exploration),
    ]
  }

  /// The columns for a SELECT; NULL stands in for a self-check that is not wanted.
  static func selected(selfCheck: Bool) -> String {
    names.map { $0 == "self_check" && !selfCheck ? "NULL" : $0 }.joined(separator: ", ")
  }

  /// A value by its name in a column.
  static func code<Value>(
    _ row: Row, _ column: Int, _ read: (String) -> Value?
  ) throws(StoreError) -> Value {
    let text = try row.text(column)
    guard let value = read(text) else { throw row.damaged(column, "is \(text)") }
    return value
  }

  /// Numbers by name, as JSON.
  static func numbers(_ numbers: [String: Double]) -> JSONValue {
    .object(numbers.sorted { $0.key < $1.key }.map { JSONMember($0.key, .number($0.value)) })
  }

  static func numbers(_ row: Row, _ column: Int) throws(StoreError) -> [String: Double] {
    try numbers(row, column, json(row, column, try row.text(column)))
  }

  fileprivate static func numbers(
    _ row: Row, _ column: Int, _ value: JSONValue
  ) throws(StoreError) -> [String: Double] {
    guard let members = value.objectValue else { throw row.damaged(column, "is no object") }
    var numbers: [String: Double] = [:]
    for member in members { numbers[member.name] = member.value.doubleValue }
    return numbers
  }

  private static func names(_ names: [String]) -> SQLValue {
    SQLValue(.array(names.map { .string($0) }))
  }

  fileprivate static func names(
    _ row: Row, _ column: Int, _ value: JSONValue
  ) throws(StoreError) -> [String] {
    guard let values = value.arrayValue else { throw row.damaged(column, "is no list") }
    return values.compactMap { $0.stringValue }
  }

  fileprivate static func nested<Value>(
    _ row: Row, _ column: Int, _ read: (JSONValue) throws(FieldError) -> Value
  ) throws(StoreError) -> Value? {
    if row.isNull(column) { return nil }
    let value = try json(row, column, try row.text(column))
    do {
      return try read(value)
    } catch {
      throw row.damaged(column, "\(error.field) \(error.what)")
    }
  }

  fileprivate static func json(
    _ row: Row, _ column: Int, _ text: String
  ) throws(StoreError) -> JSONValue {
    do {
      return try JSONReader.parse(Array(text.utf8))
    } catch {
      throw row.damaged(column, "is no JSON: \(error.what)")
    }
  }
}

/// Reads headers of runs one after the other. The lists and objects of an environment's runs are
/// mostly the same texts, so that each is parsed once.
struct HeaderReader {
  private var names: [String: [String]] = [:]
  private var numbers: [String: [String: Double]] = [:]

  /// Reads the columns in the order of `RunColumns.names`, from column `first` on.
  mutating func header(_ row: Row, from first: Int) throws(StoreError) -> RunHeader {
    var header = RunHeader(
      runID: try row.text(first), timeout: Nanos(try row.integer(first + 8)))
    header.project = try row.text(first + 1)
    header.commit = try row.text(first + 2)
    header.testedCommit = row.textOrNil(first + 3)
    header.branch = try row.text(first + 4)
    header.environment = try row.text(first + 5)
    header.planDigest = try row.text(first + 6)
    header.startedAt = UnixNanos(try row.integer(first + 7))
    header.profiles = try names(row, first + 9)
    header.scenarios = try names(row, first + 10)
    header.regions = try names(row, first + 11)
    header.unstreamedScenarios = try names(row, first + 12)
    header.referenceTokens = try numbers(row, first + 13)
    header.stallGap = try row.integerOrNil(first + 14).map { Nanos($0) }
    header.tokenUnit = try RunColumns.code(row, first + 15) { TokenUnit(rawValue: $0) }
    header.isUsable = try row.integer(first + 16) == 1
    header.unusableReason = row.textOrNil(first + 17)
    header.isFinished = try row.integer(first + 18) == 1
    header.pairID = row.textOrNil(first + 19)
    header.selfCheck = try RunColumns.nested(row, first + 20, SelfCheck.init(json:))
    header.aborted = try RunColumns.nested(row, first + 21, Abort.init(json:))
    if !row.isNull(first + 22) {
      header.verdict = try RunColumns.code(row, first + 22) { VerdictKind(rawValue: $0) }
    }
    header.version = try row.text(first + 23)
    header.exploration = row.textOrNil(first + 24)
    return header
  }

  mutating func names(_ row: Row, _ column: Int) throws(StoreError) -> [String] {
    let text = try row.text(column)
    if let known = names[text] { return known }
    let read = try RunColumns.names(row, column, RunColumns.json(row, column, text))
    names[text] = read
    return read
  }

  private mutating func numbers(
    _ row: Row, _ column: Int
  ) throws(StoreError) -> [String: Double] {
    let text = try row.text(column)
    if let known = numbers[text] { return known }
    let read = try RunColumns.numbers(row, column, RunColumns.json(row, column, text))
    numbers[text] = read
    return read
  }
}
