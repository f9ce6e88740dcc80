import CPostgres
import Model

/// A PostgreSQL database, by libpq; results come in binary.
final class PostgresDriver: Driver {
  let store: String
  let dialect = Dialect(
    begin: "BEGIN", beginReading: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    byteOrder: " COLLATE \"C\"",
    now: "CAST(extract(epoch FROM clock_timestamp()) * 1000000000 AS BIGINT)",
    tableExists: "SELECT table_name FROM information_schema.tables"
      + " WHERE table_schema = 'streamgate' AND table_name = $1",
    prologue: [
      // Not IF NOT EXISTS alone: that asks for the right to make schemas even where one is there.
      """
      DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = 'streamgate')
      THEN CREATE SCHEMA streamgate; END IF; END $$
      """
    ],
    epilogue: ["CREATE INDEX sample_run ON sample USING brin (run)"] + PostgresDriver.views,
    explorationViews: PostgresDriver.explorationViews, trendViews: PostgresDriver.trendViews,
    bytes: "BYTEA",
    // A column of a block fits into a page: it lies in its row, as it is.
    blockLayout: ["ALTER TABLE block_value ALTER COLUMN data SET STORAGE PLAIN"])
  private let connection: PostgresConnection

  /// Connects; everything that the text leaves out comes from libpq's environment.
  init(
    connection text: String, store: String, access: StoreAccess, limits: StoreLimits
  ) throws(StoreError) {
    self.store = store
    connection = try PostgresConnection(text, store: store, limits: limits)
    let statement = limits.statement.rawValue / 1_000_000
    let lock = limits.lock.rawValue / 1_000_000
    try execute("SET client_min_messages = warning")
    try execute("SET search_path = streamgate, pg_catalog")
    try execute("SET statement_timeout = \(statement)")
    try execute("SET lock_timeout = \(lock)")
    if access == .read { try execute("SET default_transaction_read_only = on") }
    guard connection.serverEncoding == "UTF8" else {
      throw .failed(store: store, reason: "the database's encoding is not UTF8")
    }
  }

  @discardableResult
  func execute(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int {
    try connection.send(sql, values)
    var changed = 0
    try connection.results { result throws(StoreError) in
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
        changed = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
      default: throw connection.error(result)
      }
    }
    return changed
  }

  func query(
    _ sql: String, _ values: [SQLValue], isBounded: Bool,
    _ each: (Row) throws(StoreError) -> Void
  ) throws(StoreError) {
    // Row by row, so that a large result is never in memory whole.
    try connection.send(sql, values, rowByRow: !isBounded)
    try connection.results { result throws(StoreError) in
      switch PQresultStatus(result) {
      case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
        for row in 0..<PQntuples(result) {
          try each(Row(source: .postgres(result, row: row), store: store))
        }
      case PGRES_COMMAND_OK: break
      default: throw connection.error(result)
      }
    }
  }

  func bulkInsert(
    into table: String, _ columns: [String], count: Int, _ fill: (Int, inout BulkRow) -> Void
  ) throws(StoreError) {
    if count == 0 { return }
    let names = columns.joined(separator: ", ")
    try connection.beginCopy("COPY \(table) (\(names)) FROM STDIN (FORMAT binary)")
    var row = BulkRow(.postgres)
    row.append(PostgresDriver.copyHeader)
    for i in 0..<count {
      row.begin(columns: columns.count)
      fill(i, &row)
      if row.count >= PostgresDriver.copyBytes { try put(&row) }
    }
    row.append(PostgresDriver.copyEnd)
    try put(&row)
    try connection.endCopy()
  }

  /// `PGCOPY\n\377\r\n\0`, no flags, no extension (PostgreSQL manual, COPY, Binary Format).
  private static let copyHeader: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + Array(repeating: 0, count: 8)
  /// A count of columns that no row has.
  private static let copyEnd: [UInt8] = [0xFF, 0xFF]
  /// Bytes that are handed over at once.
  private static let copyBytes = 64 * 1024

  /// Hands over what has gathered.
  private func put(_ row: inout BulkRow) throws(StoreError) {
    try row.withBytes { bytes throws(StoreError) in try connection.putCopy(bytes) }
    row.clear()
  }

  /// One statement, which does not say how far it is.
  func layFiguresByRun(_ each: (Int) -> Void) throws(StoreError) {
    try execute(
      """
      ALTER TABLE figure DROP CONSTRAINT figure_pkey,
        ADD PRIMARY KEY (run, profile, scenario, region, name)
      """)
    try execute("DROP INDEX figure_run")
  }

  /// The number is streamgate's own: the first eight bytes of its name.
  func lockSchema() throws(StoreError) {
    try query("SELECT pg_advisory_xact_lock(8319679758164714855)", []) { _ in }
  }

  func integrityProblems() throws(StoreError) -> [String] { [] }
}
