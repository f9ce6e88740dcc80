extension SelfCheck {
  /// One object; times in seconds.
  public var json: JSONValue {
    var members = [
      JSONMember("loop_lag_p50_s", .seconds(loopLagP50)),
      JSONMember("loop_lag_p99_s", .seconds(loopLagP99)),
      JSONMember("loop_lag_max_s", .seconds(loopLagMax)),
      JSONMember("schedule_lag_p50_s", .seconds(scheduleLagP50)),
      JSONMember("schedule_lag_p99_s", .seconds(scheduleLagP99)),
      JSONMember("schedule_lag_max_s", .seconds(scheduleLagMax)),
      JSONMember("scheduled", .integer(Int64(scheduled))),
      JSONMember("sent", .integer(Int64(sent))),
      JSONMember("dropped_late", .integer(Int64(droppedLate))),
      JSONMember("dropped_cap", .integer(Int64(droppedCap))),
      JSONMember("lateness", .array(lateness.map(\.json))),
      JSONMember("engines", .integer(Int64(engines))),
      JSONMember("cpu_share", .number(cpuShare)),
      JSONMember("involuntary_switches", .integer(Int64(involuntarySwitches))),
      JSONMember("in_flight_max", .integer(Int64(inFlightMax))),
      JSONMember("connections_opened", .integer(Int64(connectionsOpened))),
      JSONMember("connections_reused", .integer(Int64(connectionsReused))),
      JSONMember("connections_died_on_reuse", .integer(Int64(connectionsDiedOnReuse))),
    ]
    if let resources { members.append(JSONMember("resources", resources.json)) }
    return .object(members)
  }

  /// Reads what `json` writes; every member must be there but `resources` and `engines`, which
  /// older runs, of one engine, do not have.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init()
    loopLagP50 = try fields.seconds("loop_lag_p50_s")
    loopLagP99 = try fields.seconds("loop_lag_p99_s")
    loopLagMax = try fields.seconds("loop_lag_max_s")
    scheduleLagP50 = try fields.seconds("schedule_lag_p50_s")
    scheduleLagP99 = try fields.seconds("schedule_lag_p99_s")
    scheduleLagMax = try fields.seconds("schedule_lag_max_s")
    scheduled = try fields.count("scheduled")
    sent = try fields.count("sent")
    droppedLate = try fields.count("dropped_late")
    droppedCap = try fields.count("dropped_cap")
    lateness = try fields.list("lateness", LateCount.init(json:))
    engines = try fields.optionalCount("engines") ?? 1
    cpuShare = try fields.number("cpu_share")
    involuntarySwitches = try fields.count("involuntary_switches")
    inFlightMax = try fields.count("in_flight_max")
    connectionsOpened = try fields.count("connections_opened")
    connectionsReused = try fields.count("connections_reused")
    connectionsDiedOnReuse = try fields.count("connections_died_on_reuse")
    resources = try fields.nested("resources", ClientResources.init(json:))
  }
}

extension LateCount {
  /// `{"over_s":…,"count":…}`
  var json: JSONValue {
    .object([
      JSONMember("over_s", .seconds(over)), JSONMember("count", .integer(Int64(count))),
    ])
  }

  init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(over: try fields.seconds("over_s"), count: try fields.count("count"))
  }
}
