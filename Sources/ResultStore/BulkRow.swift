import CSQLite
import Model

/// Takes the columns of one row after the other, in the order of the insert's column list.
struct BulkRow {
  enum Target {
    /// Binds to a prepared statement.
    case sqlite(OpaquePointer)
    /// Appends to PostgreSQL's binary COPY format.
    case postgres
  }

  let target: Target
  /// The rows so far, in PostgreSQL's format.
  var bytes: [UInt8] = []
  private var column: Int32 = 0

  init(_ target: Target) {
    self.target = target
  }

  /// Begins a row of so many columns.
  mutating func begin(columns: Int) {
    column = 0
    if case .postgres = target { append(UInt16(columns)) }
  }

  /// A SMALLINT; the value fits, or is the nearest that does.
  mutating func small(_ value: Int?) {
    column += 1
    switch target {
    case .sqlite(let statement): bind(statement, value.map { Int64(Int16(clamping: $0)) })
    case .postgres:
      guard let value else { return appendNull() }
      append(UInt32(2))
      append(UInt16(bitPattern: Int16(clamping: value)))
    }
  }

  /// A BIGINT.
  mutating func big(_ value: Int64?) {
    column += 1
    switch target {
    case .sqlite(let statement): bind(statement, value)
    case .postgres:
      guard let value else { return appendNull() }
      append(UInt32(8))
      append(UInt64(bitPattern: value))
    }
  }

  /// A BIGINT.
  mutating func big(_ value: Int?) { big(value.map { Int64($0) }) }

  /// A BIGINT of nanoseconds.
  mutating func time(_ value: Nanos?) { big(value?.rawValue) }

  /// A SMALLINT of 0 or 1.
  mutating func flag(_ value: Bool) { small(value ? 1 : 0) }

  /// A DOUBLE PRECISION; NaN is NULL, as SQLite would have it.
  mutating func double(_ value: Double?) {
    column += 1
    let value = value.flatMap { $0.isNaN ? nil : $0 }
    switch target {
    case .sqlite(let statement):
      if let value {
        sqlite3_bind_double(statement, column, value)
      } else {
        sqlite3_bind_null(statement, column)
      }
    case .postgres:
      guard let value else { return appendNull() }
      append(UInt32(8))
      append(value.bitPattern)
    }
  }

  /// A TEXT.
  mutating func text(_ value: String?) {
    column += 1
    guard var value = value?.storable else {
      if case .sqlite(let statement) = target { sqlite3_bind_null(statement, column) }
      if case .postgres = target { appendNull() }
      return
    }
    let index = column
    switch target {
    case .sqlite(let statement):
      value.withUTF8 { _ = bindText(statement, index, $0) }
    case .postgres:
      append(UInt32(value.utf8.count))
      bytes.append(contentsOf: value.utf8)
    }
  }

  private func bind(_ statement: OpaquePointer, _ value: Int64?) {
    if let value {
      sqlite3_bind_int64(statement, column, value)
    } else {
      sqlite3_bind_null(statement, column)
    }
  }

  private mutating func appendNull() { append(UInt32.max) }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}

/// Binds a copy of the text.
func bindText(
  _ statement: OpaquePointer, _ index: Int32, _ text: UnsafeBufferPointer<UInt8>
) -> Int32 {
  // SQLITE_TRANSIENT, a cast of -1 that Swift does not import: SQLite copies the text.
  let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  let start = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
  return "".withCString { empty in
    sqlite3_bind_text64(
      statement, index, start ?? empty, UInt64(text.count), transient, UInt8(SQLITE_UTF8))
  }
}
