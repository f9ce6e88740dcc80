import Foundation
import Glibc
import Model
import ResultStore
import TestKit
import Testing

@Suite("Endpoints that one run at a time may load", .waiting)
struct ExclusiveTests {
  /// Stores that tests run on.
  enum Kind: CaseIterable {
    case sqlite
    case postgres

    static let available: [Kind] = TestDatabase.server == nil ? [.sqlite] : allCases
  }

  /// A product whose plan wants its endpoint alone, and its store.
  private final class Pipeline {
    let product: Product
    let simulator: Simulator
    let location: StoreLocation
    private let database: TestDatabase?

    init(_ kind: Kind, isExclusive: Bool = true, lines: String = "") throws {
      product = try Product(plan: nil)
      simulator = try Simulator(
        in: product.folder, "--ttft", "1s", "--gap", "2ms", "--tokens", "10")
      database = kind == .postgres ? try TestDatabase() : nil
      location =
        database.map { StoreLocation($0.url) }
        ?? .sqlite(path: product.folder.file(".streamgate/results.db").path)
      if let database { product.environment["STREAMGATE_STORE"] = database.url }
      try product.folder.write(
        TestPlan.sustained(
          url: simulator.url, lines: "gate: { exclusive: \(isExclusive) }\n" + lines),
        to: "streamgate.yaml")
    }

    func start(_ options: String...) throws -> RunningProcess {
      try product.start(["run", "--commit", "a", "--branch", "main"] + options)
    }

    func open() throws -> ResultStore { try ResultStore.open(location, for: .write) }

    func lease() throws -> Lease? { try open().lease(on: try ExclusiveTests.name(simulator.url)) }
  }

  /// True for a run that came to its end, also where other tests left its client no processor.
  private static func isDone(_ end: RunningProcess.End) -> Bool { [0, 3].contains(end.code) }

  /// What a loopback endpoint is called in a store.
  private static func name(_ url: String) throws -> String {
    url + " on " + (try RunningProcess.run("uname", ["-n"]).output).dropLast()
  }

  /// When each run's requests began and ended at the service, by run id.
  private static func spans(
    _ requests: [JSONValue], runs: [RunRecord]
  ) throws -> [String: ClosedRange<Int>] {
    var runIDs: [String: String] = [:]
    for run in runs {
      for seq in 0..<400 {
        let digest = SHA256.digest(Array("\(run.header.runID) trace 0 \(seq)".utf8))
        runIDs[SHA256.hex(digest[..<16])] = run.header.runID
      }
    }
    var spans: [String: ClosedRange<Int>] = [:]
    for request in requests {
      let trace = try #require(request["traceparent"]?.stringValue).split(separator: "-")[1]
      let id = try #require(runIDs[String(trace)])
      let begun = try #require(request["received_ns"]?.intValue)
      let ended = try #require(request["ended_ns"]?.intValue)
      let span = spans[id] ?? begun...ended
      spans[id] = min(span.lowerBound, begun)...max(span.upperBound, ended)
    }
    return spans
  }

  @Test(
    "Two runs that start together load it one after the other, and both are stored whole",
    arguments: Kind.available)
  func oneAfterTheOther(kind: Kind) throws {
    let pipeline = try Pipeline(kind)
    let both = [try pipeline.start(), try pipeline.start()]
    let ends = try both.map { try $0.waitForEnd() }
    for end in ends { #expect(Self.isDone(end), "\(end.errors)") }
    let waited = ends.filter { $0.errors.contains("waiting for \(pipeline.simulator.url)") }
    #expect(waited.count == 1)
    let pid = both[waited.first?.errors == ends[0].errors ? 1 : 0].identifier
    #expect(waited.first?.errors.contains("process \(pid) since") ?? false)
    #expect(try pipeline.lease() == nil)
    let store = try pipeline.open()
    let runs = try store.runs(RunFilter(isFinished: true))
    #expect(runs.count == 2)
    for run in runs { #expect(try store.samples(run.header.runID).count == 200) }
    let spans = try Self.spans(try pipeline.simulator.stop(), runs: runs).values
      .sorted { $0.lowerBound < $1.lowerBound }
    #expect(spans.count == 2 && !spans[0].overlaps(spans[1]))
  }

  @Test("Two runs that share a store and may load together lose nothing", arguments: Kind.available)
  func together(kind: Kind) throws {
    let pipeline = try Pipeline(kind, isExclusive: false)
    let both = [try pipeline.start(), try pipeline.start()]
    for run in both {
      let end = try run.waitForEnd()
      #expect(Self.isDone(end), "\(end.errors)")
    }
    let store = try pipeline.open()
    let runs = try store.runs(RunFilter(isFinished: true))
    #expect(runs.count == 2)
    for run in runs { #expect(try store.samples(run.header.runID).count == 200) }
    let spans = try Self.spans(try pipeline.simulator.stop(), runs: runs)
    #expect(spans.count == 2)
  }

  @Test(
    "A holder that is killed keeps others out until its lease expires, and no longer",
    arguments: Kind.available)
  func killed(kind: Kind) throws {
    let pipeline = try Pipeline(kind)
    let first = try pipeline.start()
    _ = try first.errors(containing: "sustained")
    #expect(try first.stop(signal: SIGKILL).code == 128 + SIGKILL)
    let lease = try #require(try pipeline.lease())
    #expect(lease.holder.pid == Int(first.identifier))
    // As long as a slow machine may take for the next line.
    let hour = Nanos.seconds(3_600)
    #expect(
      try pipeline.open().renewLease(on: lease.target, holder: lease.holder.id, term: hour))
    let refused = try pipeline.start("--lock-wait", "1s").waitForEnd()
    #expect(refused.code == 69, "\(refused.errors)")
    #expect(refused.errors.contains("another run loads the endpoint"))
    #expect(refused.errors.contains("process \(first.identifier)"))
    #expect(refused.errors.contains("--lock-wait"))
    #expect(
      try pipeline.open().renewLease(
        on: lease.target, holder: lease.holder.id, term: .seconds(3)))
    let next = try pipeline.start().waitForEnd()
    #expect(Self.isDone(next), "\(next.errors)")
    #expect(try pipeline.lease() == nil)
  }

  @Test(
    "A run that loses its lease stops at once with 69, and what it measured is no baseline",
    arguments: Kind.available)
  func lost(kind: Kind) throws {
    let pipeline = try Pipeline(kind, lines: "samples: 4000")
    let run = try pipeline.start()
    _ = try run.errors(containing: "sustained")
    let lease = try #require(try pipeline.lease())
    let store = try pipeline.open()
    try store.releaseLease(on: lease.target, holder: lease.holder.id)
    let taker = LeaseHolder(id: "taker", host: "runner-9", pid: 77, runURL: "https://ci/run/9")
    #expect(try store.takeLease(on: lease.target, for: taker, term: .seconds(3_600)) == nil)
    let end = try run.waitForEnd()
    #expect(end.code == 69, "\(end.errors)")
    #expect(end.errors.contains("the lease on the endpoint was lost"))
    #expect(end.errors.contains("runner-9, process 77 (https://ci/run/9)"))
    #expect(try pipeline.lease()?.holder == taker)
    let record = try #require(try store.runs(RunFilter()).first)
    #expect(record.header.isFinished && !record.header.isUsable)
    #expect(try pipeline.product.run("baseline", "list").output.contains("lost the lease"))
    #expect(try pipeline.simulator.stop().count < 4_000)
  }

  @Test("A run that is interrupted gives its endpoint back, before load and under it")
  func interrupted() throws {
    let product = try Product(plan: nil)
    product.environment["STREAMGATE_GATE_EXCLUSIVE"] = "true"
    let child = Locked<pid_t>(0)
    let server = try RawServer { connection, _ in
      guard let request = connection.readRequest(), request.hasPrefix("GET /version") else {
        return connection.close()
      }
      kill(child.withLock(when: { $0 != 0 }) { $0 }, SIGTERM)
      connection.waitForClose()
    }
    try product.folder.write(
      TestPlan.sustained(url: server.url, target: "identity: { path: /version }"),
      to: "streamgate.yaml")
    let run = try product.start(["run", "--commit", "a", "--branch", "main"])
    child.withLockNotifying { $0 = run.identifier }
    let end = try run.waitForEnd()
    #expect(end.code == 143, "\(end.errors)")
    let location = StoreLocation.sqlite(path: product.folder.file(".streamgate/results.db").path)
    let store = try ResultStore.open(location, for: .write)
    #expect(try store.lease(on: Self.name(server.url)) == nil)

    let struck = try InterruptTests.strike(product, at: 60) { kill($0, SIGINT) }
    #expect(struck.code == 130, "\(struck.errors)")
    #expect(try product.run("store", "check").output.contains("leases      none"))
  }
}
