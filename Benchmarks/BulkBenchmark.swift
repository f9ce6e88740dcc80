import ArgumentParser
import CPostgres
import Foundation
import Model
import ResultStore

/// Rows a second into a store's table of requests as it is, index included, encoding included;
/// and the same rows by PostgreSQL itself from a file, in turns.
struct BulkBenchmark {
  let rows: Int
  /// Rows of one append.
  let batch: Int
  let rounds: Int
  /// Where files may be made.
  let folder: String

  func table(postgres: StoreLocation?) throws -> BenchmarkTable {
    var table = BenchmarkTable(
      name: "bulk insert, \(rows) rows in batches of \(batch)",
      columns: ["rows_per_s", "cpu_us_per_row", "to_copy_from"])
    let run = MadeRun(id: "bulk-\(getpid())", requests: rows)
    var sqlite: [Measured] = []
    var inserted: [Measured] = []
    var copied: [Measured] = []
    let server = try postgres.map { try CopyServer(location: $0, folder: folder) }
    for round in 0..<rounds {
      let path = folder + "/bulk-\(round).db"
      sqlite.append(try append(run, to: .sqlite(path: path)))
      for end in ["", "-wal", "-shm"] { unlink(path + end) }
      guard let server, let postgres else { continue }
      inserted.append(try append(run, to: postgres))
      if let measured = try server.copy(run.header.runID, rows: rows) { copied.append(measured) }
      try ResultStore.open(postgres, for: .write).deleteRun(run.header.runID)
      try server.vacuum()
    }
    table.add("SQLite append", row(sqlite, against: []))
    if !inserted.isEmpty { table.add("PostgreSQL append", row(inserted, against: copied)) }
    if !copied.isEmpty { table.add("PostgreSQL COPY FROM file", row(copied, against: copied)) }
    return table
  }

  private func row(_ measured: [Measured], against other: [Measured]) -> [Double] {
    // The ratio of each round, in which both had the same moment of the machine.
    let ratios = zip(measured, other).map { $1.wall / $0.wall }
    return [
      Double(rows) / median(measured.map(\.wall)),
      median(measured.map(\.cpu)) / Double(rows) * 1e6,
      ratios.isEmpty ? .nan : median(ratios),
    ]
  }

  private func append(_ run: MadeRun, to location: StoreLocation) throws -> Measured {
    let store = try ResultStore.open(location, for: .write)
    let key = try store.beginRun(run.header)
    let batches = stride(from: 0, to: rows, by: batch).map {
      Array(run.samples[$0..<min($0 + batch, rows)])
    }
    return try Measured { for batch in batches { try store.append(batch, to: key) } }
  }
}

/// Seconds that something took, of the wall's clock and of this process's CPU.
struct Measured {
  let wall: Double
  let cpu: Double

  init(_ body: () throws -> Void) rethrows {
    let (startWall, startCPU) = (wallSeconds(), processCPUSeconds())
    try body()
    wall = wallSeconds() - startWall
    cpu = processCPUSeconds() - startCPU
  }
}

/// A connection of its own on which the server reads a file of rows that it wrote.
private final class CopyServer {
  private let connection: OpaquePointer
  private let path: String

  init(location: StoreLocation, folder: String) throws {
    guard case .postgres(let text) = location, let connection = PQconnectdb(text) else {
      throw ValidationError("no connection to PostgreSQL")
    }
    self.connection = connection
    // The server is another user, who makes the file.
    path = folder + "/rows.copy"
    chmod(folder, 0o777)
  }

  deinit {
    PQfinish(connection)
  }

  /// Stores a run's rows a second time from a file of them; nil if the server may not read files.
  func copy(_ runID: String, rows: Int) throws -> Measured? {
    let key = "(SELECT key FROM streamgate.run WHERE run_id = '\(runID)')"
    let some = "SELECT * FROM streamgate.sample WHERE run = \(key)"
    do {
      try execute("COPY (\(some)) TO '\(path)' (FORMAT binary)")
    } catch {
      print("no COPY FROM a file to hold PostgreSQL against: \(error)")
      return nil
    }
    try execute("DELETE FROM streamgate.sample WHERE run = \(key)")
    try vacuum()
    return try Measured {
      let count = try execute("COPY streamgate.sample FROM '\(path)' (FORMAT binary)")
      guard count == rows else { throw ValidationError("\(count) of \(rows) rows copied") }
    }
  }

  /// Gives the room of deleted rows back, so that each measurement starts from the same table.
  func vacuum() throws { try execute("VACUUM streamgate.sample") }

  @discardableResult
  private func execute(_ sql: String) throws -> Int {
    let result = PQexec(connection, sql)
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_COMMAND_OK else {
      throw ValidationError(String(cString: PQerrorMessage(connection)))
    }
    return PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
  }
}
