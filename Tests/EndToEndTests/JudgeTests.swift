import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("Judging run files", .waiting)
struct JudgeTests {
  private static func files(
    _ product: Product, mains: Int, candidates: Int, scale: Double
  ) throws -> (mains: [String], candidates: [String]) {
    (
      try (1...mains).map { try JudgedRun.write(JudgedRun.make($0, branch: "main"), in: product) },
      try (1...candidates).map {
        try JudgedRun.write(JudgedRun.make(100 + $0, branch: "change", scale: scale), in: product)
      }
    )
  }

  private static func compare(
    _ files: (mains: [String], candidates: [String]), _ options: String...
  ) -> [String] {
    ["compare", "--candidate"] + files.candidates + ["--baseline"] + files.mains + options
  }

  @Test("An unchanged service passes, and one 20 % slower to its first token is blocked")
  func verdicts() throws {
    let product = try Product(plan: nil)
    let same = try product.run(
      JudgeTests.compare(
        try JudgeTests.files(product, mains: 5, candidates: 1, scale: 1), "--out", "same"))
    #expect(same.code == 0)
    #expect(same.output.contains("PASS: not worse by more than 10 %"))
    let slower = try product.run(
      JudgeTests.compare(
        try JudgeTests.files(product, mains: 5, candidates: 2, scale: 1.2), "--out", "slower"))
    #expect(slower.code == 1)
    #expect(slower.output.contains("FAIL: ttft_p50"))
    let lint = try RunningProcess.run(
      "xmllint", ["--noout", product.folder.file("slower/junit.xml").path])
    #expect(lint.code == 0, "\(lint.errors)")
  }

  @Test("With three runs of main a gate learns, and says how many are missing")
  func learning() throws {
    let product = try Product(plan: nil)
    let files = try JudgeTests.files(product, mains: 3, candidates: 1, scale: 2)
    let end = try product.run(JudgeTests.compare(files))
    #expect(end.code == 0)
    #expect(end.output.contains("learning: 3 of 5 runs of main"))
    #expect(try product.run(JudgeTests.compare(files, "--inconclusive", "code")).code == 2)
    #expect(try product.run(JudgeTests.compare(files, "--inconclusive", "block")).code == 1)
  }

  @Test("The same files give the same bytes, whatever the order of files and lines")
  func order() throws {
    let product = try Product(plan: nil)
    let files = try JudgeTests.files(product, mains: 6, candidates: 2, scale: 1.05)
    let first = try product.run(JudgeTests.compare(files, "--out", "first"))
    for name in files.mains + files.candidates {
      let run = try RunFile.read(product.folder.file(name).path)
      var lines = String(decoding: RunFile.bytes(run), as: UTF8.self)
        .split(separator: "\n").map(String.init)
      lines.reverse()
      try product.folder.write(lines.joined(separator: "\r\n") + "\r\n", to: "turned/" + name)
    }
    func turned(_ names: [String]) throws -> [String] {
      try names.reversed().map { name in
        let plain = "turned/" + name.dropLast(3)
        try FileManager.default.moveItem(
          at: product.folder.file("turned/" + name), to: product.folder.file(plain))
        return plain
      }
    }
    let second = try product.run(
      JudgeTests.compare(
        (try turned(files.mains), try turned(files.candidates)), "--out", "second"))
    #expect(first.code == second.code && first.output == second.output)
    for name in ["result.json", "junit.xml", "summary.md"] {
      #expect(try product.bytes("first/" + name) == product.bytes("second/" + name))
    }
    let again = try product.run("compare", "first/result.json", "--out", "third")
    #expect(again.code == first.code && again.output == first.output)
    for name in ["result.json", "junit.xml", "summary.md"] {
      #expect(try product.bytes("first/" + name) == product.bytes("third/" + name))
    }
  }

  @Test("Differences say of a run that cannot serve what is wrong with it")
  func useless() throws {
    let product = try Product(plan: nil)
    let whole = try JudgedRun.write(JudgedRun.make(1, branch: "main"), in: product)
    var run = JudgedRun.make(2, branch: "change")
    (run.header.isUsable, run.header.unusableReason) = (false, "interrupted")
    let interrupted = try JudgedRun.write(run, in: product)
    let end = try product.run("compare", whole, interrupted)
    #expect(end.code == 0 && end.output.contains("Run run-2 is not usable: interrupted."), "\(end)")
    #expect(!end.output.contains("Run run-1 is"))
    run.header.isFinished = false
    try RunFile.write(run, to: product.folder.file(interrupted).path)
    let unfinished = try product.run("compare", interrupted, whole).output
    #expect(unfinished.contains("Run run-2 was not finished: its figures are of a part of it."))
  }

  @Test("A search for a capacity is compared with nothing, whichever way it is named")
  func search() throws {
    let product = try Product(plan: nil)
    let other = try JudgedRun.write(JudgedRun.make(1, branch: "main"), in: product)
    var run = JudgedRun.make(2, branch: "change")
    run.header.profiles = ["capacity"]
    let search = try JudgedRun.write(run, in: product)
    try product.folder.write(#"{"format":"streamgate-capacity/1"}"#, to: "capacity.json")
    for arguments in [
      [search, other], [other, search], [search, search], ["capacity.json"],
      ["--candidate", other, "--baseline", search],
    ] {
      let end = try product.run(["compare"] + arguments)
      #expect(end.code == 64 && end.output.isEmpty, "\(arguments): \(end)")
      #expect(end.errors.contains("a search for a capacity is compared with nothing"), "\(end)")
      #expect(end.errors.contains("streamgate report "))
    }
  }

  @Test("Two bare files show differences and no verdict")
  func bareFiles() throws {
    let product = try Product(plan: nil)
    let golden = Golden.url("run_file.jsonl").path(percentEncoded: false)
    let end = try product.run("compare", golden, golden, "--out", "first")
    let again = try product.run("compare", "first/result.json", "--out", "again")
    #expect(again.output == end.output && again.code == end.code)
    for name in ["result.json", "junit.xml", "summary.md"] {
      #expect(try product.bytes("first/" + name) == product.bytes("again/" + name))
    }
    #expect(end.code == 0)
    #expect(end.output.contains("INCONCLUSIVE"))
    #expect(end.output.contains("of 5 runs of main"))
  }

  @Test("Stored runs are judged by branch, shown again and exported to the same file")
  func stored() throws {
    let plan = TestPlan.sustained(
      url: "http://127.0.0.1:9", target: #"headers: { Authorization: "Bearer ${API_TOKEN}" }"#)
    let product = try Product(plan: plan)
    product.environment["API_TOKEN"] = "t0ken"
    let environment = try #require(
      try JSONReader.parse(Array(product.run("plan", "--json", "-").output.utf8))["environment"]?
        .stringValue)
    // A job that sends no load has no secrets of the endpoint.
    product.environment["API_TOKEN"] = nil
    var names: [String] = []
    for id in 1...7 {
      var run = JudgedRun.make(
        id, branch: id > 5 ? "change" : "main", scale: id > 5 ? 1.3 : 1)
      run.header.project = "end-to-end"
      run.header.environment = environment
      if id > 5 { run.header.commit = "changed" }
      names.append(try JudgedRun.write(run, in: product))
    }
    #expect(try product.run(["runs", "import"] + names).code == 0)
    #expect(try product.run("runs", "list").output.contains("run-7"))
    let verdict = try product.run("compare", "main", "change")
    #expect(verdict.code == 1, "\(verdict.errors)")
    #expect(verdict.output.contains("FAIL: ttft_p50"))
    #expect(try product.run("report", "change", "--format", "markdown").output.contains("# ❌ FAIL"))
    #expect(try product.run("trends", "ttft_p50").output.contains("ttft_p50"))
    #expect(try product.run("store", "check").code == 0)
    #expect(try product.run("check").code == 65)
    #expect(try product.run("runs", "export", "run-3", "again.jsonl.gz").code == 0)
    let first = try RunFile.read(product.folder.file("run-3.jsonl.gz").path)
    let again = try RunFile.read(product.folder.file("again.jsonl.gz").path)
    #expect(again.samples == first.samples)

    #expect(try product.run("baseline", "export").code == 0)
    let path = "baselines/end-to-end/\(environment).json"
    #expect(try BaselineFile.read(product.folder.file(path).path).runs.count == 5)
    let other = try Product(plan: plan)
    try other.folder.write(try product.text(path), to: path)
    #expect(try other.run("baseline", "list").output.contains("5 of at most 10 runs"))
    #expect(try other.run("baseline", "import", path).output.contains("imported 5 of 5"))
    #expect(try other.run("runs", "delete", "run-3").code == 0)
    #expect(try other.run("runs", "show", "run-3").code == 66)
  }
}
