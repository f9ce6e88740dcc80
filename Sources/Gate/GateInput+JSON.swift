public import Model
import Plan

extension GateInput {
  /// The input as `result.json` carries it: runs without their requests, sorted by start and id,
  /// so that the same runs in any order are the same bytes; history without its figures.
  /// `docs/schema.md` explains the members.
  public var json: JSONValue {
    var members = [
      JSONMember("settings", settings.json),
      JSONMember("candidates", GateInput.list(candidates)),
      JSONMember("baseline", GateInput.list(baseline)),
      JSONMember("fresh", GateInput.list(fresh)),
      JSONMember("history", .array(GateInput.sorted(history).map(GateInput.bare))),
      JSONMember("latest", GateInput.list(latest)),
      JSONMember("latest_since", .string(latestSince)),
      JSONMember("waivers", .array(waivers.map(\.json))),
      JSONMember("evaluated_at", .string(evaluatedAt.iso8601Exact)),
      JSONMember("main_aborted", .bool(hasMainAborted)),
      JSONMember("new_environment", .bool(isNewEnvironment)),
      JSONMember("displays", .array(displays.map(\.json))),
    ]
    if !acceptances.isEmpty {
      members.append(JSONMember("acceptances", .array(acceptances.map(\.json))))
    }
    if let missing { members.append(JSONMember("no_credentials", missing.json)) }
    return .object(members)
  }

  /// Reads what `json` writes; only `candidates` and `baseline` must be there.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    guard fields.value("candidates") != nil else {
      throw FieldError(field: "candidates", what: "is missing")
    }
    let settings: GateSettings
    if let value = fields.value("settings") {
      do { settings = try GateSettings(json: value) } catch { throw error.inside("settings") }
    } else {
      settings = GateSettings()
    }
    self.init(
      settings: settings,
      candidates: try fields.list("candidates", RunRecord.init(json:)),
      baseline: try fields.list("baseline", RunRecord.init(json:)),
      fresh: try fields.list("fresh", RunRecord.init(json:)),
      history: try fields.list("history", GateInput.group),
      latest: try fields.list("latest", RunRecord.init(json:)),
      latestSince: try fields.optionalString("latest_since") ?? "",
      waivers: try fields.list("waivers", Waiver.init(json:)),
      acceptances: try fields.list("acceptances", Acceptance.init(json:)),
      evaluatedAt: try fields.optionalTime("evaluated_at") ?? UnixNanos(0),
      hasMainAborted: try fields.optionalBool("main_aborted") ?? false,
      isNewEnvironment: try fields.optionalBool("new_environment") ?? false,
      displays: try fields.list("displays", DisplayComparison.init(json:)),
      missing: try fields.value("no_credentials").map(MissingCredentials.init(json:)))
  }

  private static func list(_ runs: [RunRecord]) -> JSONValue {
    .array(sorted(runs).map(\.json))
  }

  /// History serves the variance: its figures enter no verdict and no report.
  private static func bare(_ runs: [RunRecord]) -> JSONValue {
    .array(
      runs.map { run in
        var run = run
        run.figures = []
        return run.json
      })
  }

  private static func sorted(_ runs: [RunRecord]) -> [RunRecord] {
    runs.sorted { isBefore($0, $1) }
  }

  private static func sorted(_ groups: [[RunRecord]]) -> [[RunRecord]] {
    groups.filter { !$0.isEmpty }.map(sorted).sorted { isBefore($0[0], $1[0]) }
  }

  /// By start, id, and at last by what they hold, so that the order is always the same.
  private static func isBefore(_ a: RunRecord, _ b: RunRecord) -> Bool {
    if a.header.startedAt != b.header.startedAt { return a.header.startedAt < b.header.startedAt }
    if a.header.runID != b.header.runID { return a.header.runID < b.header.runID }
    return JSONWriter.bytes(a.json).lexicographicallyPrecedes(JSONWriter.bytes(b.json))
  }

  private static func group(_ value: JSONValue) throws(FieldError) -> [RunRecord] {
    guard let runs = value.arrayValue else { throw FieldError(field: "", what: "is no list") }
    var group: [RunRecord] = []
    for (index, run) in runs.enumerated() {
      do {
        group.append(try RunRecord(json: run))
      } catch {
        throw error.inside("[\(index)]")
      }
    }
    return group
  }
}

extension MissingCredentials {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("variables", .array(variables.map { .string($0) })),
      JSONMember("allowed", .bool(isAllowed)),
    ])
  }

  fileprivate init(json value: JSONValue) throws(FieldError) {
    do throws(FieldError) {
      var fields = try JSONFields(value)
      let variables = try fields.strings("variables")
      guard !variables.isEmpty else { throw FieldError(field: "variables", what: "is empty") }
      self.init(
        variables: variables, isAllowed: try fields.optionalBool("allowed") ?? false)
    } catch {
      throw error.inside("no_credentials")
    }
  }
}

extension GateSettings {
  /// The settings, the effects by metric name.
  var json: JSONValue {
    .object([
      JSONMember("branch", .string(branch)),
      JSONMember("max_looks", .integer(Int64(maxLooks))),
      JSONMember(
        "effects",
        .object(effects.sorted { $0.key < $1.key }.map { JSONMember($0.key, .number($0.value)) })),
      JSONMember("objectives", .array(objectives.map(\.json))),
    ])
  }

  init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    let looks = try fields.count("max_looks")
    guard (1...GateSettings.maxLooksMax).contains(looks) else {
      throw FieldError(field: "max_looks", what: "is not 1 to \(GateSettings.maxLooksMax)")
    }
    self.init(
      branch: try fields.string("branch"), maxLooks: looks,
      effects: try fields.numbersByName("effects"),
      objectives: try fields.list("objectives", Objective.init(json:)))
  }
}

extension Objective {
  /// The objective part by part: a bound is exact here, which text need not be.
  fileprivate var json: JSONValue {
    var members: [JSONMember] = []
    if let profile { members.append(JSONMember("profile", .string(profile.rawValue))) }
    if let scenario { members.append(JSONMember("scenario", .string(scenario))) }
    switch metric {
    case .latency(let latency, let quantile):
      members.append(JSONMember("metric", .string(latency.rawValue)))
      members.append(JSONMember("quantile", .number(quantile)))
    case .rate(let rate):
      members.append(JSONMember("metric", .string(rate.rawValue)))
    }
    members.append(JSONMember("comparison", .string(comparison.rawValue)))
    members.append(JSONMember("bound", .number(bound)))
    return .object(members)
  }

  fileprivate init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    let profile = try fields.optional("profile", "profile") {
      $0.stringValue.flatMap(ProfileKind.init(rawValue:))
    }
    let scenario = try fields.optionalString("scenario")
    let name = try fields.string("metric")
    let metric: ObjectiveMetric
    if let rate = RateMetric(rawValue: name) {
      metric = .rate(rate)
    } else if let latency = ObjectiveLatency(rawValue: name) {
      let quantile = try fields.number("quantile")
      guard (0..<1).contains(quantile) else {
        throw FieldError(field: "quantile", what: "is not in 0..<1")
      }
      metric = .latency(latency, quantile: quantile)
    } else {
      throw FieldError(field: "metric", what: "is nothing that an objective bounds")
    }
    let sign = try fields.string("comparison")
    guard let comparison = ObjectiveComparison(rawValue: sign) else {
      throw FieldError(field: "comparison", what: "is none of <, <=, ==")
    }
    self.init(
      profile: profile, scenario: scenario, metric: metric, comparison: comparison,
      bound: try fields.number("bound"))
  }
}
