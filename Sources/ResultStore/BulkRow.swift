import CSQLite
import Model

/// Takes the columns of one row after the other, in the order of the insert's column list.
///
/// For PostgreSQL rows gather as bytes. `begin` makes room for a row of numbers at once and `text`
/// for itself, so that the other columns are plain stores.
///
/// Invariant: between `begin` and the row's last column, `capacity - count` is at least
/// `columnBytesMax` for each column that is still to come.
struct BulkRow: ~Copyable {
  enum Target {
    /// Binds to a prepared statement.
    case sqlite(OpaquePointer)
    /// Appends to PostgreSQL's binary COPY format.
    case postgres
  }

  /// Bytes of a column's length and of the longest number.
  private static let columnBytesMax = 12
  /// Bytes that the buffer begins with.
  private static let capacityMin = 4_096

  private let target: Target
  private var start: UnsafeMutableRawPointer
  private var capacity: Int
  /// Bytes that have gathered.
  private(set) var count = 0
  private var column: Int32 = 0
  private var columns = 0

  init(_ target: Target) {
    self.target = target
    capacity = BulkRow.capacityMin
    start = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    start.deallocate()
  }

  /// What has gathered, in PostgreSQL's format; good during the call only.
  func withBytes<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Forgets what has gathered and keeps its room.
  mutating func clear() { count = 0 }

  /// Appends what stands outside of rows.
  mutating func append(_ bytes: [UInt8]) {
    reserve(bytes.count)
    bytes.withUnsafeBytes { put($0) }
  }

  /// Begins a row of so many columns.
  mutating func begin(columns: Int) {
    column = 0
    self.columns = columns
    guard case .postgres = target else { return }
    reserve(2 + columns * BulkRow.columnBytesMax)
    put(UInt16(columns))
  }

  /// A SMALLINT; the value fits, or is the nearest that does.
  mutating func small(_ value: Int?) {
    column += 1
    switch target {
    case .sqlite(let statement): bind(statement, value.map { Int64(Int16(clamping: $0)) })
    case .postgres:
      guard let value else { return putNull() }
      put(UInt32(2))
      put(UInt16(bitPattern: Int16(clamping: value)))
    }
  }

  /// A BIGINT.
  mutating func big(_ value: Int64?) {
    column += 1
    switch target {
    case .sqlite(let statement): bind(statement, value)
    case .postgres:
      guard let value else { return putNull() }
      put(UInt32(8))
      put(UInt64(bitPattern: value))
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
      guard let value else { return putNull() }
      put(UInt32(8))
      put(value.bitPattern)
    }
  }

  /// A TEXT.
  mutating func text(_ value: String?) {
    column += 1
    guard var value = value?.storable else {
      if case .sqlite(let statement) = target { sqlite3_bind_null(statement, column) }
      if case .postgres = target { putNull() }
      return
    }
    let index = column
    switch target {
    case .sqlite(let statement):
      value.withUTF8 { _ = bindText(statement, index, $0) }
    case .postgres:
      reserve(value.utf8.count + (columns - Int(index) + 1) * BulkRow.columnBytesMax)
      value.withUTF8 { bytes in
        put(UInt32(bytes.count))
        put(UnsafeRawBufferPointer(bytes))
      }
    }
  }

  /// A BYTEA, or BLOB.
  mutating func bytes(_ value: [UInt8]) {
    column += 1
    value.withUnsafeBytes { bytes in
      switch target {
      case .sqlite(let statement): bindBytes(statement, column, bytes)
      case .postgres:
        reserve(bytes.count + (columns - Int(column) + 1) * BulkRow.columnBytesMax)
        put(UInt32(bytes.count))
        put(bytes)
      }
    }
  }

  private func bind(_ statement: OpaquePointer, _ value: Int64?) {
    if let value {
      sqlite3_bind_int64(statement, column, value)
    } else {
      sqlite3_bind_null(statement, column)
    }
  }

  private mutating func reserve(_ bytes: Int) {
    guard count + bytes > capacity else { return }
    capacity = max(capacity * 2, count + bytes)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: start, byteCount: count)
    start.deallocate()
    start = larger
  }

  private mutating func putNull() { put(UInt32.max) }

  private mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number) {
    assert(count + MemoryLayout<Number>.size <= capacity, "no room for column \(column)")
    start.storeBytes(of: value.bigEndian, toByteOffset: count, as: Number.self)
    count += MemoryLayout<Number>.size
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress else { return }
    assert(count + bytes.count <= capacity, "no room for column \(column)")
    (start + count).copyMemory(from: from, byteCount: bytes.count)
    count += bytes.count
  }
}

/// SQLITE_TRANSIENT, a cast of -1 that Swift does not import: SQLite copies what is bound.
private var transient: sqlite3_destructor_type {
  unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// Binds a copy of the bytes.
private func bindBytes(
  _ statement: OpaquePointer, _ index: Int32, _ bytes: UnsafeRawBufferPointer
) {
  sqlite3_bind_blob64(statement, index, bytes.baseAddress, UInt64(bytes.count), transient)
}

/// Binds a copy of the text.
func bindText(
  _ statement: OpaquePointer, _ index: Int32, _ text: UnsafeBufferPointer<UInt8>
) -> Int32 {
  let start = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
  return "".withCString { empty in
    sqlite3_bind_text64(
      statement, index, start ?? empty, UInt64(text.count), transient, UInt8(SQLITE_UTF8))
  }
}
