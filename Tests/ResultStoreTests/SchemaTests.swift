import Foundation
import Glibc
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Schema and access")
struct SchemaTests {
  @Test("An empty store is made on the first writing, and once", arguments: StoreKind.available)
  func made(kind: StoreKind) throws {
    let place = try TestStore(kind)
    #expect(throws: StoreError.missing(store: place.location.description)) {
      try place.open(.read)
    }
    _ = try place.open()
    let known = Schema.known
    #expect(try ResultStore.migrate(place.location) == Migration(from: known, to: known))
    let check = try place.open().check()
    #expect(check.schemaVersion == Schema.known)
    #expect(check.notWritable == nil)
    #expect(check.problems.isEmpty)
    #expect(check.orphans == 0)
  }

  @Test(
    "A store of a later streamgate is refused with the version to install",
    arguments: StoreKind.available)
  func tooNew(kind: StoreKind) throws {
    let place = try TestStore(kind)
    try place.open().driver.execute(
      "INSERT INTO schema_version (version, min_reader, release) VALUES (99, 99, '2.5.0')")
    let expected = StoreError.schemaTooNew(
      store: place.location.description, found: 99, known: Schema.known, version: "2.5.0")
    #expect(throws: expected) { try place.open() }
    #expect(throws: expected) { try place.open(.read) }
    #expect(throws: expected) { try ResultStore.migrate(place.location) }
  }

  @Test(
    "A later store that says that this version can read it is used", arguments: StoreKind.available)
  func laterButReadable(kind: StoreKind) throws {
    let place = try TestStore(kind)
    try place.open().driver.execute(
      "INSERT INTO schema_version (version, min_reader, release) VALUES (99, 1, '2.5.0')")
    let store = try place.open()
    try store.importRun(RunRecord(header: Build.header(runID: "run")))
    #expect(try store.record("run").header.runID == "run")
  }

  @Test(
    "An earlier store is migrated by itself in SQLite, by hand in PostgreSQL",
    arguments: StoreKind.available)
  func tooOld(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let driver = try place.open().driver
    let known = Schema.known
    let next = Schema.Step(version: known + 1, minReader: 1, release: "0.2.0") { _ in
      ["CREATE TABLE another (a BIGINT)"]
    }
    let steps = Schema.steps + [next]
    if kind == .postgres {
      #expect(
        throws: StoreError.schemaTooOld(
          store: place.location.description, found: known, known: known + 1)
      ) { try Schema.prepare(driver, for: .write, steps: steps) }
      #expect(try Schema.migrate(driver, steps: steps) == Migration(from: known, to: known + 1))
    }
    try Schema.prepare(driver, for: .write, steps: steps)
    #expect(try driver.number("SELECT COUNT(*) FROM another") == 0)
    // A client of the version before goes on.
    try place.open().checkWritable()
  }

  @Test(
    "A store of version 1 keeps its runs, and takes runs that are not the fixed profile",
    arguments: StoreKind.available)
  func explorationColumn(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let driver = try place.open().driver
    // What version 1 was: its tables, and a run in them.
    try dropTables(driver, kind)
    _ = try Schema.migrate(driver, steps: Array(Schema.steps.prefix(1)))
    try driver.execute(
      """
      INSERT INTO run (key, run_id, project, commit_id, branch, environment, plan_digest,
        started_at, timeout_ns, profiles, scenarios, regions, unstreamed_scenarios, n_ref,
        token_unit, usable, finished, version) VALUES (1, 'old', 'p', 'c', 'main', 'e', '', 1, 1,
        '[]', '[]', '[]', '[]', '{}', 'usage', 1, 1, '0.1.0')
      """)
    #expect(try ResultStore.migrate(place.location) == Migration(from: 1, to: Schema.known))
    let store = try place.open()
    #expect(try store.record("old").header.exploration == nil)
    var header = Build.header(runID: "new")
    header.exploration = "rate 12 instead of 5"
    (header.isUsable, header.unusableReason) = (false, header.explorationReason)
    try store.importRun(RunRecord(header: header))
    #expect(try store.record("new").header == header)
    if kind == .postgres {
      let marked = try store.driver.number(
        "SELECT COUNT(*) FROM runs_v WHERE exploration = 'rate 12 instead of 5' AND NOT usable")
      #expect(marked == 1)
      #expect(try store.driver.number("SELECT COUNT(exploration) FROM cells_v") == 0)
      #expect(try store.driver.number("SELECT COUNT(exploration) FROM figures_v") == 0)
    }
  }

  private func dropTables(_ driver: any Driver, _ kind: StoreKind) throws {
    if kind == .postgres { return try _ = driver.execute("DROP SCHEMA streamgate CASCADE") }
    for table in [
      "sample", "cell", "rate", "objective", "figure", "look", "waiver", "environment", "run",
      "acceptance", "lease", "series", "block_value", "schema_version",
    ] { try driver.execute("DROP TABLE \(table)") }
  }

  @Test("The check for writing leaves nothing behind", arguments: StoreKind.available)
  func writable(kind: StoreKind) throws {
    let place = try TestStore(kind)
    let store = try place.open()
    try store.checkWritable()
    #expect(try store.runs(RunFilter()).isEmpty)
    let reader = try place.open(.read)
    #expect(try reader.check().notWritable == nil)
    #expect(throws: StoreError.self) {
      try reader.importRun(RunRecord(header: Build.header(runID: "run")))
    }
    #expect(try reader.runs(RunFilter()).isEmpty)
  }

  @Test("A store's file is its owner's alone")
  func mode() throws {
    let place = try TestStore(.sqlite)
    _ = try place.open()
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(place.location)")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("A second connection of one process does not cost the first one its lock on the file")
  func locks() throws {
    let place = try TestStore(.sqlite)
    let first = try place.open()
    try first.importRun(RunRecord(header: Build.header(runID: "run")))
    do { _ = try place.open() }
    // A lock of an open file sees those of its own process, which a lock of the process does not.
    let file = open(place.location.description, O_RDWR | O_CLOEXEC)
    try #require(file >= 0)
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_start = SchemaTests.sharedLockStart
    lock.l_len = SchemaTests.sharedLockLength
    #expect(fcntl(file, SchemaTests.getLock, &lock) == 0)
    #expect(lock.l_type == Int16(F_RDLCK))
    #expect(try first.runs(RunFilter()).count == 1)
    close(file)
  }

  /// Where SQLite's readers hold their lock (sqlite.org/fileformat2.html, and os_unix.c).
  private static let sharedLockStart = off_t(0x4000_0002)
  private static let sharedLockLength = off_t(510)
  /// F_OFD_GETLK (fcntl(2)), which Glibc shows to GNU sources only.
  private static let getLock: Int32 = 36

  @Test("A folder that cannot be made is said before anything else")
  func notWritable() {
    let error = #expect(throws: StoreError.self) {
      try ResultStore.open(.sqlite(path: "/proc/streamgate/results.db"), for: .write)
    }
    guard case .notWritable("/proc/streamgate/results.db", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("A file that is no database is said to be damaged")
  func noDatabase() throws {
    let folder = try TemporaryFolder()
    try folder.write(String(repeating: "not a database. ", count: 100), to: "results.db")
    let error = #expect(throws: StoreError.self) {
      try ResultStore.open(.sqlite(path: folder.path + "/results.db"), for: .read)
    }
    guard case .damaged = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("A server that is not there is unreachable")
  func unreachable() {
    let location = StoreLocation("postgres://nobody@127.0.0.1:1/none")
    let error = #expect(throws: StoreError.self) {
      try ResultStore.open(location, for: .write, limits: TestStore.limits)
    }
    guard case .unreachable("postgres://nobody@127.0.0.1:1/none", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("Another client's lock ends in an error and not in waiting")
  func busy() throws {
    let place = try TestStore(.sqlite)
    let store = try place.open()
    let other = try place.open()
    try other.driver.execute("BEGIN IMMEDIATE")
    let error = #expect(throws: StoreError.self) {
      try store.importRun(RunRecord(header: Build.header(runID: "run")))
    }
    guard case .busy = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try other.driver.execute("ROLLBACK")
    try store.importRun(RunRecord(header: Build.header(runID: "run")))
  }
}

@Suite("Credentials")
struct CredentialTests {
  private static var hasPassword: Bool {
    StoreKind.server.flatMap { URLComponents(string: $0) }?.password != nil
  }

  @Test(
    "A wrong password is refused, and neither it nor the right one is in the error",
    .enabled(if: hasPassword, "the server at hand asks for no password"))
  func wrongPassword() throws {
    let server = try #require(StoreKind.server)
    var url = try #require(URLComponents(string: server))
    url.password = "wr0ng-passw0rd"
    let location = StoreLocation(try #require(url.string))
    let error = #expect(throws: StoreError.self) {
      try ResultStore.open(location, for: .write, limits: TestStore.limits)
    }
    guard case .refused = error else {
      Issue.record("another error")
      return
    }
    #expect(!"\(String(describing: error))".contains("wr0ng"))
  }
}
