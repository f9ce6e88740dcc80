import CSQLite
import Glibc
import Model

/// A SQLite file, in write-ahead mode so that readers and the recorder do not wait for each other.
final class SQLiteDriver: Driver {
  let store: String
  let dialect = Dialect(
    begin: "BEGIN IMMEDIATE", beginReading: "BEGIN", byteOrder: "",
    now: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000",
    tableExists: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1",
    prologue: [], epilogue: ["CREATE INDEX sample_run ON sample (run)"],
    explorationViews: [], trendViews: [], bytes: "BLOB",
    blockLayout: [])
  private var connection: OpaquePointer
  private let lockWait: Nanos

  /// Opens the file; for writing, it and its folder are made, readable for their owner only.
  init(
    path: String, store: String, access: StoreAccess, limits: StoreLimits
  ) throws(StoreError) {
    self.store = store
    lockWait = limits.lock
    switch access {
    case .write: try SQLiteDriver.makeFile(path, store: store)
    case .read: guard Glibc.access(path, F_OK) == 0 else { throw .missing(store: store) }
    }
    connection = try SQLiteDriver.open(path, store: store, access: access)
    sqlite3_extended_result_codes(connection, 1)
    sqlite3_busy_timeout(connection, Int32(clamping: limits.lock.rawValue / 1_000_000))
    switch access {
    case .write: try query("PRAGMA journal_mode = WAL", []) { _ in }
    case .read:
      try execute("PRAGMA query_only = ON")
      // Pages are read where the kernel has them, without a call for each. Not where runs are
      // written: a disk that fails under a mapped page ends the process.
      try query("PRAGMA mmap_size = \(SQLiteDriver.mappedBytesMax)", []) { _ in }
    }
    try execute("PRAGMA synchronous = NORMAL")
    try execute("PRAGMA foreign_keys = ON")
  }

  deinit {
    sqlite3_close_v2(connection)
  }

  /// Bytes of the file that are mapped into memory at most.
  private static let mappedBytesMax = 4 << 30

  private static func makeFile(_ path: String, store: String) throws(StoreError) {
    var folder = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      folder += part + "/"
      if part.isEmpty || mkdir(folder, 0o755) == 0 || errno == EEXIST { continue }
      throw .notWritable(store: store, reason: "\(folder): \(String(cString: strerror(errno)))")
    }
    // Made and never opened here: closing any descriptor of a file takes this process' locks on it
    // (fcntl(2)), those of its open connections too. Another process would then take itself for the
    // last one, and remove the log that they still write to.
    let isThere = mknod(path, S_IFREG | 0o600, 0) == 0 || errno == EEXIST
    guard isThere, Glibc.access(path, R_OK | W_OK) == 0 else {
      throw .notWritable(store: store, reason: String(cString: strerror(errno)))
    }
  }

  private static func open(
    _ path: String, store: String, access: StoreAccess
  ) throws(StoreError) -> OpaquePointer {
    var handle: OpaquePointer?
    // Without SQLITE_OPEN_CREATE: what is not there was asked for by a wrong name.
    let code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let handle else {
      let reason = String(cString: handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
      sqlite3_close_v2(handle)
      throw .notWritable(store: store, reason: reason)
    }
    return handle
  }

  @discardableResult
  func execute(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int {
    try query(sql, values) { _ in }
    return Int(sqlite3_changes64(connection))
  }

  func query(
    _ sql: String, _ values: [SQLValue], isBounded: Bool,
    _ each: (Row) throws(StoreError) -> Void
  ) throws(StoreError) {
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement) }
    for (index, value) in values.enumerated() {
      // SQLite numbers `$n` by first appearance, so that the name is looked up.
      let position = sqlite3_bind_parameter_index(statement, "$\(index + 1)")
      guard position > 0 else { continue }
      try check(bind(statement, position, value))
    }
    let row = Row(source: .sqlite(statement), store: store)
    // Locks are taken, and what is sorted is sorted, before the first row.
    var code = waited { sqlite3_step(statement) }
    while code == SQLITE_ROW {
      try each(row)
      code = sqlite3_step(statement)
    }
    guard code == SQLITE_DONE else { throw error(code) }
  }

  func bulkInsert(
    into table: String, _ columns: [String], count: Int, _ fill: (Int, inout BulkRow) -> Void
  ) throws(StoreError) {
    let places = (1...columns.count).map { "?\($0)" }.joined(separator: ", ")
    let statement = try prepare(
      "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
    defer { sqlite3_finalize(statement) }
    var row = BulkRow(.sqlite(statement))
    for i in 0..<count {
      row.begin(columns: columns.count)
      fill(i, &row)
      let code = sqlite3_step(statement)
      guard code == SQLITE_DONE else { throw error(code) }
      sqlite3_reset(statement)
    }
  }

  func layFiguresByRun(_ each: (Int) -> Void) throws(StoreError) {
    let table = Schema.tables.first { $0.contains("CREATE TABLE figure ") } ?? ""
    try execute(
      table.replacing("CREATE TABLE figure ", with: "CREATE TABLE figure_by_run ")
        .replacing("{C}", with: dialect.byteOrder))
    var keys: [Int64] = []
    try query("SELECT key FROM run ORDER BY key", []) { row throws(StoreError) in
      keys.append(try row.integer(0))
    }
    for start in stride(from: 0, to: keys.count, by: SQLiteDriver.movedRuns) {
      let some = keys[start..<min(start + SQLiteDriver.movedRuns, keys.count)]
      for key in some {
        try execute(
          """
          INSERT INTO figure_by_run (run, profile, scenario, region, name, value, n)
            SELECT run, profile, scenario, region, name, value, n FROM figure
            WHERE run = $1 ORDER BY profile, scenario, region, name
          """, [.integer(key)])
      }
      each(some.endIndex)
    }
    try execute("DROP TABLE figure")
    try execute("ALTER TABLE figure_by_run RENAME TO figure")
  }

  /// Runs whose figures are moved between two words on how far it is.
  private static let movedRuns = 256

  /// `BEGIN IMMEDIATE` has locked everything already.
  func lockSchema() throws(StoreError) {}

  func integrityProblems() throws(StoreError) -> [String] {
    var problems: [String] = []
    try query("PRAGMA quick_check(10)", []) { row throws(StoreError) in
      let text = try row.text(0)
      if text != "ok" { problems.append(text) }
    }
    return problems
  }

  private func prepare(_ sql: String) throws(StoreError) -> OpaquePointer {
    var statement: OpaquePointer?
    try check(waited { sqlite3_prepare_v2(connection, sql, -1, &statement, nil) })
    guard let statement else { throw .failed(store: store, reason: "no statement: \(sql)") }
    return statement
  }

  /// What may wait for another process' lock.
  private func waited(_ body: () -> Int32) -> Int32 {
    StoreWaits.during(.file, of: store, atMost: lockWait, body)
  }

  private func bind(_ statement: OpaquePointer, _ position: Int32, _ value: SQLValue) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(statement, position)
    case .integer(let number): return sqlite3_bind_int64(statement, position, number)
    case .double(let number): return sqlite3_bind_double(statement, position, number)
    case .text(let text):
      var text = text.storable
      return text.withUTF8 { bindText(statement, position, $0) }
    }
  }

  private func check(_ code: Int32) throws(StoreError) {
    guard code == SQLITE_OK else { throw error(code) }
  }

  private func error(_ code: Int32) -> StoreError {
    let reason = String(cString: sqlite3_errmsg(connection))
    switch code & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: return .busy(store: store, reason: reason)
    case SQLITE_READONLY, SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_PERM:
      return .notWritable(store: store, reason: reason)
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(store: store, reason: reason)
    default: return .failed(store: store, reason: reason)
    }
  }
}
