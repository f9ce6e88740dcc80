extension RunHeader {
  /// The format that run files name in their first line.
  public static let runFileFormat = "streamgate-run/1"

  /// Bytes of a name or id at most: of runs, projects, environments, profiles, scenarios, regions.
  public static let nameBytesMax = 200

  /// The first line of a run file: `{"type":"run","format":"streamgate-run/1",…}`.
  public var runFileJSON: JSONValue {
    .object(
      [
        JSONMember("type", .string("run")),
        JSONMember("format", .string(RunHeader.runFileFormat)),
      ] + jsonMembers)
  }

  /// The header's members, in a fixed order; times in seconds, `started_at` in RFC 3339. A run of
  /// the fixed profile has no `exploration`.
  public var jsonMembers: [JSONMember] {
    let members = [
      JSONMember("run_id", .string(runID)),
      JSONMember("project", .string(project)),
      JSONMember("commit", .string(commit)),
      JSONMember("tested_commit", .optional(testedCommit)),
      JSONMember("branch", .string(branch)),
      JSONMember("environment", .string(environment)),
      JSONMember("plan_digest", .string(planDigest)),
      JSONMember("started_at", .string(startedAt.iso8601Exact)),
      JSONMember("timeout_s", .seconds(timeout)),
      JSONMember("profiles", .strings(profiles)),
      JSONMember("scenarios", .strings(scenarios)),
      JSONMember("regions", .strings(regions)),
      JSONMember("unstreamed_scenarios", .strings(unstreamedScenarios)),
      JSONMember("n_ref_tokens", .numbers(referenceTokens)),
      JSONMember("stall_gap_s", .seconds(stallGap)),
      JSONMember("token_unit", .string(tokenUnit.rawValue)),
      JSONMember("usable", .bool(isUsable)),
      JSONMember("unusable_reason", .optional(unusableReason)),
      JSONMember("finished", .bool(isFinished)),
      JSONMember("pair_id", .optional(pairID)),
      JSONMember("self_check", selfCheck?.json ?? .null),
      JSONMember("aborted", aborted?.json ?? .null),
    ]
    let end = [
      JSONMember("verdict", .optional(verdict?.rawValue)),
      JSONMember("version", .string(version)),
    ]
    return members + (exploration.map { [JSONMember("exploration", .string($0))] } ?? []) + end
  }

  /// The header of a run file's first line; only `type`, `format`, `run_id` and `timeout_s` must
  /// be there.
  public init(runFileJSON value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    guard try fields.string("type") == "run" else {
      throw FieldError(field: "type", what: "is not \"run\"")
    }
    guard try fields.string("format") == RunHeader.runFileFormat else {
      throw FieldError(field: "format", what: "is not \"\(RunHeader.runFileFormat)\"")
    }
    try self.init(json: value)
  }

  /// The header among the members of an object; only `run_id` and `timeout_s` must be there.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    let runID = try fields.string("run_id")
    guard !runID.isEmpty else { throw FieldError(field: "run_id", what: "is empty") }
    let timeout = try fields.seconds("timeout_s")
    guard timeout > .zero else { throw FieldError(field: "timeout_s", what: "is not above 0") }
    self.init(runID: runID, timeout: timeout)
    project = try fields.optionalString("project") ?? ""
    commit = try fields.optionalString("commit") ?? ""
    testedCommit = try fields.optionalString("tested_commit")
    branch = try fields.optionalString("branch") ?? ""
    environment = try fields.optionalString("environment") ?? ""
    planDigest = try fields.optionalString("plan_digest") ?? ""
    startedAt = try fields.optionalTime("started_at") ?? UnixNanos(0)
    for (field, name) in [("run_id", runID), ("project", project), ("environment", environment)]
    where name.utf8.count > RunHeader.nameBytesMax {
      throw FieldError(field: field, what: "is longer than \(RunHeader.nameBytesMax) bytes")
    }
    profiles = try fields.uniqueStrings("profiles")
    scenarios = try fields.uniqueStrings("scenarios")
    regions = try fields.uniqueStrings("regions")
    unstreamedScenarios = try fields.uniqueStrings("unstreamed_scenarios")
    referenceTokens = try fields.numbersByName("n_ref_tokens")
    stallGap = try fields.optionalSeconds("stall_gap_s")
    tokenUnit =
      try fields.optional("token_unit", "token unit") { value in
        value.stringValue.flatMap { TokenUnit(rawValue: $0) }
      } ?? .usage
    isUsable = try fields.optionalBool("usable") ?? true
    unusableReason = try fields.optionalString("unusable_reason")
    isFinished = try fields.optionalBool("finished") ?? true
    pairID = try fields.optionalString("pair_id")
    selfCheck = try fields.nested("self_check", SelfCheck.init(json:))
    aborted = try fields.nested("aborted", Abort.init(json:))
    exploration = try fields.optionalString("exploration")
    verdict = try fields.optional("verdict", "verdict") { value in
      value.stringValue.flatMap { VerdictKind(rawValue: $0) }
    }
    version = try fields.optionalString("version") ?? ""
  }
}

extension Abort {
  /// `{"profile":…,"rule":…,"at_s":…,"beyond_client":…}`
  public var json: JSONValue {
    .object([
      JSONMember("profile", .string(profile)),
      JSONMember("rule", .string(rule)),
      JSONMember("at_s", .seconds(at)),
      JSONMember("beyond_client", .bool(isBeyondClient)),
    ])
  }

  /// Reads what `json` writes; `beyond_client`, which earlier versions did not know, may be absent.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(
      profile: try fields.string("profile"), rule: try fields.string("rule"),
      at: try fields.seconds("at_s"),
      isBeyondClient: try fields.optionalBool("beyond_client") ?? false)
  }
}

extension JSONValue {
  /// A string, `null` for nil.
  static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

  /// A number of seconds, `null` for nil.
  static func seconds(_ time: Nanos?) -> JSONValue { time.map { .number($0.seconds) } ?? .null }

  /// A list of strings.
  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

  /// Numbers by name, sorted by name.
  static func numbers(_ numbers: [String: Double]) -> JSONValue {
    .object(numbers.sorted { $0.key < $1.key }.map { JSONMember($0.key, .number($0.value)) })
  }
}

extension JSONFields {
  /// What `read` makes of an object, nil if it is absent.
  mutating func nested<Value>(
    _ name: String, _ read: (JSONValue) throws(FieldError) -> Value
  ) throws(FieldError) -> Value? {
    guard let value = value(name) else { return nil }
    do {
      return try read(value)
    } catch {
      throw error.inside(name)
    }
  }

  /// Strings of which none comes twice; empty if they are absent.
  mutating func uniqueStrings(_ name: String) throws(FieldError) -> [String] {
    let texts = try strings(name)
    guard Set(texts).count == texts.count else {
      throw FieldError(field: name, what: "names one thing twice")
    }
    guard texts.allSatisfy({ $0.utf8.count <= RunHeader.nameBytesMax }) else {
      throw FieldError(
        field: name, what: "has a name longer than \(RunHeader.nameBytesMax) bytes")
    }
    return texts
  }
}
