extension RunRecord {
  /// One run of a baseline file or of `result.json`: the header's members, then `latencies`,
  /// `rates`, `objectives` and `figures`. Positive infinity is the string `Infinity`. The samples
  /// are left out.
  public var json: JSONValue {
    .object(
      header.jsonMembers + [
        JSONMember("latencies", .array(latencies.map(\.json))),
        JSONMember("rates", .array(rates.map(\.json))),
        JSONMember("objectives", .array(objectives.map(\.json))),
        JSONMember("figures", .array(figures.map(\.json))),
      ])
  }

  /// Reads what `json` writes; cells come out sorted, whatever their order in the text.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(
      header: try RunHeader(json: value),
      latencies: try fields.list("latencies", LatencyValue.init(json:)),
      rates: try fields.list("rates", RateCount.init(json:)),
      objectives: try fields.list("objectives", ObjectiveFigure.init(json:)),
      figures: try fields.list("figures", ReportFigure.init(json:)))
    sortCells()
  }

  /// Puts latencies, rates and figures into their order; objectives keep the plan's.
  public mutating func sortCells() {
    latencies.sort { $0.key == $1.key ? $0.metric < $1.metric : $0.key < $1.key }
    rates.sort { $0.profile == $1.profile ? $0.rate < $1.rate : $0.profile < $1.profile }
    figures.sort { a, b in
      if a.profile != b.profile { return a.profile < b.profile }
      if a.scenario != b.scenario { return a.scenario < b.scenario }
      if a.region != b.region { return (a.region ?? "") < (b.region ?? "") }
      return a.name < b.name
    }
  }
}

extension CellKey {
  /// `profile`, `scenario`, and `region` where there is one.
  public var jsonMembers: [JSONMember] {
    [JSONMember("profile", .string(profile)), JSONMember("scenario", .string(scenario))]
      + (region.map { [JSONMember("region", .string($0))] } ?? [])
  }

  /// Reads what `jsonMembers` writes.
  public init(fields: inout JSONFields) throws(FieldError) {
    let region = try fields.optionalString("region") ?? ""
    self.init(
      profile: try fields.string("profile"), scenario: try fields.string("scenario"),
      region: region.isEmpty ? nil : region)
  }
}

extension LatencyValue {
  /// The cell, `metric`, `log_value` (natural logarithm of seconds) and `n`.
  public var json: JSONValue {
    .object(
      key.jsonMembers + [
        JSONMember("metric", .string(metric.rawValue)),
        JSONMember("log_value", .number(logValue)),
        JSONMember("n", .integer(Int64(n))),
      ])
  }

  /// Reads what `json` writes; `saturated: true` stands for an infinite `log_value` too.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    let key = try CellKey(fields: &fields)
    let name = try fields.string("metric")
    guard let metric = LatencyMetric(rawValue: name) else {
      throw FieldError(field: "metric", what: "is no latency metric")
    }
    let isSaturated = try fields.optionalBool("saturated") ?? false
    self.init(
      key: key, metric: metric,
      logValue: isSaturated ? .infinity : try fields.number("log_value"),
      n: try fields.count("n"))
  }
}

extension RateCount {
  /// `profile`, `metric`, `k`, `n`.
  public var json: JSONValue {
    .object([
      JSONMember("profile", .string(profile)),
      JSONMember("metric", .string(rate.rawValue)),
      JSONMember("k", .integer(Int64(k))),
      JSONMember("n", .integer(Int64(n))),
    ])
  }

  /// Reads what `json` writes.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    let profile = try fields.string("profile")
    guard let rate = RateMetric(rawValue: try fields.string("metric")) else {
      throw FieldError(field: "metric", what: "is no rate")
    }
    let k = try fields.count("k")
    let n = try fields.count("n")
    guard k <= n else { throw FieldError(field: "k", what: "is above n") }
    self.init(profile: profile, rate: rate, k: k, n: n)
  }
}

extension ObjectiveFigure {
  /// `objective`, `value`, `n`, and `low` and `high` where the interval is known.
  public var json: JSONValue {
    let ends =
      interval.map {
        [JSONMember("low", .number($0.lowerBound)), JSONMember("high", .number($0.upperBound))]
      } ?? []
    return .object(
      [
        JSONMember("objective", .string(objective)),
        JSONMember("value", value.map { .number($0) } ?? .null),
        JSONMember("n", .integer(Int64(n))),
      ] + ends)
  }

  /// Reads what `json` writes.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(
      objective: try fields.string("objective"), value: try fields.optionalNumber("value"),
      n: try fields.count("n"))
    if let low = try fields.optionalNumber("low"), let high = try fields.optionalNumber("high"),
      low <= high
    {
      interval = low...high
    }
  }
}

extension ReportFigure {
  /// The profile, scenario and region, `name`, `value`, `n`.
  public var json: JSONValue {
    .object(
      CellKey(profile: profile, scenario: scenario, region: region).jsonMembers + [
        JSONMember("name", .string(name)),
        JSONMember("value", .number(value)),
        JSONMember("n", .integer(Int64(n))),
      ])
  }

  /// Reads what `json` writes.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    let key = try CellKey(fields: &fields)
    self.init(
      profile: key.profile, scenario: key.scenario, region: key.region,
      name: try fields.string("name"), value: try fields.number("value"),
      n: try fields.count("n"))
  }
}
