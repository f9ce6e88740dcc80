/// Reads the request lines of one run file, in any order and before or after the header.
///
/// Required are `profile`, `scenario`, `t_intended_s`, `ttft_s`, `duration_s`, `output_tokens`
/// and `outcome`; `ttft_s`, `duration_s` and `output_tokens` may be `null`. Unknown members are
/// ignored. A file that has `output_tokens` alone is read as the server's own count, unless its
/// header says `"token_unit":"events"`.
public struct SampleLineReader: Sendable {
  private var samples: [StreamSample] = []
  private var profiles = NameTable()
  private var scenarios = NameTable()
  private var regions = NameTable()

  /// A reader that has seen nothing.
  public init() {}

  /// Lines read so far.
  public var count: Int { samples.count }

  /// Reads one line's value.
  public mutating func read(_ value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    let profile = profiles.index(of: try fields.string("profile"))
    let scenario = scenarios.index(of: try fields.string("scenario"))
    let regionName = try fields.optionalString("region") ?? ""
    let region = regionName.isEmpty ? nil : regions.index(of: regionName)
    var sample = StreamSample(
      profile: profile, scenario: scenario, region: region,
      stage: try fields.smallCount("stage") ?? 0, turn: try fields.smallCount("turn") ?? 0,
      isWarmup: try fields.optionalBool("warmup") ?? false,
      seq: try fields.optionalCount("seq") ?? SampleLineReader.unknown,
      intended: try fields.latency("t_intended_s") ?? .zero, outcome: .complete)
    try SampleLineReader.readMilestones(&fields, into: &sample)
    try SampleLineReader.readCounts(&fields, into: &sample)
    sample.evidence = try fields.nested("evidence", Evidence.init(json:))
    samples.append(sample)
  }

  /// The samples in the order of profile and position, with the names that `header` lacks put in;
  /// throws if a line names what the header does not list, or if a position comes twice.
  public consuming func finish(header: inout RunHeader) throws(FieldError) -> [StreamSample] {
    let profileIndex = try profiles.indices(in: &header.profiles, field: "profile")
    let scenarioIndex = try scenarios.indices(in: &header.scenarios, field: "scenario")
    let regionIndex = try regions.indices(in: &header.regions, field: "region")
    var samples = self.samples
    for i in samples.indices {
      samples[i].profile = profileIndex[samples[i].profile]
      samples[i].scenario = scenarioIndex[samples[i].scenario]
      samples[i].region = samples[i].region.map { regionIndex[$0] }
      if samples[i].contentEvents == SampleLineReader.unknown {
        let isEvents = header.tokenUnit == .events
        samples[i].contentEvents = isEvents ? samples[i].usageOutputTokens ?? 0 : 0
        if isEvents { samples[i].usageOutputTokens = nil }
      }
    }
    try SampleLineReader.order(&samples, header)
    return samples
  }

  /// Stands for a count that the line does not have, until `finish`.
  private static let unknown = -1

  private static func readMilestones(
    _ fields: inout JSONFields, into sample: inout StreamSample
  ) throws(FieldError) {
    sample.sent = try fields.optionalSeconds("t_sent_s")
    sample.firstToken = try fields.latency("ttft_s")
    sample.lastToken = try fields.latency("duration_s")
    guard let tokens = fields.member("output_tokens") else {
      throw FieldError(field: "output_tokens", what: "is missing")
    }
    if tokens != .null { sample.usageOutputTokens = try fields.optionalCount("output_tokens") }
    sample.gapMax = try fields.optionalSeconds("max_gap_s")
    sample.gapMaxAt = try fields.optionalSeconds("max_gap_at_s")
    guard let outcome = Outcome(name: try fields.string("outcome")) else {
      throw FieldError(field: "outcome", what: "is no known outcome")
    }
    sample.outcome = outcome
    sample.requestSent = try fields.optionalSeconds("request_sent_s")
    sample.headers = try fields.optionalSeconds("headers_s")
    sample.firstByte = try fields.optionalSeconds("first_byte_s")
    sample.firstChoice = try fields.optionalSeconds("first_choice_s")
    sample.firstAnswer = try fields.optionalSeconds("ttfa_s")
    sample.done = try fields.optionalSeconds("done_s")
    sample.end = try fields.optionalSeconds("end_s")
    sample.gapMedian = try fields.optionalSeconds("gap_p50_s")
    sample.gapP99 = try fields.optionalSeconds("gap_p99_s")
  }

  private static func readCounts(
    _ fields: inout JSONFields, into sample: inout StreamSample
  ) throws(FieldError) {
    if fields.member("usage_output_tokens") != nil {
      sample.usageOutputTokens = try fields.optionalCount("usage_output_tokens")
    }
    sample.usageInputTokens = try fields.optionalCount("input_tokens")
    sample.usageCachedTokens = try fields.optionalCount("cached_tokens")
    sample.contentEvents = try fields.optionalCount("content_events") ?? unknown
    sample.burstEvents = try fields.optionalCount("burst_events") ?? 0
    sample.bodyBytes = try fields.optionalCount("body_bytes") ?? 0
    sample.connectionReused = try fields.optionalBool("connection_reused") ?? false
    sample.httpStatus = try fields.smallCount("http_status")
  }

  /// Sorts by profile and position. Lines without a position get one after those that have one,
  /// by their times, so that the order of lines changes nothing.
  private static func order(
    _ samples: inout [StreamSample], _ header: RunHeader
  ) throws(FieldError) {
    samples.sort { $0.isBefore($1) }
    var position: [Int: Int] = [:]
    var previous: StreamSample?
    for i in samples.indices {
      let profile = samples[i].profile
      if samples[i].seq == unknown {
        samples[i].seq = position[profile] ?? 0
      } else if let previous, previous.profile == profile, previous.seq == samples[i].seq {
        let name = header.profiles[profile]
        throw FieldError(field: "seq", what: "\(samples[i].seq) of \(name) comes twice")
      }
      position[profile] = samples[i].seq + 1
      previous = samples[i]
    }
  }
}

extension StreamSample {
  /// By profile, then position (none last), then times and outcome.
  fileprivate func isBefore(_ other: StreamSample) -> Bool {
    if profile != other.profile { return profile < other.profile }
    if seq != other.seq { return UInt(bitPattern: seq) < UInt(bitPattern: other.seq) }
    let mine = [
      intended, firstToken ?? Nanos(.max), lastToken ?? Nanos(.max), gapMax ?? Nanos(.max),
      Nanos(Int64(scenario)), Nanos(Int64(usageOutputTokens ?? -1)),
      Nanos(Int64(outcome.rawValue)),
    ]
    let others = [
      other.intended, other.firstToken ?? Nanos(.max), other.lastToken ?? Nanos(.max),
      other.gapMax ?? Nanos(.max), Nanos(Int64(other.scenario)),
      Nanos(Int64(other.usageOutputTokens ?? -1)), Nanos(Int64(other.outcome.rawValue)),
    ]
    return mine.lexicographicallyPrecedes(others)
  }
}

extension JSONFields {
  /// A count that a store keeps in 16 bits, nil if it is absent.
  fileprivate mutating func smallCount(_ name: String) throws(FieldError) -> Int? {
    let count = try optionalCount(name)
    if let count, count > Int(Int16.max) {
      throw FieldError(field: name, what: "is above \(Int16.max)")
    }
    return count
  }

  /// A time of at least 0 whose member must be there; nil if it is `null`.
  fileprivate mutating func latency(_ name: String) throws(FieldError) -> Nanos? {
    guard let value = member(name) else { throw FieldError(field: name, what: "is missing") }
    guard value != .null else { return nil }
    guard let time = try optionalSeconds(name), time >= .zero else {
      throw FieldError(field: name, what: "is negative")
    }
    return time
  }
}

/// Names in the order of their first sight.
private struct NameTable: Sendable {
  private var names: [String] = []
  private var indices: [String: Int] = [:]

  mutating func index(of name: String) -> Int {
    if let index = indices[name] { return index }
    indices[name] = names.count
    names.append(name)
    return names.count - 1
  }

  /// Where each name stands in `list`; an empty list is filled with the names, sorted.
  func indices(in list: inout [String], field: String) throws(FieldError) -> [Int] {
    if list.isEmpty { list = names.sorted() }
    var result: [Int] = []
    for name in names {
      guard let index = list.firstIndex(of: name) else {
        throw FieldError(field: field, what: "\"\(name)\" is not in the header's list")
      }
      result.append(index)
    }
    return result
  }
}
