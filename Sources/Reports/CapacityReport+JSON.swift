import Gate
public import Model

extension CapacityReport {
  /// `capacity.json`, indented, with a line feed at its end; its members are in docs/schema.md.
  static func json(
    _ search: CapacityRun, _ record: RunRecord, _ model: CapacityModel, _ facts: ReportFacts
  ) -> [UInt8] {
    let rules = search.rules
    let value = JSONValue.object([
      JSONMember("format", .string(format)),
      JSONMember("answer", answer(search, model)),
      JSONMember("exit_code", .count(facts.exitCode)),
      JSONMember("host", .string(facts.hostName)),
      JSONMember("version", .string(facts.version)),
      JSONMember("notes", .array(facts.notes.map { .string($0) })),
      JSONMember(
        "search",
        .object([
          JSONMember("from", .number(rules.start)), JSONMember("min", .number(rules.lowest)),
          JSONMember("max", .number(rules.highest)), JSONMember("within", .number(rules.within)),
          JSONMember("confirmations", .count(rules.confirmations)),
          JSONMember("step_s", .number(search.stepLength.seconds)),
          JSONMember("warmup_s", .number(search.warmup.seconds)),
        ])),
      JSONMember("steps", .array(zip(search.steps, model.steps).map(step))),
      JSONMember("run", record.json),
    ])
    return JSONWriter.bytes(value, indent: 1) + [0x0A]
  }

  /// Reads the run and the facts of a `capacity.json`; throws what is wrong with it and where.
  public static func decode(
    _ bytes: [UInt8]
  ) throws(ResultFileError) -> (record: RunRecord, facts: ReportFacts) {
    guard bytes.count <= ResultFile.bytesMax else { throw .tooLarge(bytes: bytes.count) }
    let value: JSONValue
    do { value = try JSONReader.parse(bytes) } catch { throw .notJSON(error) }
    guard let found = value["format"]?.stringValue else { throw .notAResult }
    guard found == format else { throw .otherFormat(found) }
    do { return try contents(value) } catch { throw .wrongField(error) }
  }

  private static func contents(
    _ value: JSONValue
  ) throws(FieldError) -> (record: RunRecord, facts: ReportFacts) {
    guard let run = value["run"] else { throw FieldError(field: "run", what: "is missing") }
    let record: RunRecord
    do { record = try RunRecord(json: run) } catch { throw error.inside("run") }
    guard CapacityRun(record) != nil else {
      throw FieldError(field: "run", what: "holds no search for a capacity")
    }
    var fields = try JSONFields(value)
    let facts = ReportFacts(
      exitCode: value["exit_code"]?.intValue ?? 0,
      hostName: try fields.optionalString("host") ?? "",
      version: try fields.optionalString("version") ?? "", notes: try fields.strings("notes"))
    return (record, facts)
  }

  private static func answer(_ search: CapacityRun, _ model: CapacityModel) -> JSONValue {
    var (kind, low, high) = ("stopped", search.highestMet, search.lowestMissed)
    if let interval = search.unconfirmed {
      (kind, low, high) = ("unconfirmed", interval.low, interval.high)
    } else if search.stop == nil, case .end(let answer) = search.search.action {
      switch answer {
      case .confirmed(let rate, let missed): (kind, low, high) = ("confirmed", rate, missed)
      case .between(let below, let mixed, let missed):
        (kind, low, high) = ("interval", below, missed ?? mixed)
      case .nothing(let lowest): (kind, low, high) = ("nothing", nil, lowest)
      }
    }
    return .object([
      JSONMember("kind", .string(kind)), JSONMember("low", low.map { .number($0) } ?? .null),
      JSONMember("high", high.map { .number($0) } ?? .null),
      JSONMember("text", .string(model.answer)),
    ])
  }

  private static func step(_ step: CapacityStep, _ row: CapacityRow) -> JSONValue {
    .object([
      JSONMember("rate", .number(step.rate)),
      JSONMember("met", step.isMet.map { .bool($0) } ?? .null),
      JSONMember("whole", .bool(step.isWhole)),
      JSONMember("client_limited", .bool(step.isClientLimited)),
      JSONMember("aborted_at_s", step.abortedAt.map { .number($0.seconds) } ?? .null),
      JSONMember("dropped_cap", .count(step.droppedCap)),
      JSONMember("why", .string(row.why)),
      JSONMember(
        "objectives",
        .array(
          step.objectives.map { result in
            .object([
              JSONMember("objective", .string(result.objective)),
              JSONMember("value", result.value.map { .number($0) } ?? .null),
              JSONMember("n", .count(result.n)), JSONMember("floor", .count(result.floor)),
              JSONMember("verdict", .string(result.verdict.rawValue)),
            ])
          })),
    ])
  }
}
