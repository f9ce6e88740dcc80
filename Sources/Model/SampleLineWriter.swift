/// Writes samples as lines of a run file; the same samples, the same bytes.
///
/// The members that PRODUCT's example shows are always there; the others only where they say
/// something. Times are seconds with nine decimals, written from whole nanoseconds.
public struct SampleLineWriter: Sendable {
  private let profiles: [[UInt8]]
  private let scenarios: [[UInt8]]
  private let regions: [[UInt8]]
  private let unit: TokenUnit

  /// A writer of the run's samples: names and the unit of tokens are the header's.
  public init(header: RunHeader) {
    func quoted(_ names: [String]) -> [[UInt8]] { names.map { JSONWriter.bytes(.string($0)) } }
    profiles = quoted(header.profiles)
    scenarios = quoted(header.scenarios)
    regions = quoted(header.regions)
    unit = header.tokenUnit
  }

  /// Appends one line with its line feed. The sample's indices are inside the header's lists.
  public func append(_ sample: StreamSample, to bytes: inout [UInt8]) {
    var line = MemberWriter(bytes: bytes)
    bytes = []
    line.bytes.append(UInt8(ascii: "{"))
    place(of: sample, &line)
    milestones(of: sample, &line)
    counts(of: sample, &line)
    if let evidence = sample.evidence { line.raw("evidence", JSONWriter.bytes(evidence.json)) }
    line.bytes.append(UInt8(ascii: "}"))
    line.bytes.append(0x0A)
    bytes = line.bytes
  }

  private func place(of sample: StreamSample, _ line: inout MemberWriter) {
    line.raw("profile", profiles[sample.profile])
    line.raw("scenario", scenarios[sample.scenario])
    line.raw("region", sample.region.map { regions[$0] } ?? Array("null".utf8))
    line.count("stage", sample.stage)
    line.count("turn", sample.turn)
    line.flag("warmup", sample.isWarmup)
    line.count("seq", sample.seq)
  }

  private func milestones(of sample: StreamSample, _ line: inout MemberWriter) {
    line.time("t_intended_s", sample.intended)
    line.timeOrNull("t_sent_s", sample.sent)
    line.timeOrNull("ttft_s", sample.firstToken)
    line.timeOrNull("duration_s", sample.lastToken)
    if let tokens = sample.outputTokens(unit: unit) {
      line.count("output_tokens", tokens)
    } else {
      line.null("output_tokens")
    }
    line.timeOrNull("max_gap_s", sample.gapMax)
    line.timeOrNull("max_gap_at_s", sample.gapMaxAt)
    line.raw("outcome", Array("\"\(sample.outcome.name)\"".utf8))
    line.optionalTime("request_sent_s", sample.requestSent)
    line.optionalTime("headers_s", sample.headers)
    line.optionalTime("first_byte_s", sample.firstByte)
    line.optionalTime("first_choice_s", sample.firstChoice)
    line.optionalTime("ttfa_s", sample.firstAnswer)
    line.optionalTime("done_s", sample.done)
    line.optionalTime("end_s", sample.end)
    line.optionalTime("gap_p50_s", sample.gapMedian)
    line.optionalTime("gap_p99_s", sample.gapP99)
  }

  private func counts(of sample: StreamSample, _ line: inout MemberWriter) {
    if unit == .events { line.countOrNull("usage_output_tokens", sample.usageOutputTokens) }
    line.optionalCount("input_tokens", sample.usageInputTokens)
    line.optionalCount("cached_tokens", sample.usageCachedTokens)
    line.count("content_events", sample.contentEvents)
    line.count("burst_events", sample.burstEvents)
    line.count("body_bytes", sample.bodyBytes)
    line.flag("connection_reused", sample.connectionReused)
    line.optionalCount("http_status", sample.httpStatus)
  }
}

extension Evidence {
  /// One object; members that say nothing are left out.
  var json: JSONValue {
    var members: [JSONMember] = []
    if let transportCode {
      members.append(JSONMember("transport_code", .integer(Int64(transportCode))))
    }
    members.append(JSONMember("offset", .integer(Int64(offset))))
    if !excerpt.isEmpty { members.append(JSONMember("excerpt", .string(excerpt))) }
    if let finishReason { members.append(JSONMember("finish_reason", .string(finishReason))) }
    if let retryAfter { members.append(JSONMember("retry_after_s", .seconds(retryAfter))) }
    if !detail.isEmpty { members.append(JSONMember("detail", .string(detail))) }
    return .object(members)
  }

  init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(
      transportCode: try fields.optional("transport_code", "whole number") { $0.intValue },
      offset: try fields.optionalCount("offset") ?? 0,
      excerpt: try fields.optionalString("excerpt") ?? "",
      finishReason: try fields.optionalString("finish_reason"),
      retryAfter: try fields.optionalSeconds("retry_after_s"),
      detail: try fields.optionalString("detail") ?? "")
  }
}

/// Appends members of one object as bytes, without a value in between.
private struct MemberWriter {
  var bytes: [UInt8]
  private var isFirst = true

  init(bytes: consuming [UInt8]) {
    self.bytes = bytes
  }

  private mutating func name(_ name: StaticString) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    bytes.append(0x22)
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(0x22)
    bytes.append(UInt8(ascii: ":"))
  }

  mutating func raw(_ name: StaticString, _ value: [UInt8]) {
    self.name(name)
    bytes.append(contentsOf: value)
  }

  mutating func null(_ name: StaticString) {
    self.name(name)
    word("null")
  }

  mutating func flag(_ name: StaticString, _ value: Bool) {
    self.name(name)
    word(value ? "true" : "false")
  }

  mutating func count(_ name: StaticString, _ value: Int) {
    self.name(name)
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    digits(UInt64(value.magnitude))
  }

  mutating func optionalCount(_ name: StaticString, _ value: Int?) {
    if let value { count(name, value) }
  }

  mutating func countOrNull(_ name: StaticString, _ value: Int?) {
    if let value { count(name, value) } else { null(name) }
  }

  mutating func time(_ name: StaticString, _ value: Nanos) {
    self.name(name)
    if value < .zero { bytes.append(UInt8(ascii: "-")) }
    let (seconds, nanos) = value.rawValue.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    digits(seconds)
    bytes.append(UInt8(ascii: "."))
    digits(nanos, width: 9)
  }

  mutating func timeOrNull(_ name: StaticString, _ value: Nanos?) {
    if let value { time(name, value) } else { null(name) }
  }

  mutating func optionalTime(_ name: StaticString, _ value: Nanos?) {
    if let value { time(name, value) }
  }

  private mutating func word(_ text: StaticString) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Decimal digits, with leading zeros up to `width`.
  private mutating func digits(_ value: UInt64, width: Int = 1) {
    let start = bytes.count
    var rest = value
    var count = 0
    repeat {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
      count += 1
    } while rest > 0 || count < width
    bytes[start...].reverse()
  }
}
