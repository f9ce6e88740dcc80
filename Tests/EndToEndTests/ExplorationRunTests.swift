import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("Runs that are not the fixed profile, from flags to verdict", .waiting)
struct ExplorationRunTests {
  private let flags = ["--rate", "20", "--duration", "3s"]
  private let mark = "not the fixed profile: rate 20 instead of 10, duration 3s instead of 20s"

  private func simulator(_ product: Product, objective: String) throws -> Simulator {
    let simulator = try Simulator(
      in: product.folder, "--ttft", "500ms", "--gap", "2ms", "--tokens", "10")
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, lines: "objectives: [\(objective)]"),
      to: "streamgate.yaml")
    return simulator
  }

  private func store(_ product: Product) throws -> ResultStore {
    try ResultStore.open(
      .sqlite(path: product.folder.file(".streamgate/results.db").path), for: .read)
  }

  @Test("On main it is marked everywhere, joins no baseline, and is inconclusive")
  func main() throws {
    let product = try Product(plan: nil)
    let simulator = try simulator(product, objective: "ttft.p50 < 5s")
    let arguments = ["run", "--commit", "a", "--branch", "main"] + flags
    let end = try product.run(arguments + ["--out", "out"])
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.errors.contains("note: \(mark); the run is compared with nothing"))
    #expect(end.output.contains("INCONCLUSIVE: \(mark)"))
    #expect(end.output.contains("joins no baseline"))
    #expect(!end.output.contains("runs of main"))
    for name in ["summary.md", "junit.xml", "result.json"] {
      #expect(try product.text("out/" + name).contains(mark), "\(name)")
    }
    let file = try RunFile.read(product.folder.file("out/run-1.jsonl.gz").path)
    #expect(file.samples?.count == 60)
    #expect(file.header.explorationReason == mark)
    let again = try product.run("compare", "out/result.json", "--out", "again")
    #expect(again.output == end.output)
    #expect(try product.bytes("again/result.json") == product.bytes("out/result.json"))

    let header = try store(product).record(file.header.runID).header
    #expect(header.exploration == file.header.exploration && !header.isUsable)
    #expect(header.verdict == .inconclusive)
    #expect(
      try store(product).environment(project: header.project, key: header.environment) == nil)
    #expect(try product.run("runs", "list").output.contains("exploration"))
    let baseline = try product.run("baseline", "list")
    #expect(baseline.output.contains(mark) && baseline.output.contains("0 of at most 10 runs"))
    #expect(try product.run("baseline", "export").code == 66)
    #expect(try product.run("report", header.runID).output.contains("INCONCLUSIVE: \(mark)"))

    // The same commit is asked again: no verdict is repeated, and the policy decides the code.
    let second = try product.run(arguments + ["--inconclusive", "code"])
    #expect(second.code == 2, "\(second.errors)")
    #expect(try simulator.stop().count == 120)
    try sideBySide(product, header)
  }

  /// Two of one load show differences; another load is refused, whatever it is.
  private func sideBySide(_ product: Product, _ header: RunHeader) throws {
    let runs = try store(product).runs(RunFilter()).map(\.header.runID)
    let same = try product.run(["compare"] + runs)
    #expect(same.code == 0, "\(same.errors)")
    #expect(same.output.contains("INCONCLUSIVE: \(mark)"))
    #expect(same.output.contains("their differences are shown and never judged"))
    #expect(!same.output.contains("runs of main"))

    var fixed = header
    (fixed.runID, fixed.commit, fixed.exploration) = ("fixed", "b", nil)
    (fixed.isUsable, fixed.unusableReason, fixed.verdict) = (true, nil, nil)
    let samples = (0..<40).map { Build.success(seq: $0, intended: .milliseconds(Int64($0) * 100)) }
    try RunFile.write(
      RunRecord(header: fixed, samples: samples), to: product.folder.file("fixed.jsonl").path)
    #expect(try product.run("runs", "import", "fixed.jsonl").code == 0)
    let named = try product.run(
      "compare", "--candidate", "out/run-1.jsonl.gz", "--baseline", "fixed.jsonl")
    #expect(
      named.output.replacing("\n    ", with: " ").contains(
        "The runs that are named beside the candidate were not looked at"))
    for names in [["fixed", runs[0]], [runs[0], "fixed"], ["b", "a"]] {
      let end = try product.run(["compare"] + names)
      #expect(end.code == 64, "\(names): \(end.output)")
      #expect(end.errors.contains("the two runs had different loads"))
      #expect(end.errors.contains(mark))
    }
    // A name that both kinds of runs bear means the fixed profile's.
    #expect(try product.run("report", "main").output.contains("runs of main"))
  }

  @Test("A missed objective is a FAIL with the mark in its line")
  func missed() throws {
    let product = try Product(plan: nil)
    let simulator = try simulator(product, objective: "ttft.p50 < 100ms")
    let end = try product.run(["run", "--commit", "a", "--branch", "change"] + flags)
    #expect(end.code == 1, "\(end.errors)")
    #expect(end.output.contains("FAIL (\(mark)): objective sustained: ttft.p50 < 100ms is missed"))
    #expect(try simulator.stop().count == 60)
  }

  @Test("An abort rule that fires is a FAIL, whatever main did")
  func abort() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder, "--fault", "http_500=100%")
    try product.folder.write(
      TestPlan.sustained(url: simulator.url, lines: "abort: { error: 50%, over: 1s }"),
      to: "streamgate.yaml")
    let end = try product.run(
      "run", "--commit", "a", "--branch", "main", "--rate", "30", "--duration", "10s")
    #expect(end.code == 1, "\(end.errors)")
    #expect(end.output.contains("FAIL (not the fixed profile: rate 30 instead of 10"))
    #expect(end.output.contains("aborted in sustained"))
    #expect(!end.output.contains("no recent run of main"))
    _ = try simulator.stop()
  }

  @Test("A plan is looked at under another load without one request, and keeps its environment")
  func plan() throws {
    let product = try Product(plan: TestPlan.sustained(url: "http://127.0.0.1:9"))
    let fixed = try JSONReader.parse(Array(product.run("plan", "--json", "-").output.utf8))
    let end = try product.run(["plan"] + flags)
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.output.contains("\(mark); compared with nothing"))
    #expect(end.output.contains("--rate") && end.output.contains("--duration"))
    #expect(!end.output.contains("too few"))
    let other = try JSONReader.parse(
      Array(product.run(["plan", "--json", "-"] + flags).output.utf8))
    for name in ["environment", "digest"] { #expect(other[name] == fixed[name]) }
    #expect(other["requests"] == .integer(60))
    #expect("not the fixed profile: " + (other["exploration"]?.stringValue ?? "") == mark)
    #expect(fixed["exploration"] == .null)
    #expect(other["arrivals_sha256"] != fixed["arrivals_sha256"])
    // The plan's own rate is no other load.
    let same = try product.run("plan", "--rate", "10")
    #expect(same.code == 0 && !same.output.contains("not the fixed profile"))
  }

  @Test(
    "What cannot be is said before load, with what to try",
    arguments: [
      (["--rate", "fast"], "--rate: \"fast\" is no number; write it as in 2.5"),
      (["--users", "5"], "--users: the plan has no stress profile"),
      (["--duration", "2s"], "--duration: 2s is not longer than the warm-up of 2s"),
      (["--rate", "20", "--repeat", "5"], "--rate leaves the fixed profile"),
      (["--duration", "9s", "--restart", "why"], "--duration leaves the fixed profile"),
    ])
  func usage(flags: [String], message: String) throws {
    let product = try Product(plan: TestPlan.sustained(url: "http://127.0.0.1:9"))
    let end = try product.run(["run", "--branch", "main"] + flags)
    #expect(end.code == 64, "\(end.errors)")
    #expect(end.errors.contains(message), "\(end.errors)")
    #expect(!product.has(".streamgate/results.db"))
  }
}
