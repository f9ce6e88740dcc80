import CPostgres
import Model

/// A PostgreSQL database, by libpq; results come in binary.
final class PostgresDriver: Driver {
  let store: String
  let dialect = Dialect(
    begin: "BEGIN", byteOrder: " COLLATE \"C\"",
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
    explorationViews: PostgresDriver.explorationViews)
  private let connection: OpaquePointer

  /// Connects; everything that the text leaves out comes from libpq's environment.
  init(
    connection text: String, store: String, access: StoreAccess, limits: StoreLimits
  ) throws(StoreError) {
    self.store = store
    connection = try PostgresDriver.connect(text, store: store, limits: limits)
    try setUp(access: access, limits: limits)
  }

  private func setUp(access: StoreAccess, limits: StoreLimits) throws(StoreError) {
    let statement = limits.statement.rawValue / 1_000_000
    let lock = limits.lock.rawValue / 1_000_000
    try execute("SET client_min_messages = warning")
    try execute("SET search_path = streamgate, pg_catalog")
    try execute("SET statement_timeout = \(statement)")
    try execute("SET lock_timeout = \(lock)")
    if access == .read { try execute("SET default_transaction_read_only = on") }
    let encoding = PQparameterStatus(connection, "server_encoding").map { String(cString: $0) }
    guard encoding == "UTF8" else {
      throw .failed(store: store, reason: "the database's encoding is not UTF8")
    }
  }

  deinit {
    PQfinish(connection)
  }

  private static func connect(
    _ text: String, store: String, limits: StoreLimits
  ) throws(StoreError) -> OpaquePointer {
    let seconds = max(2, limits.connect.rawValue / 1_000_000_000)
    // What stands before `dbname` is a default that the URL may override; what stands after it
    // is not. The keep-alives find a server that is gone without a word.
    let parameters: KeyValuePairs = [
      "connect_timeout": "\(seconds)", "keepalives_idle": "10", "keepalives_interval": "5",
      "keepalives_count": "3", "tcp_user_timeout": "20000", "dbname": text,
      "fallback_application_name": "streamgate", "client_encoding": "UTF8",
    ]
    let handle = withCStrings(parameters.map { $0.key }) { keys in
      withCStrings(parameters.map { $0.value }) { values in
        PQconnectdbParams(keys, values, 1)
      }
    }
    guard let handle else { throw .unreachable(store: store, reason: "out of memory") }
    // libpq would print the server's notices to stderr as they come.
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    if PQstatus(handle) == CONNECTION_OK { return handle }
    let reason = message(handle)
    // libpq gives no code for a failed login: its flags say whether a password played a part.
    let isRefused =
      PQconnectionNeedsPassword(handle) == 1
      || (PQconnectionUsedPassword(handle) == 1 && reason.contains("authentication"))
    PQfinish(handle)
    throw isRefused
      ? .refused(store: store, reason: reason) : .unreachable(store: store, reason: reason)
  }

  @discardableResult
  func execute(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int {
    let texts = values.map(PostgresDriver.parameter)
    let result = withCStrings(texts) { pointers in
      PQexecParams(connection, sql, Int32(texts.count), nil, pointers, nil, nil, 1)
    }
    defer { PQclear(result) }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
      return PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    default: throw error(result)
    }
  }

  func query(
    _ sql: String, _ values: [SQLValue], _ each: (Row) throws(StoreError) -> Void
  ) throws(StoreError) {
    let texts = values.map(PostgresDriver.parameter)
    let sent = withCStrings(texts) { pointers in
      PQsendQueryParams(connection, sql, Int32(texts.count), nil, pointers, nil, nil, 1)
    }
    guard sent == 1 else { throw error(nil) }
    // Row by row, so that a large result is never in memory whole.
    PQsetSingleRowMode(connection)
    var failure: StoreError?
    while let result = PQgetResult(connection) {
      defer { PQclear(result) }
      guard failure == nil else { continue }
      switch PQresultStatus(result) {
      case PGRES_SINGLE_TUPLE:
        do {
          try each(Row(source: .postgres(result), store: store))
        } catch {
          failure = error
        }
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK: break
      default: failure = error(result)
      }
    }
    if let failure { throw failure }
  }

  func bulkInsert(
    into table: String, _ columns: [String], count: Int, _ fill: (Int, inout BulkRow) -> Void
  ) throws(StoreError) {
    if count == 0 { return }
    let names = columns.joined(separator: ", ")
    let begun = PQexec(connection, "COPY \(table) (\(names)) FROM STDIN (FORMAT binary)")
    defer { PQclear(begun) }
    guard PQresultStatus(begun) == PGRES_COPY_IN else { throw error(begun) }
    var row = BulkRow(.postgres)
    row.append(PostgresDriver.copyHeader)
    for i in 0..<count {
      row.begin(columns: columns.count)
      fill(i, &row)
      if row.count >= PostgresDriver.copyBytes { try put(&row) }
    }
    row.append(PostgresDriver.copyEnd)
    try put(&row)
    guard PQputCopyEnd(connection, nil) == 1 else { throw error(nil) }
    var failure: StoreError?
    while let result = PQgetResult(connection) {
      if PQresultStatus(result) != PGRES_COMMAND_OK, failure == nil { failure = error(result) }
      PQclear(result)
    }
    if let failure { throw failure }
  }

  /// `PGCOPY\n\377\r\n\0`, no flags, no extension (PostgreSQL manual, COPY, Binary Format).
  private static let copyHeader: [UInt8] =
    Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + Array(repeating: 0, count: 8)
  /// A count of columns that no row has.
  private static let copyEnd: [UInt8] = [0xFF, 0xFF]
  /// Bytes that are handed to libpq at once.
  private static let copyBytes = 64 * 1024

  /// Hands over what has gathered.
  private func put(_ row: inout BulkRow) throws(StoreError) {
    try row.withBytes { bytes throws(StoreError) in
      let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      guard PQputCopyData(connection, start, Int32(bytes.count)) == 1 else { throw error(nil) }
    }
    row.clear()
  }

  /// The number is streamgate's own: the first eight bytes of its name.
  func lockSchema() throws(StoreError) {
    try query("SELECT pg_advisory_xact_lock(8319679758164714855)", []) { _ in }
  }

  func integrityProblems() throws(StoreError) -> [String] { [] }

  private static func parameter(_ value: SQLValue) -> String? {
    switch value {
    case .null: nil
    case .integer(let number): String(number)
    case .double(let number): number.isNaN ? nil : String(number)
    case .text(let text): text.storable
    }
  }

  private func error(_ result: OpaquePointer?) -> StoreError {
    let state = result.flatMap { PQresultErrorField($0, Int32(UInt8(ascii: "C"))) }
      .map { String(cString: $0) }
    let reason =
      result.flatMap { PQresultErrorField($0, Int32(UInt8(ascii: "M"))) }
      .map { String(cString: $0) } ?? PostgresDriver.message(connection)
    if PQstatus(connection) == CONNECTION_BAD {
      return .unreachable(store: store, reason: reason)
    }
    // The server's word that it ends the session can come before the connection is seen to close.
    switch state {
    case "57P01", "57P02", "57P03": return .unreachable(store: store, reason: reason)
    case "25006", "42501", "53100": return .notWritable(store: store, reason: reason)
    case "55P03", "40P01", "57014": return .busy(store: store, reason: reason)
    case "28000", "28P01": return .refused(store: store, reason: reason)
    default: return .failed(store: store, reason: reason)
    }
  }

  private static func message(_ connection: OpaquePointer) -> String {
    let text = String(cString: PQerrorMessage(connection))
    return String(text.reversed().drop { $0.isNewline }.reversed())
  }
}

/// Calls `body` with C strings that live as long as the call, nil for nil, and a nil at the end.
private func withCStrings<Result>(
  _ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Result
) -> Result {
  var bytes: [CChar] = []
  var offsets: [Int?] = []
  for text in texts {
    offsets.append(text.map { _ in bytes.count })
    if let text { bytes.append(contentsOf: text.utf8CString) }
  }
  return bytes.withUnsafeBufferPointer { buffer in
    body(offsets.map { offset in offset.flatMap { buffer.baseAddress?.advanced(by: $0) } } + [nil])
  }
}
