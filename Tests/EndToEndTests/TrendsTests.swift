import Foundation
import Model
import ResultStore
import TestKit
import Testing

@Suite("Trends of stored runs", .waiting)
struct TrendsTests {
  /// Where runs are kept.
  enum Place: String, CaseIterable, CustomTestStringConvertible {
    case sqlite = "SQLite"
    case postgres = "PostgreSQL"

    static let available: [Place] = TestDatabase.server == nil ? [.sqlite] : allCases

    var testDescription: String { rawValue }
  }

  /// A folder with a repository and a store of runs of main, five of each of its commits.
  private final class Fixture {
    let product: Product
    let location: StoreLocation
    let database: TestDatabase?
    private(set) var commits: [String] = []

    init(_ place: Place = .sqlite, commits count: Int = 12, plan: String? = nil) throws {
      product = try Product(plan: plan)
      database = place == .postgres ? try TestDatabase() : nil
      location =
        database.map { StoreLocation($0.url) }
        ?? .sqlite(path: product.folder.file("runs.db").path)
      product.environment["STREAMGATE_STORE"] = database?.url ?? "runs.db"
      try git("init", "--quiet", "--initial-branch", "main")
      for number in 0..<count {
        try git("commit", "--quiet", "--allow-empty", "--message", "Change number \(number)")
        commits.append(try git("rev-parse", "HEAD"))
      }
    }

    @discardableResult
    func git(_ arguments: String...) throws -> String {
      let end = try RunningProcess.run(
        "git",
        [
          "-C", product.folder.path, "-c", "user.name=A", "-c", "user.email=a@example.com",
        ] + arguments)
      guard end.code == 0 else { throw GoldenError(what: end.errors) }
      return end.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The key of the plan's environment.
    func environment() throws -> String {
      let plan = try JSONReader.parse(
        Array(try product.run("plan", "--json", "-").output.utf8))
      return try #require(plan["environment"]?.stringValue)
    }

    /// Writes the plan's baseline file.
    func write(_ file: BaselineFile) throws {
      let path = product.folder.file("baselines/end-to-end/\(file.environment).json")
      try FileManager.default.createDirectory(
        at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try file.write(to: path.path)
    }

    /// Stores runs of main; those from the commit of number `slower` on take a fifth longer.
    func store(environment: String = "default-00000000", slower: Int? = nil) throws {
      let store = try ResultStore.open(location, for: .write)
      for run in runs(environment: environment, slower: slower) { try store.importRun(run) }
    }

    func runs(environment: String, slower: Int?) -> [RunRecord] {
      var random = SeededGenerator(seed: 1, label: environment)
      return (0..<5 * commits.count).map { index in
        let commit = index / 5
        var header = Build.header(
          runID: "\(environment)-\(index)",
          startedAt: UnixNanos(1_769_860_800_000_000_000 + Int64(index) * 3_600_000_000_000))
        header.commit = commits[commit]
        header.project = "end-to-end"
        header.environment = environment
        let luck = (random.nextUnit() - 0.5) * 0.04
        let step = slower.map { commit >= $0 ? 0.18 : 0 } ?? 0
        let key = CellKey(profile: "sustained", scenario: "short")
        return RunRecord(
          header: header,
          latencies: [
            LatencyValue(key: key, metric: .ttftP50, logValue: luck + step - 1, n: 300)
          ],
          rates: [RateCount(profile: "sustained", rate: .error, k: 1, n: 300)],
          figures: [
            ReportFigure(
              profile: "sustained", scenario: "short", name: "ttft.p99", value: 1 + step, n: 300)
          ])
      }
    }
  }

  @Test(
    "A regression is found with its commits, and fails a nightly job", arguments: Place.available)
  func regression(place: Place) throws {
    let fixture = try Fixture(place)
    try fixture.store(slower: 8)
    let end = try fixture.product.run("trends", "--fail-on-change")
    #expect(end.code == 1, "\(end.errors)")
    #expect(end.output.contains("60 runs"))
    #expect(end.output.contains("Change number 8") && !end.output.contains("Change number 9"))
    let commit = fixture.commits[8].prefix(10)
    #expect(
      end.output.contains("1 metric got worse and nobody accepted it, the first since \(commit)"),
      "\(end.output)")
    let json = try fixture.product.run("trends", "ttft_p50", "--json")
    #expect(json.code == 0)
    let report = try JSONReader.parse(Array(json.output.utf8))
    let point = try #require(report["change_points"]?.arrayValue?.first)
    #expect(point["state"]?.stringValue == "proposed")
    #expect(point["commit"]?.stringValue == fixture.commits[8])
    #expect(point["commit_before"]?.stringValue == fixture.commits[7])
    #expect(point["commits"]?.arrayValue?.count == 1)
    // The unchanged metric is no reason to fail; that few runs are shown changes nothing.
    #expect(try fixture.product.run("trends", "error", "--fail-on-change").code == 0)
    let few = try fixture.product.run("trends", "--last", "15", "--fail-on-change")
    #expect(few.code == 1 && few.output.contains("15 runs"))
    #expect(few.output.contains("Change number 8"))
    #expect(few.output.contains("lies before the runs shown: --last 300 shows it."))
    let figure = try fixture.product.run("trends", "sustained/short/ttft.p99", "--csv")
    #expect(figure.output.split(separator: "\r\n").count == 61)
    #expect(figure.output.contains(",regression\r\n"))
    // What is waived is nobody's open question.
    try ResultStore.open(fixture.location, for: .write).setWaiver(
      Waiver(
        id: "w-1", metric: "ttft_p50", reason: "bigger model",
        acceptedAt: UnixNanos(1_769_860_800_000_000_000)),
      project: "end-to-end", environment: "default-00000000")
    let waived = try fixture.product.run("trends", "--fail-on-change")
    #expect(waived.code == 0 && waived.output.contains("regression, accepted"))
    let page = try fixture.product.run("trends", "--html", "out/trends.html", "--quiet")
    #expect(page.code == 0)
    #expect(HTMLFile(try fixture.product.bytes("out/trends.html")).problems == [])
  }

  @Test("Runs are put into git's order, whenever they were made")
  func order() throws {
    let fixture = try Fixture(commits: 4)
    var runs = fixture.runs(environment: "default-00000000", slower: nil)
    // The oldest commit was measured last.
    for index in 0..<5 {
      runs[index].header.startedAt = UnixNanos(1_800_000_000_000_000_000 + Int64(index))
    }
    let store = try ResultStore.open(fixture.location, for: .write)
    for run in runs { try store.importRun(run) }
    let end = try fixture.product.run("trends", "ttft_p50", "--csv")
    let ids = end.output.split(separator: "\r\n").dropFirst().map { $0.prefix { $0 != "," } }
    #expect(ids.map(String.init) == (0..<20).map { "default-00000000-\($0)" })
  }

  @Test("Runs of a merge queue are main's once their commit is there")
  func mergeQueue() throws {
    let fixture = try Fixture(commits: 3)
    var runs = fixture.runs(environment: "default-00000000", slower: nil)
    for index in runs.indices where index >= 5 {
      runs[index].header.branch = "gh-readonly-queue/main/pr-\(index)-abc"
      // The last entry was thrown out.
      if index >= 10 { runs[index].header.commit = String(repeating: "e", count: 40) }
    }
    let store = try ResultStore.open(fixture.location, for: .write)
    for run in runs { try store.importRun(run) }
    let end = try fixture.product.run("trends", "ttft_p50", "--csv")
    let ids = end.output.split(separator: "\r\n").dropFirst().map { $0.prefix { $0 != "," } }
    #expect(ids.map(String.init) == (0..<10).map { "default-00000000-\($0)" })
  }

  @Test("What cannot be shown is said, with what there is")
  func wrong() throws {
    let fixture = try Fixture(commits: 2)
    let missing = try fixture.product.run("trends")
    #expect(missing.code == 66 && missing.errors.contains("there is no store here"))
    try fixture.store()
    try fixture.store(environment: "large-11111111")
    let which = try fixture.product.run("trends")
    #expect(which.code == 64)
    #expect(which.errors.contains("end-to-end default-00000000, end-to-end large-11111111"))
    let one = try fixture.product.run("trends", "--environment", "lar", "--list")
    #expect(one.code == 0, "\(one.errors)")
    #expect(
      one.output == "ttft_p50\nerror\nsustained/error\nsustained/short/ttft_p50\n"
        + "sustained/short/ttft.p99\n")
    func refused(_ code: Int32, _ words: String, _ arguments: String...) throws {
      let end = try fixture.product.run(["trends", "--environment", "large"] + arguments)
      #expect(end.code == code)
      #expect(end.errors.contains(words), "\(end.errors)")
    }
    try refused(64, "try: ttft_p50; ", "ttft_p5")
    try refused(64, "try: sustained/short/ttft.p99; ", "sustained/shor/ttft.p99")
    try refused(64, "no run has x\u{FFFD}[2Jy", "x\u{1B}[2Jy")
    try refused(64, "no run has a gated metric of such a cell", "--scenario", "long")
    try refused(66, "finished runs are there of main (10)", "--branch", "topic")
    try refused(66, "no usable run of main in large-11111111 since", "--since", "1d")
    try refused(64, "--since yesterday", "--since", "yesterday")
    try refused(64, "1 to 10000 runs", "--last", "0")
    try refused(64, "exclude each other", "--csv", "--json")
    let nowhere = try fixture.product.run("trends", "--environment", "none")
    #expect(nowhere.code == 66 && nowhere.errors.contains("large-11111111 (10)"))
  }

  @Test(
    "A change point that somebody accepted is no reason to fail, by the store's word or the file's",
    arguments: Place.available)
  func accepted(place: Place) throws {
    let fixture = try Fixture(place, plan: TestPlan.sustained(url: "http://127.0.0.1:9"))
    let environment = try fixture.environment()
    try fixture.store(environment: environment, slower: 8)
    let store = try ResultStore.open(fixture.location, for: .write)
    func state() throws -> String? {
      let end = try fixture.product.run("trends", "ttft_p50", "--json", "--fail-on-change")
      let report = try JSONReader.parse(Array(end.output.utf8))
      let states = report["change_points"]?.arrayValue?.map { $0["state"]?.stringValue }
      #expect(states?.count == 1)
      #expect(end.code == (states?.first == "proposed" ? 1 : 0), "\(end.errors)")
      return states?.first ?? nil
    }
    func acceptance(over: Bool = false) -> Acceptance {
      Acceptance(
        kind: .changePoint, runID: "\(environment)-40", reason: "a larger model",
        acceptedAt: UnixNanos(1_769_860_800_000_000_000),
        expiresAt: over ? UnixNanos(1_769_860_801_000_000_000) : nil)
    }
    #expect(try state() == "proposed")
    try store.setAcceptance(acceptance(), project: "end-to-end", environment: environment)
    #expect(try state() == "accepted")
    try store.setAcceptance(
      acceptance(over: true), project: "end-to-end", environment: environment)
    #expect(try state() == "proposed")
    // The file still has what the store knows to be over.
    var file = BaselineFile(project: "end-to-end", environment: environment)
    file.acceptances = [acceptance()]
    try fixture.write(file)
    #expect(try state() == "proposed")
    try store.removeAcceptance(
      .changePoint, runID: "\(environment)-40", project: "end-to-end", environment: environment)
    #expect(try state() == "accepted")
    file.acceptances = [acceptance(over: true)]
    try fixture.write(file)
    #expect(try state() == "proposed")
  }

  @Test("Without a store the baseline file's runs are shown, and it is said")
  func baselineFile() throws {
    let plan = TestPlan.sustained(url: "http://127.0.0.1:9")
    let fixture = try Fixture(commits: 3, plan: plan)
    let environment = try fixture.environment()
    try fixture.write(
      BaselineFile(
        project: "end-to-end", environment: environment,
        runs: fixture.runs(environment: environment, slower: nil)))
    let end = try fixture.product.run("trends")
    #expect(end.code == 0, "\(end.errors)")
    #expect(end.output.contains("15 runs"))
    #expect(end.output.contains("these are the baseline file's runs"))
    // A run that both have is one.
    try fixture.store(environment: environment)
    let both = try fixture.product.run("trends")
    #expect(both.output.contains("15 runs") && !both.output.contains("baseline file"))
  }
}
