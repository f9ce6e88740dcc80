import Foundation
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("PostgreSQL at hand")
struct PostgresTests {
  @Test(
    "The store tests run on PostgreSQL too: STREAMGATE_TEST_POSTGRES names a server",
    .enabled(
      if: StoreKind.server != nil || ProcessInfo.processInfo.environment["CI"] == "true",
      "STREAMGATE_TEST_POSTGRES is not set: SQLite alone is tested"))
  func atHand() {
    #expect(StoreKind.server != nil)
  }
}

@Suite("Result store")
struct ResultStoreTests {
  @Test("A run goes in piece by piece and comes out as it was", arguments: StoreKind.available)
  func roundTrip(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    for seed in 0..<10 as Range<UInt64> {
      var random = RandomRun(seed: seed)
      var record = random.record(runID: "run-\(seed)")
      let samples = random.samples(50, header: record.header)
      let key = try store.beginRun(record.header)
      try store.append(Array(samples[..<20]), to: key)
      try store.append(Array(samples[20...]), to: key)
      try store.finishRun(record)
      record.header.isFinished = true
      #expect(try store.record("run-\(seed)") == record)
      #expect(try store.samples("run-\(seed)") == samples)
    }
  }

  @Test(
    "An imported run comes out as it was, and its place is its own start",
    arguments: StoreKind.available)
  func importing(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    var late = RunRecord(header: Build.header(runID: "a", startedAt: UnixNanos(2_000)))
    late.samples = [Build.success(seq: 0)]
    let early = RunRecord(header: Build.header(runID: "b", startedAt: UnixNanos(1_000)))
    try store.importRun(late)
    try store.importRun(early)
    let ids = try store.runs(RunFilter()).map { $0.header.runID }
    #expect(ids == ["b", "a"])
    #expect(try store.samples("a") == late.samples)
    #expect(throws: StoreError.runExists("a")) { try store.importRun(late) }
  }

  @Test(
    "Filters and the limit let the latest fitting runs through, earliest first",
    arguments: StoreKind.available)
  func filters(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    for i in 0..<20 {
      var header = Build.header(runID: "run-\(i)", startedAt: UnixNanos(Int64(i)))
      header.branch = i % 2 == 0 ? "main" : "feature"
      header.isUsable = i % 5 != 0
      try store.importRun(RunRecord(header: header))
    }
    func ids(_ filter: RunFilter) throws -> [String] {
      try store.runs(filter).map { $0.header.runID }
    }
    #expect(try ids(RunFilter(branch: "main", limit: 3)) == ["run-14", "run-16", "run-18"])
    #expect(try ids(RunFilter(branch: "main", isUsable: false)) == ["run-0", "run-10"])
    #expect(try ids(RunFilter(environment: "another")) == [])
    #expect(try ids(RunFilter(commit: "c-run-7")) == ["run-7"])
    #expect(try ids(RunFilter(project: "' OR 1=1 --")) == [])
  }

  @Test(
    "An id's beginning finds its run, unless it is no or several runs'",
    arguments: StoreKind.available)
  func prefixes(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    for id in ["abc", "abcd", "b%", "b_x"] {
      try store.importRun(RunRecord(header: Build.header(runID: id)))
    }
    #expect(try store.record("abc").header.runID == "abc")
    #expect(try store.record("b%").header.runID == "b%")
    #expect(throws: StoreError.ambiguousRun("ab", matches: ["abc", "abcd"])) {
      try store.record("ab")
    }
    #expect(throws: StoreError.unknownRun("%")) { try store.record("%") }
    #expect(throws: StoreError.unknownRun("")) { try store.record("") }
  }

  @Test(
    "A character that PostgreSQL cannot hold is replaced in both", arguments: StoreKind.available)
  func zeroCharacter(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    var header = Build.header(runID: "run")
    header.branch = "a\0b"
    var sample = Build.failure(.malformed, seq: 0)
    sample.evidence = Evidence(excerpt: "\0\0", detail: "x\0")
    try store.importRun(RunRecord(header: header, samples: [sample]))
    #expect(try store.record("run").header.branch == "a\u{FFFD}b")
    let evidence = try store.samples("run")[0].evidence
    #expect(evidence == Evidence(excerpt: "\u{FFFD}\u{FFFD}", detail: "x\u{FFFD}"))
  }

  @Test("The first reference that is frozen holds", arguments: StoreKind.available)
  func freezing(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    let first = EnvironmentReference(
      project: "p", environment: "e", referenceTokens: ["short": 110.5],
      stallGap: .milliseconds(200), frozenBy: "run-1")
    var second = first
    second.frozenBy = "run-2"
    second.referenceTokens = [:]
    #expect(try store.environment(project: "p", key: "e") == nil)
    #expect(try store.freeze(first) == first)
    #expect(try store.freeze(second) == first)
    #expect(try store.environment(project: "p", key: "e") == first)
    #expect(try store.environment(project: "q", key: "e") == nil)
  }

  @Test("Looks come back in order, and one look is taken once", arguments: StoreKind.available)
  func looks(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    let commit = LookPlace(project: "p", environment: "e", commit: "c")
    for id in ["a", "b", "c"] {
      try store.importRun(RunRecord(header: Build.header(runID: id)))
    }
    let looks = [
      Look(series: 0, look: 1, runID: "b", verdict: .inconclusive),
      Look(series: 0, look: 2, runID: "a", verdict: .fail, result: "{}"),
      Look(series: 1, look: 1, runID: "c", verdict: .pass, restartReason: "'; a broken disk"),
    ]
    for look in looks.reversed() { try store.record(look, at: commit) }
    #expect(try store.looks(commit) == looks)
    #expect(try store.record("a").header.verdict == .fail)
    #expect(throws: StoreError.self) { try store.record(looks[0], at: commit) }
    try store.deleteRun("a")
    #expect(try store.looks(commit).count == 2)
  }

  @Test("A waiver is stored over its earlier form", arguments: StoreKind.available)
  func waivers(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    var waiver = Waiver(
      id: "w", metric: "ttft_p50", reason: "known", acceptedAt: UnixNanos(5),
      expiresAt: UnixNanos(9))
    try store.setWaiver(waiver, project: "p", environment: "e")
    waiver.profile = "sustained"
    waiver.acceptedBy = "Jane Doe"
    waiver.expiresAt = nil
    try store.setWaiver(waiver, project: "p", environment: "e")
    #expect(try store.waivers(project: "p", environment: "e") == [waiver])
    #expect(try store.waivers(project: "p", environment: "f") == [])
    try store.removeWaiver("w", project: "p", environment: "f")
    #expect(try store.waivers(project: "p", environment: "e") == [waiver])
    try store.removeWaiver("w", project: "p", environment: "e")
    #expect(try store.waivers(project: "p", environment: "e") == [])
  }

  @Test(
    "What is accepted of a run is stored once for each kind, and can be forgotten",
    arguments: StoreKind.available)
  func acceptances(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    var run = Acceptance(
      kind: .run, runID: "r", reason: "known", acceptedAt: UnixNanos(5), expiresAt: UnixNanos(9))
    let change = Acceptance(
      kind: .changePoint, runID: "r", reason: "agreed", acceptedBy: "Jane Doe",
      acceptedAt: UnixNanos(6))
    for acceptance in [run, change] {
      try store.setAcceptance(acceptance, project: "p", environment: "e")
    }
    (run.reason, run.acceptedBy, run.expiresAt) = ("known better", "John", nil)
    try store.setAcceptance(run, project: "p", environment: "e")
    #expect(try store.acceptances(project: "p", environment: "e") == [change, run])
    #expect(try store.acceptances(project: "p", environment: "f") == [])
    try store.removeAcceptance(.run, runID: "r", project: "p", environment: "e")
    #expect(try store.acceptances(project: "p", environment: "e") == [change])
  }

  @Test("A deleted run leaves nothing behind", arguments: StoreKind.available)
  func deleting(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    var random = RandomRun(seed: 1)
    var record = random.record(runID: "run")
    record.samples = random.samples(10, header: record.header)
    try store.importRun(record)
    try store.deleteRun("run")
    for table in ["run", "sample", "cell", "rate", "objective", "figure"] {
      #expect(try store.driver.number("SELECT COUNT(*) FROM \(table)") == 0)
    }
    #expect(throws: StoreError.unknownRun("run")) { try store.deleteRun("run") }
  }

  @Test(
    "A run that was never finished is readable, unusable and marked", arguments: StoreKind.available
  )
  func unfinished(kind: StoreKind) throws {
    let place = try TestStore(kind)
    do {
      let store = try place.open()
      let key = try store.beginRun(Build.header(runID: "run"))
      try store.append([Build.success(seq: 0)], to: key)
    }
    let store = try place.open(.read)
    let header = try store.record("run").header
    #expect(!header.isFinished)
    #expect(!header.isUsable)
    #expect(try store.samples("run").count == 1)
    #expect(try store.runs(RunFilter(isFinished: true)).isEmpty)
    #expect(try store.check().unfinished == ["run"])
  }

  @Test("A batch that fails in the middle leaves no part of it", arguments: StoreKind.available)
  func atomicBatch(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    let key = try store.beginRun(Build.header(runID: "run"))
    #expect(throws: StoreError.self) {
      try store.driver.transaction { () throws(StoreError) in
        try store.insert([Build.success(seq: 0)], run: key)
        try store.driver.execute("INSERT INTO nowhere VALUES (1)")
      }
    }
    #expect(try store.samples("run").isEmpty)
    try store.append([Build.success(seq: 1)], to: key)
    #expect(try store.samples("run").map(\.seq) == [1])
  }

  @Test("A name that is too long for an index is refused by both", arguments: StoreKind.available)
  func longNames(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    var header = Build.header(runID: "run")
    header.environment = String(repeating: "é", count: 101)
    #expect(throws: StoreError.nameTooLong(field: "environment", bytes: 202)) {
      try store.importRun(RunRecord(header: header))
    }
    header.environment = ""
    header.branch = String(repeating: "x", count: 1 << 20)
    try store.importRun(RunRecord(header: header))
    #expect(try store.record("run").header.branch.utf8.count == 1 << 20)
  }

  @Test(
    "A password never shows in a location",
    arguments: [
      ("postgres://gate:s3cret@db/streamgate", "postgres://gate@db/streamgate"),
      ("postgresql://db/x?user=a&password=s3cret", "postgresql://db/x"),
      ("postgres://gate:s3%40@cret@db", "postgres://gate@db"),
      (
        "postgres://gate@db/streamgate?sslmode=require",
        "postgres://gate@db/streamgate?sslmode=require"
      ),
      ("sqlite:a/b.db", "a/b.db"),
    ])
  func passwords(text: String, shown: String) {
    let location = StoreLocation(text)
    #expect(location.description == shown)
    #expect(location.holdsPassword == text.contains("s3"))
  }
}
