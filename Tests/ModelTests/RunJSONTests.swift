import Model
import TestKit
import Testing

@Suite("Runs as JSON")
struct RunJSONTests {
  @Test(
    "A header reads back from a run file's first line as it was", arguments: 0..<50 as Range<UInt64>
  )
  func headerRoundTrip(seed: UInt64) throws {
    var random = RandomRun(seed: seed)
    let header = random.header(runID: "run-\(seed)")
    let line = JSONWriter.bytes(header.runFileJSON)
    #expect(try RunHeader(runFileJSON: JSONReader.parse(line)) == header)
  }

  @Test("A header of the fixed profile has no exploration, another says what of it is other")
  func exploration() throws {
    var header = Build.header(runID: "r")
    #expect(!header.jsonMembers.contains { $0.name == "exploration" })
    header.exploration = "rate 12 instead of 5"
    let member = JSONMember("exploration", .string("rate 12 instead of 5"))
    #expect(header.jsonMembers.contains(member))
  }

  @Test(
    "A record reads back as it was, infinite values included", arguments: 0..<50 as Range<UInt64>)
  func recordRoundTrip(seed: UInt64) throws {
    var random = RandomRun(seed: seed)
    let record = random.record(runID: "run-\(seed)")
    let text = JSONWriter.bytes(record.json)
    #expect(try RunRecord(json: JSONReader.parse(text)) == record)
  }

  @Test(
    "Samples read back as they were, whatever the order of the lines",
    arguments: 0..<20 as Range<UInt64>)
  func samplesRoundTrip(seed: UInt64) throws {
    var random = RandomRun(seed: seed)
    var header = random.header(runID: "run")
    let samples = random.samples(40, header: header)
    let writer = SampleLineWriter(header: header)
    var lines = samples.map { sample in
      var line: [UInt8] = []
      writer.append(sample, to: &line)
      return line
    }
    var generator = SeededGenerator(seed: seed, label: "order")
    generator.shuffle(&lines)
    var reader = SampleLineReader()
    for line in lines { try reader.read(JSONReader.parse(line)) }
    #expect(try reader.finish(header: &header) == samples)
  }

  @Test("A line shows the members that the format promises, times with nine decimals")
  func line() {
    let header = Build.header(runID: "r")
    var bytes: [UInt8] = []
    SampleLineWriter(header: header).append(
      Build.failure(.truncated, seq: 3, intended: Nanos(1_562_559_001)), to: &bytes)
    let expected =
      #"{"profile":"sustained","scenario":"short","region":null,"stage":0,"turn":0,"#
      + #""warmup":false,"seq":3,"t_intended_s":1.562559001,"t_sent_s":1.562559001,"#
      + #""ttft_s":null,"duration_s":null,"output_tokens":null,"max_gap_s":null,"#
      + #""max_gap_at_s":null,"outcome":"truncated","content_events":0,"burst_events":0,"#
      + #""body_bytes":0,"connection_reused":false}"# + "\n"
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test("A foreign run file needs only the members that the format requires")
  func foreign() throws {
    let lines = try Golden.jsonLines("run_file.jsonl")
    var header = try RunHeader(runFileJSON: lines[0])
    #expect(header.runID == "02604c6775e6")
    #expect(header.tokenUnit == .usage)
    #expect(header.referenceTokens == ["chat": 110, "rag": 80])
    var reader = SampleLineReader()
    for line in lines.dropFirst() { try reader.read(line) }
    let samples = try reader.finish(header: &header)
    #expect(samples.count == lines.count - 1)
    #expect(samples[0].intended == Nanos(1_562_559_000))
    #expect(samples[0].firstToken == Nanos(31_761_000))
    #expect(samples[0].outputTokens(unit: header.tokenUnit) == 103)
  }

  @Test("Lines without a position get one by their times, whatever their order")
  func positions() throws {
    func line(_ intended: Int, _ tokens: Int) throws -> JSONValue {
      try JSONReader.parse(
        Array(
          """
          {"profile":"p","scenario":"s","t_intended_s":\(intended),"ttft_s":1,"duration_s":2,\
          "output_tokens":\(tokens),"outcome":"complete"}
          """.utf8))
    }
    var results: [[StreamSample]] = []
    for order in [[1, 2, 3], [3, 1, 2]] {
      var reader = SampleLineReader()
      for i in order { try reader.read(line(i, i * 10)) }
      var header = RunHeader(runID: "r", timeout: .seconds(1))
      results.append(try reader.finish(header: &header))
      #expect(header.profiles == ["p"])
    }
    #expect(results[0] == results[1])
    #expect(results[0].map(\.seq) == [0, 1, 2])
    #expect(results[0].map(\.usageOutputTokens) == [10, 20, 30])
  }

  @Test(
    "What is missing or wrong is named",
    arguments: [
      (#"{"scenario":"s"}"#, FieldError(field: "profile", what: "is missing")),
      (
        #"{"profile":"p","scenario":"s","t_intended_s":-1}"#,
        FieldError(field: "t_intended_s", what: "is negative")
      ),
      (
        #"{"profile":"p","scenario":"s","t_intended_s":1,"ttft_s":null,"duration_s":null}"#,
        FieldError(field: "output_tokens", what: "is missing")
      ),
      (
        #"{"profile":"p","scenario":"s","t_intended_s":"1"}"#,
        FieldError(field: "t_intended_s", what: "is no number of seconds below 4000000")
      ),
      ("[]", FieldError(field: "", what: "is no object")),
    ])
  func wrongLines(text: String, expected: FieldError) throws {
    let value = try JSONReader.parse(Array(text.utf8))
    var reader = SampleLineReader()
    #expect(throws: expected) { try reader.read(value) }
  }

  @Test("A position that comes twice is refused")
  func duplicatePosition() throws {
    var header = Build.header(runID: "r")
    var bytes: [UInt8] = []
    SampleLineWriter(header: header).append(Build.success(seq: 7), to: &bytes)
    let value = try JSONReader.parse(bytes)
    var reader = SampleLineReader()
    try reader.read(value)
    try reader.read(value)
    #expect(throws: FieldError(field: "seq", what: "7 of sustained comes twice")) {
      try reader.finish(header: &header)
    }
  }
}
