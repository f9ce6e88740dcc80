import CPostgres
import CSQLite
import Glibc

/// One row of a result, good only while the driver shows it.
struct Row {
  enum Source {
    /// A statement that stands on the row.
    case sqlite(OpaquePointer)
    /// A row of a binary result.
    case postgres(OpaquePointer, row: Int32)
  }

  let source: Source
  let store: String

  /// True for NULL.
  func isNull(_ column: Int) -> Bool {
    switch source {
    case .sqlite(let statement): sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
    case .postgres(let result, let row): PQgetisnull(result, row, Int32(column)) == 1
    }
  }

  func integer(_ column: Int) throws(StoreError) -> Int64 {
    guard let value = try integerOrNil(column) else { throw damaged(column, "is NULL") }
    return value
  }

  func integerOrNil(_ column: Int) throws(StoreError) -> Int64? {
    switch source {
    case .sqlite(let statement):
      switch sqlite3_column_type(statement, Int32(column)) {
      case SQLITE_INTEGER: return sqlite3_column_int64(statement, Int32(column))
      case SQLITE_NULL: return nil
      default: throw damaged(column, "is no whole number")
      }
    case .postgres(let result, let row):
      if isNull(column) { return nil }
      let bytes = field(result, row, column)
      switch bytes.count {
      case 2: return Int64(Int16(truncatingIfNeeded: bigEndian(bytes)))
      case 4: return Int64(Int32(truncatingIfNeeded: bigEndian(bytes)))
      case 8: return Int64(bitPattern: bigEndian(bytes))
      default: throw damaged(column, "is no whole number")
      }
    }
  }

  func double(_ column: Int) throws(StoreError) -> Double {
    guard let value = try doubleOrNil(column) else { throw damaged(column, "is NULL") }
    return value
  }

  func doubleOrNil(_ column: Int) throws(StoreError) -> Double? {
    if isNull(column) { return nil }
    switch source {
    case .sqlite(let statement):
      return sqlite3_column_double(statement, Int32(column))
    case .postgres(let result, let row):
      let bytes = field(result, row, column)
      guard bytes.count == 8 else { throw damaged(column, "is no binary64 number") }
      return Double(bitPattern: bigEndian(bytes))
    }
  }

  func text(_ column: Int) throws(StoreError) -> String {
    guard let value = textOrNil(column) else { throw damaged(column, "is NULL") }
    return value
  }

  func textOrNil(_ column: Int) -> String? {
    if isNull(column) { return nil }
    switch source {
    case .sqlite(let statement):
      guard let start = sqlite3_column_text(statement, Int32(column)) else { return "" }
      let count = Int(sqlite3_column_bytes(statement, Int32(column)))
      return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    case .postgres(let result, let row):
      return String(decoding: field(result, row, column), as: UTF8.self)
    }
  }

  /// The bytes of some texts, each with a byte behind it that UTF-8 has none of.
  func joined(_ columns: Range<Int>) -> [UInt8] {
    var joined: [UInt8] = []
    for column in columns {
      joined += bytes(column)
      joined.append(Row.end)
    }
    return joined
  }

  /// True if `joined` of these columns is this. Nothing is allocated.
  func matches(_ columns: Range<Int>, _ joined: [UInt8]) -> Bool {
    joined.withUnsafeBytes { joined in
      var start = 0
      for column in columns {
        let bytes = bytes(column)
        let end = start + bytes.count
        guard end < joined.count, joined[end] == Row.end else { return false }
        if let first = bytes.baseAddress, let other = joined.baseAddress,
          memcmp(first, other + start, bytes.count) != 0
        {
          return false
        }
        start = end + 1
      }
      return start == joined.count
    }
  }

  private static let end: UInt8 = 0xFF

  /// A text, or bytes, as they lie in the row: SQLite would copy a text to end it with a zero.
  func bytes(_ column: Int) -> UnsafeRawBufferPointer {
    switch source {
    case .sqlite(let statement):
      let start = sqlite3_column_blob(statement, Int32(column))
      return UnsafeRawBufferPointer(
        start: start, count: Int(sqlite3_column_bytes(statement, Int32(column))))
    case .postgres(let result, let row): return field(result, row, column)
    }
  }

  func damaged(_ column: Int, _ what: String) -> StoreError {
    .damaged(store: store, reason: "column \(column) \(what)")
  }

  private func field(
    _ result: OpaquePointer, _ row: Int32, _ column: Int
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: PQgetvalue(result, row, Int32(column)),
      count: Int(PQgetlength(result, row, Int32(column))))
  }

  private func bigEndian(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
