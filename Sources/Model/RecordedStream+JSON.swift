extension RecordedStream {
  /// One line of a streams file: the members of a run file's request line, then the recorder's own.
  public func json(_ header: RunHeader) -> JSONValue {
    var line: [UInt8] = []
    SampleLineWriter(header: header).append(sample, to: &line)
    let fields = (try? JSONReader.parse(line))?.objectValue ?? []
    var members = [JSONMember("id", .string(id(in: header)))] + fields
    members.append(JSONMember("ranks", ranks.json))
    if let over { members.append(JSONMember("over_s", .number(over.seconds))) }
    if let traceID { members.append(JSONMember("trace_id", .string(traceID))) }
    members.append(
      JSONMember(
        "response_headers", .array(headers.map { .array([.string($0.name), .string($0.value)]) })))
    members.append(JSONMember("reads", .array(reads.map(\.json))))
    if readsOmitted > 0 {
      members.append(JSONMember("reads_omitted", .integer(Int64(readsOmitted))))
      members.append(JSONMember("last_reads", .array(lastReads.map(\.json))))
    }
    if let body {
      members.append(JSONMember("body_base64", .string(Base64.text(body.bytes))))
      if body.bytesOmitted > 0 {
        members.append(JSONMember("body_bytes_omitted", .integer(Int64(body.bytesOmitted))))
        members.append(JSONMember("last_body_base64", .string(Base64.text(body.lastBytes))))
      }
    }
    return .object(members)
  }

  /// The stream of a line; its profile and scenario must be the header's.
  public init(json value: JSONValue, header: RunHeader) throws(FieldError) {
    var samples = SampleLineReader()
    try samples.read(value)
    var names = header
    guard let sample = try samples.finish(header: &names).first,
      header.profiles.indices.contains(sample.profile),
      header.scenarios.indices.contains(sample.scenario)
    else { throw FieldError(field: "profile", what: "or scenario is none of the run's") }
    var fields = try JSONFields(value)
    self.init(
      sample: sample, ranks: try fields.nested("ranks", StreamRanks.init(json:)) ?? StreamRanks(),
      over: try fields.optionalSeconds("over_s"),
      traceID: try fields.optionalString("trace_id"),
      headers: try fields.list("response_headers", RecordedHeader.init(json:)),
      reads: try fields.list("reads", RecordedRead.init(json:)),
      readsOmitted: try fields.optionalCount("reads_omitted") ?? 0,
      lastReads: try fields.list("last_reads", RecordedRead.init(json:)))
    guard let bytes = try fields.optional("body_base64", "Base64 text", RecordedBody.bytes) else {
      return
    }
    body = RecordedBody(
      bytes: bytes, bytesOmitted: try fields.optionalCount("body_bytes_omitted") ?? 0,
      lastBytes: try fields.optional("last_body_base64", "Base64 text", RecordedBody.bytes) ?? [])
  }
}

extension RecordedBody {
  fileprivate static func bytes(_ value: JSONValue) -> [UInt8]? {
    value.stringValue.flatMap(Base64.bytes)
  }
}

extension StreamRanks {
  fileprivate var json: JSONValue {
    let ranks = [("ttft", ttft), ("gap", gap), ("failure", failure)]
    return .object(
      ranks.compactMap { name, rank in rank.map { JSONMember(name, .integer(Int64($0))) } })
  }

  fileprivate init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(
      ttft: try fields.optionalCount("ttft"), gap: try fields.optionalCount("gap"),
      failure: try fields.optionalCount("failure"))
  }
}

extension RecordedHeader {
  fileprivate init(json value: JSONValue) throws(FieldError) {
    guard let pair = value.arrayValue, pair.count == 2, let name = pair[0].stringValue,
      let text = pair[1].stringValue
    else { throw FieldError(field: "", what: "is no name and value") }
    self.init(name: name, value: text)
  }
}

extension RecordedRead {
  /// Seconds from `intended`, bytes, content events.
  fileprivate var json: JSONValue {
    .array([
      .number(at.seconds), .integer(Int64(bytes)), .integer(Int64(contentEvents)),
    ])
  }

  fileprivate init(json value: JSONValue) throws(FieldError) {
    guard let parts = value.arrayValue, parts.count == 3, let seconds = parts[0].doubleValue,
      seconds.magnitude <= JSONFields.secondsMax, let bytes = parts[1].intValue,
      let events = parts[2].intValue, bytes >= 0, events >= 0
    else { throw FieldError(field: "", what: "is no time, bytes and events") }
    self.init(at: Nanos(seconds: seconds), bytes: bytes, contentEvents: events)
  }
}
