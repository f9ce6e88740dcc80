import Model

/// What the two databases have in common. Parameters are `$1`, `$2` … and always bound.
protocol Driver: AnyObject {
  /// The store's name in errors.
  var store: String { get }
  /// Pieces of SQL in which the two differ.
  var dialect: Dialect { get }

  /// Does one statement and returns how many rows it changed.
  @discardableResult
  func execute(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int

  /// Calls `each` with every row; the row is good during the call only. A result that `isBounded`
  /// may be held in memory whole, which is faster.
  func query(
    _ sql: String, _ values: [SQLValue], isBounded: Bool,
    _ each: (Row) throws(StoreError) -> Void
  ) throws(StoreError)

  /// Adds rows inside the open transaction; `fill` writes row `i` column by column.
  func bulkInsert(
    into table: String, _ columns: [String], count: Int, _ fill: (Int, inout BulkRow) -> Void
  ) throws(StoreError)

  /// Brings the figures of version 5 back into the order of their runs. Calls `each` with how many
  /// runs it went through.
  func layFiguresByRun(_ each: (Int) -> Void) throws(StoreError)

  /// Keeps other clients from changing the schema until the open transaction ends.
  func lockSchema() throws(StoreError)

  /// What the database finds wrong with itself.
  func integrityProblems() throws(StoreError) -> [String]
}

/// Pieces of SQL in which the two databases differ; only the schema needs them.
struct Dialect {
  var begin: String
  /// Begins a transaction that changes nothing and sees the store as it is at its first query.
  var beginReading: String
  /// Stands for `{C}`: text in the order of its bytes.
  var byteOrder: String
  /// Stands for `{now}`: nanoseconds since 1970 by the database's clock.
  var now: String
  /// Selects one row if the table `$1` exists.
  var tableExists: String
  /// Made before the first table.
  var prologue: [String]
  /// Made after the tables of version 1.
  var epilogue: [String]
  /// Made after the columns of version 2.
  var explorationViews: [String]
  /// Made by version 4.
  var trendViews: [String]
  /// Stands for `{bytes}`: a column of bytes.
  var bytes: String
  /// Made by version 6 behind its tables.
  var blockLayout: [String]
}

/// A bound value.
enum SQLValue: Equatable {
  case null
  case integer(Int64)
  case double(Double)
  case text(String)

  init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
  init(_ value: Bool) { self = .integer(value ? 1 : 0) }
  init(_ value: Nanos?) { self = value.map { .integer($0.rawValue) } ?? .null }
  init(_ value: UnixNanos?) { self = value.map { .integer($0.rawValue) } ?? .null }
  init(_ value: String?) { self = value.map { .text($0) } ?? .null }
  init(_ value: JSONValue) {
    self = .text(String(decoding: JSONWriter.bytes(value), as: UTF8.self))
  }
}

extension String {
  /// The text as both databases can hold it: U+0000, which PostgreSQL cannot, as U+FFFD.
  var storable: String {
    utf8.contains(0)
      ? String(
        String.UnicodeScalarView(
          unicodeScalars.map { scalar in
            scalar.value == 0 ? "\u{FFFD}" : scalar
          })) : self
  }
}

extension Driver {
  /// Calls `each` with every row of a result of any size.
  func query(
    _ sql: String, _ values: [SQLValue], _ each: (Row) throws(StoreError) -> Void
  ) throws(StoreError) {
    try query(sql, values, isBounded: false, each)
  }

  /// One statement without values.
  @discardableResult
  func execute(_ sql: String) throws(StoreError) -> Int { try execute(sql, []) }

  /// Does `body` whole or not at all.
  func transaction<Value>(
    by begin: String? = nil, _ body: () throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    try execute(begin ?? dialect.begin)
    let value: Value
    do {
      value = try body()
    } catch {
      rollback()
      throw error
    }
    do {
      try execute("COMMIT")
    } catch {
      rollback()
      throw error
    }
    return value
  }

  /// Ends a transaction without a trace. It cannot fail in a way that matters: a lost connection
  /// has ended it already.
  func rollback() {
    _ = Result { () throws(StoreError) in try execute("ROLLBACK") }
  }

  /// The first column of the first row as a number, nil without a row or if it is NULL.
  func number(_ sql: String, _ values: [SQLValue] = []) throws(StoreError) -> Int64? {
    var found: Int64?
    try query(sql, values) { row throws(StoreError) in
      if found == nil { found = try row.integerOrNil(0) }
    }
    return found
  }
}
