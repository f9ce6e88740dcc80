import Foundation
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Run files and baseline files")
struct FileTests {
  private func run(_ seed: UInt64, samples: Int = 40) -> RunRecord {
    var random = RandomRun(seed: seed)
    let header = random.header(runID: "run-\(seed)")
    return RunRecord(header: header, samples: random.samples(samples, header: header))
  }

  @Test(
    "A run file reads back as it was, packed or not", arguments: ["run-1.jsonl", "run-1.jsonl.gz"])
  func roundTrip(name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/" + name
    for seed in 0..<5 as Range<UInt64> {
      let record = run(seed)
      try RunFile.write(record, to: path)
      #expect(try RunFile.read(path) == record)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names == [name])
  }

  @Test("Logins are lines of a run file, and a wrong one is told with its line")
  func logins() throws {
    let folder = try TemporaryFolder()
    var record = run(1, samples: 3)
    record.logins = LoginLog(
      attempts: [
        LoginAttempt(
          step: .login, at: .zero - .milliseconds(200), duration: .microseconds(30_001),
          isGranted: true),
        LoginAttempt(step: .refresh, at: .seconds(9), duration: .seconds(1), isGranted: false),
      ],
      waits: [
        LoginWait(duration: .milliseconds(5), isRepeat: true),
        LoginWait(duration: .zero, isRepeat: false),
      ])
    try RunFile.write(record, to: folder.path + "/run.jsonl")
    #expect(try RunFile.read(folder.path + "/run.jsonl") == record)
    let text = String(decoding: RunFile.bytes(record), as: UTF8.self)
    try folder.write(text.replacing("refresh", with: "renew"), to: "wrong.jsonl")
    let path = folder.path + "/wrong.jsonl"
    #expect(throws: FileError.wrong(path: path, line: 6, what: "step is neither login nor refresh"))
    {
      try RunFile.read(path)
    }
  }

  @Test("The same run gives the same bytes, packed too")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    let record = run(3)
    try RunFile.write(record, to: folder.path + "/a.gz")
    try RunFile.write(RunFile.read(folder.path + "/a.gz"), to: folder.path + "/b.gz")
    let a = try Data(contentsOf: folder.file("a.gz"))
    #expect(a == (try Data(contentsOf: folder.file("b.gz"))))
    #expect(Array(a[..<10]) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3])
  }

  @Test("The order of lines, empty lines and carriage returns do not matter")
  func order() throws {
    let folder = try TemporaryFolder()
    let text = try Golden.text("run_file.jsonl")
    let reference = try RunFile.read(Golden.url("run_file.jsonl").path(percentEncoded: false))
    #expect(reference.samples?.isEmpty == false)
    var lines = text.split(separator: "\n").map { String($0) }
    var generator = SeededGenerator(seed: 5, label: "lines")
    generator.shuffle(&lines)
    try folder.write(lines.joined(separator: "\r\n\r\n"), to: "shuffled.jsonl")
    #expect(try RunFile.read(folder.path + "/shuffled.jsonl") == reference)
  }

  @Test("A run file that holds several gzip members reads as one")
  func members() throws {
    let folder = try TemporaryFolder()
    let record = run(7)
    let bytes = RunFile.bytes(record)
    let packed = try #require(gzip(Array(bytes[..<500]))) + #require(gzip(Array(bytes[500...])))
    try Data(packed).write(to: folder.file("two.gz"))
    #expect(try RunFile.read(folder.path + "/two.gz") == record)
  }

  @Test(
    "What is wrong in a run file is said with its line",
    arguments: [
      ("{\"type\":\"run\"}\n", 1, "format is missing"),
      (
        "{\"type\":\"run\",\"format\":\"streamgate-run/9\"}", 1,
        "format is not \"streamgate-run/1\""
      ),
      (header + "\n\n{\"profile\":1}", 3, "profile is no string"),
      (header + "\n{\"profile\"", 2, "is no JSON at byte 10: no : after a name"),
      (header + "\n" + header, 2, "type comes twice: one run a file"),
      ("", nil, "has no line {\"type\":\"run\",…}"),
      (header + "\n" + sample + "\n" + sample, nil, "seq 1 of p comes twice"),
      ("\u{1F}", 1, "is no JSON at byte 0: not a value"),
    ] as [(String, Int?, String)])
  func wrong(text: String, line: Int?, what: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "run.jsonl")
    let path = folder.path + "/run.jsonl"
    #expect(throws: FileError.wrong(path: path, line: line, what: what)) {
      try RunFile.read(path)
    }
  }

  private static let header =
    #"{"type":"run","format":"streamgate-run/1","run_id":"r","timeout_s":5}"#
  private static let sample =
    #"{"profile":"p","scenario":"s","seq":1,"t_intended_s":1,"ttft_s":1,"duration_s":1,"#
    + #""output_tokens":5,"outcome":"complete"}"#

  @Test("Damaged and cut gzip data is refused")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let packed = try #require(gzip(RunFile.bytes(run(1))))
    let path = folder.path + "/run.gz"
    try Data(packed[..<(packed.count / 2)]).write(to: folder.file("run.gz"))
    #expect(throws: FileError.wrong(path: path, line: nil, what: "the gzip data ends too early")) {
      try RunFile.read(path)
    }
    var broken = packed
    broken[packed.count - 6] ^= 0xFF
    try Data(broken).write(to: folder.file("run.gz"))
    #expect(throws: FileError.wrong(path: path, line: nil, what: "the gzip data is damaged")) {
      try RunFile.read(path)
    }
  }

  @Test("A file that is not there and a folder that is not there are said")
  func missing() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/no/run.jsonl"
    let reason = "No such file or directory"
    #expect(throws: FileError.unreadable(path: path, reason: reason)) { try RunFile.read(path) }
    #expect(throws: FileError.notWritten(path: path, reason: reason)) {
      try RunFile.write(run(1), to: path)
    }
  }

  @Test("Of an unfinished run's file a cut last line is left out, of another's it is an error")
  func cutLine() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/run.jsonl"
    var record = run(2)
    for isFinished in [false, true] {
      record.header.isFinished = isFinished
      try Data(RunFile.bytes(record).dropLast(20)).write(to: folder.file("run.jsonl"))
      if isFinished {
        #expect(throws: FileError.self) { try RunFile.read(path) }
      } else {
        #expect(try RunFile.read(path).samples == record.samples?.dropLast())
      }
    }
  }

  @Test("A baseline file reads back as it was, one run a line, earliest first")
  func baseline() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/baseline.json"
    var random = RandomRun(seed: 4)
    let runs = (0..<5).map { random.record(runID: "run-\($0)") }
    let file = BaselineFile(
      project: "p", environment: "e", referenceTokens: ["a": 3.5], stallGap: .milliseconds(250),
      segments: ["run-2"],
      waivers: [
        Waiver(
          id: "w", reason: "\"known\"", acceptedBy: "Jane Doe",
          expiresAt: UnixNanos(1_500_000_000))
      ],
      acceptances: [
        Acceptance(
          kind: .changePoint, runID: "run-3", reason: "agreed", acceptedBy: "J",
          acceptedAt: UnixNanos(7), expiresAt: UnixNanos(1_500_000_001)),
        Acceptance(kind: .run, runID: "run-1", reason: "quota"),
      ],
      runs: runs)
    try file.write(to: path)
    let read = try BaselineFile.read(path)
    let sorted = runs.sorted { $0.header.startedAt < $1.header.startedAt }
    #expect(read.runs == sorted)
    #expect(read.waivers == file.waivers)
    #expect(read.acceptances == file.acceptances)
    #expect(read.segments == file.segments)
    #expect(read.reference?.stallGap == .milliseconds(250))
    #expect(read.bytes == file.bytes)
    let lines = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("{\"run_id\"") } == 5)
    #expect(BaselineFile(project: "p", environment: "e").bytes.last == 0x0A)
  }

  @Test("An empty baseline file reads back")
  func emptyBaseline() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/baseline.json"
    let file = BaselineFile(project: "p", environment: "e")
    try file.write(to: path)
    #expect(try BaselineFile.read(path) == file)
  }

  @Test(
    "What is wrong in a baseline file is said",
    arguments: [
      ("{\n\n]", 3, "is no JSON: a member has no name"),
      ("{}", nil, "format is missing"),
      (
        #"{"format":"streamgate-baseline/1","project":"p","environment":"e","runs":[{}]}"#,
        nil, "runs[0].run_id is missing"
      ),
    ] as [(String, Int?, String)])
  func wrongBaseline(text: String, line: Int?, what: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "b.json")
    let path = folder.path + "/b.json"
    #expect(throws: FileError.wrong(path: path, line: line, what: what)) {
      try BaselineFile.read(path)
    }
  }

  @Test("The example baseline is what an export writes, byte for byte, and can be imported")
  func example() throws {
    let folder = Golden.checkout.appending(path: "baselines/example")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".json") }
    #expect(names.count == 1)
    for name in names {
      let url = folder.appending(path: name)
      let file = try BaselineFile.read(url.path)
      #expect(file.bytes == Array(try Data(contentsOf: url)))
      #expect(file.project == "example" && name == file.environment + ".json")
      #expect(file.runs.count == 3 && file.reference != nil)
      let store = try TestStore(.sqlite).open()
      for run in file.runs { try store.importRun(run) }
      #expect(try store.runs(RunFilter()) == file.runs)
    }
  }
}
