import LoadEngine
import Model
import Plan
import StreamMeter
import TestKit
import Testing
import Workload

/// The whole table of faults, each entry one scenario of one run: a new row is the whole work.
@Suite("The simulator's table of faults, through the engine", .serialized)
struct FaultEntryTests {
  /// The simulator's own services, described by paths as a plan does it.
  private static let customDialects: [String: CustomDialect] = [
    "custom-events": CustomDialect(
      content: JSONPath([.member("output"), .member("text")]),
      finish: JSONPath([.member("finish_reason")]), error: JSONPath([.member("failure")]),
      end: .event("end")),
    "custom-lines": CustomDialect(
      framing: .ndjson, content: JSONPath([.member("delta"), .member("text")]),
      finish: JSONPath([.member("finish_reason")]), error: JSONPath([.member("failure")]),
      end: .value(JSONPath([.member("type")]), equals: "done")),
  ]
  private static let tokens = 6
  private static let tokensBeforeFault = 2
  private static let retryAfterSeconds = 7
  /// Every dialect finds its conversation in it.
  private static let body =
    #"{"model":"m","stream":true,"max_tokens":900,"prompt":"Hello.","input":"Hello.","#
    + #""inputs":"Hello.","stream_options":{"include_usage":true},"#
    + #""messages":[{"role":"user","content":"Hello."}]}"#

  /// Limits of time that are short only where the row is about one: a busy machine must not make a
  /// slow stream of a quick one.
  private static func timeouts(for outcome: Outcome) -> Timeouts {
    let long = Nanos.seconds(60)
    var timeouts = Timeouts(connect: long, firstToken: long, stall: long, total: long)
    switch outcome {
    case .timeoutFirstToken: timeouts.firstToken = .milliseconds(600)
    case .timeoutStall: timeouts.stall = .milliseconds(500)
    case .timeoutTotal: timeouts.total = .milliseconds(1_500)
    default: break
    }
    return timeouts
  }

  /// Who reads the responses.
  enum Reader: CaseIterable {
    /// The engine, as of any plain HTTP.
    case engine
    /// libcurl, as of users who log in, and of TLS.
    case libcurl
  }

  private static func run(
    _ entries: [FaultEntry], by reader: Reader = .engine
  ) async throws -> [StreamSample] {
    let simulator = try RunningProcess(
      RunningProcess.product("streamgate-sim"),
      [
        "--port", "0", "--ttft", "1ms", "--gap", "1ms", "--stall", "10m",
        "--tokens", "\(tokens)", "--fault-after", "\(tokensBeforeFault)",
        "--retry-after", "\(retryAfterSeconds)", "--account", "a@example.com:pass-a",
      ])
    let line = try simulator.nextLine()
    let url = try #require(line.split(separator: " ").last.map(String.init))
    let targets = entries.map { entry in
      let custom = customDialects[entry.dialect]
      var target = TargetPlan(
        url: SecretText(url), path: entry.path, dialect: custom == nil ? entry.dialect : "custom",
        timeouts: timeouts(for: entry.outcome))
      target.custom = custom
      // What one row leaves on a connection must not be another's reply.
      target.connections = .fresh
      if reader == .libcurl {
        target.login = EngineFixture.login([EngineFixture.account("a@example.com", "pass-a")]) {
          $0.path = "/api/auth/login"
        }
      }
      return target
    }
    let arrivals = entries.indices.map { index in
      Arrival(
        at: .milliseconds(2) * Int64(index),
        request: PlannedRequest(scenario: index, prompt: 0))
    }
    let profile = ProfileSchedule(
      kind: .sustained, duration: .milliseconds(2) * Int64(entries.count), warmup: .zero,
      load: .open(arrivals))
    var job = EngineJob(
      targets: targets, schedule: Schedule(profiles: [profile]), inFlightMax: entries.count,
      abort: .never, warmConnections: 0,
      lateMax: .seconds(60)
    ) { _, _, _ in Array(body.utf8) }
    // The defaults are for honest streams; floods need not be sat through.
    job.meterLimits = MeterLimits(eventsMax: 20_000, bodyBytesMax: 64 << 20)
    let (_, samples) = try await EngineFixture.run(job)
    #expect(try simulator.stop().code == 0)
    return samples.sorted { $0.scenario < $1.scenario }
  }

  @Test(
    "Every fault has its outcome and its evidence, whoever reads the response, in every dialect",
    arguments: Reader.allCases)
  func everyEntry(reader: Reader) async throws {
    var entries = try FaultEntry.table()
    let dialects = Set(Dialect.names).union(FaultEntryTests.customDialects.keys)
    #expect(Set(entries.map(\.dialect)) == dialects)
    // What is in a body is the meter's to read, whoever takes it from the connection.
    if reader == .libcurl { entries.removeAll { $0.dialect != "openai-chat" } }
    let samples = try await FaultEntryTests.run(entries, by: reader)
    #expect(samples.map(\.scenario) == Array(entries.indices))
    for (entry, sample) in zip(entries, samples) {
      #expect(sample.outcome == entry.outcome, "\(entry.testDescription): \(sample)")
      for problem in FaultEntryTests.problems(of: sample, entry) {
        Issue.record("\(entry.testDescription): \(problem): \(sample)")
      }
    }
  }

  /// What a row must leave behind as evidence, beyond what all must.
  private struct Left {
    var fault: String
    var status: Int?
    var code: Int?
    var finishReason: String?
    var excerpt = ""
    var detail = ""
  }

  private static let left: [Left] = [
    Left(
      fault: "no_marker", status: 200, finishReason: "stop", excerpt: "data: {\"id\":\"chatcmpl-"),
    Left(fault: "truncate", status: 200, excerpt: "data: {\"id\":\"chatcmpl-"),
    Left(fault: "rst", status: 200, code: 56, excerpt: "data: {"),
    Left(fault: "rst_before_head", code: 56),
    Left(fault: "rst_after_marker", status: 200, code: 56, finishReason: "stop", excerpt: "data"),
    Left(fault: "fin", status: 200, code: 18, excerpt: "data: {"),
    Left(fault: "fin_before_head", code: 52), Left(fault: "fin_in_head", code: 18),
    Left(fault: "bad_chunk_size", status: 200, code: 56, excerpt: "data: {"),
    Left(fault: "error_event", status: 200, excerpt: "{\"error\":{\"message\":\"the simulated"),
    Left(fault: "malformed_text", status: 200, excerpt: "hello, this is no JSON"),
    Left(fault: "html_200", status: 200, excerpt: "<!DOCTYPE html>", detail: "text/html"),
    Left(fault: "http_429", status: 429, excerpt: "{\"error\":{\"message\":\"the simulated"),
    Left(fault: "http_500_gzip", status: 500, excerpt: "<h1>A page of a proxy</h1>"),
    Left(fault: "redirect", status: 302, excerpt: "{", detail: "302"),
    Left(fault: "gzip_cut", status: 200, code: 61, excerpt: "data: {", detail: "coding"),
    Left(fault: "bad_gzip", status: 200, code: 61, detail: "not coded as the header says"),
    Left(fault: "coding_unknown", status: 200, code: 61, detail: "not asked for"),
    Left(fault: "coding_twice", status: 200, code: 61, detail: "limit of one"),
    Left(fault: "gzip_bomb", status: 200, excerpt: "aaaa", detail: "1048576 bytes"),
    Left(fault: "stream_endless", status: 200, excerpt: "data: {", detail: "20000 events"),
    Left(fault: "never_answers", detail: "first-token"),
    Left(fault: "stall", status: 200, excerpt: "data: {", detail: "stall"),
    Left(fault: "trickle", status: 200, excerpt: "data: {", detail: "total"),
  ]

  @Test(
    "Each kind of failure leaves its own evidence, whoever reads the response",
    arguments: Reader.allCases)
  func evidence(reader: Reader) async throws {
    let rows = try FaultEntry.table().filter { $0.dialect == "openai-chat" }
    let entries = try FaultEntryTests.left.map { left in
      try #require(rows.first { $0.fault == left.fault })
    }
    let samples = try await FaultEntryTests.run(entries, by: reader)
    for (left, sample) in zip(FaultEntryTests.left, samples) {
      let evidence = try #require(sample.evidence)
      #expect(sample.httpStatus == left.status, "\(left.fault)")
      #expect(evidence.transportCode == left.code, "\(left.fault)")
      #expect(evidence.finishReason == left.finishReason, "\(left.fault)")
      #expect(evidence.excerpt.hasPrefix(left.excerpt), "\(left.fault): \(evidence.excerpt)")
      #expect(evidence.detail.contains(left.detail), "\(left.fault): \(evidence.detail)")
      let isAtEvent = ["error_event", "malformed_text"].contains(left.fault)
      #expect(
        (evidence.offset < sample.bodyBytes)
          == (isAtEvent || sample.outcome == .limit && sample.bodyBytes > 0), "\(left.fault)")
    }
  }

  @Test("Retry-After is kept in every form, by the server's clock where it tells it")
  func retryAfter() async throws {
    let rows = try FaultEntry.table().filter { entry in
      entry.dialect == "openai-chat" && entry.fault.hasPrefix("http_429")
    }
    let samples = try await FaultEntryTests.run(rows)
    let told = Dictionary(uniqueKeysWithValues: zip(rows.map(\.fault), samples))
    let seconds = Nanos.seconds(Int64(FaultEntryTests.retryAfterSeconds))
    for fault in ["http_429_date", "http_429_rfc850", "http_429_asctime"] {
      // A date has whole seconds, of which one may begin between two dates; and a busy machine
      // takes its time.
      let wait = try #require(told[fault]?.evidence?.retryAfter)
      #expect(wait > .zero && wait <= seconds + .seconds(1), "\(fault)")
    }
    #expect(told["http_429"]?.evidence?.retryAfter == seconds)
    #expect(told["http_429_skewed"]?.evidence?.retryAfter == seconds)
    #expect(told["http_429_far"]?.evidence?.retryAfter == .seconds(30 * 86_400))
    #expect(told["http_429_bare"]?.evidence?.retryAfter == nil)
    #expect(told.count == 7)
  }

  /// What is missing in a sample.
  private static func problems(of sample: StreamSample, _ entry: FaultEntry) -> [String] {
    var problems: [String] = []
    func demand(_ holds: Bool, _ what: String) {
      if !holds { problems.append(what) }
    }
    demand(sample.httpStatus == nil || sample.httpStatus == entry.status, "another status")
    demand((sample.httpStatus == nil) == (sample.headers == nil), "a status without a header")
    guard let evidence = sample.evidence else {
      demand(sample.outcome.isSuccess, "no evidence")
      demand(sample.httpStatus != nil, "no status")
      return problems
    }
    demand(!sample.outcome.isSuccess, "evidence of a success")
    demand(!evidence.detail.isEmpty, "nothing told")
    demand(evidence.offset <= sample.bodyBytes, "an offset beyond the body")
    demand(evidence.excerpt.isEmpty == (sample.bodyBytes == 0), "another excerpt than the body's")
    demand(evidence.excerpt.unicodeScalars.count <= 200, "a long excerpt")
    switch sample.outcome {
    case .broken: demand(evidence.transportCode != nil, "no transport code")
    case .truncated, .errorEvent, .malformed, .empty, .notAStream, .redirect, .auth, .http429,
      .http4xx, .http5xx:
      demand(evidence.transportCode == nil, "a transport code")
      demand(sample.httpStatus != nil, "no status")
    default: break
    }
    return problems
  }
}
