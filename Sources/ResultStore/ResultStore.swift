// ResultStore: where runs are kept: a SQLite file or a PostgreSQL database, run files, baseline
// files, and the thread that records a run while it is measured.
//
// Each query is written once and means the same in both databases. It judges nothing, computes
// no figure, and prints nothing.

public import Model

/// An open store. It belongs to one thread at a time; a second connection is a second store.
public final class ResultStore {
  let driver: any Driver
  /// Where it is.
  public let location: StoreLocation
  private let access: StoreAccess
  private let limits: StoreLimits
  /// What packs runs into blocks.
  var sealer: BlockSealer

  private init(
    driver: any Driver, location: StoreLocation, access: StoreAccess, limits: StoreLimits
  ) {
    self.driver = driver
    self.location = location
    self.access = access
    self.limits = limits
    sealer = BlockSealer(driver: driver)
  }

  /// Opens a store.
  ///
  /// For writing, a SQLite file and its folder are made, and the schema is made or migrated where
  /// that touches nobody else: in SQLite, and in PostgreSQL where there is none yet. Throws
  /// `missing` if there is nothing to read, `schemaTooNew` and `schemaTooOld` with both versions.
  /// `report` is told how far a migration is.
  public static func open(
    _ location: StoreLocation, for access: StoreAccess, limits: StoreLimits = StoreLimits(),
    report: @escaping MigrationReporter = { _ in }
  ) throws(StoreError) -> ResultStore {
    let driver = try connect(location, for: access, limits: limits)
    let store = ResultStore(
      driver: driver, location: location, access: access, limits: limits)
    try Schema.prepare(driver, for: access, report: report)
    return store
  }

  /// Makes or migrates the schema in any store, packs the runs that are to be packed, and says
  /// what was done. A step may write a table anew, which takes minutes where there are thousands of
  /// runs.
  public static func migrate(
    _ location: StoreLocation, limits: StoreLimits = StoreLimits(statement: .seconds(3_600)),
    report: @escaping MigrationReporter = { _ in }
  ) throws(StoreError) -> Migration {
    let driver = try connect(location, for: .write, limits: limits)
    return try Schema.migrate(driver, report: report)
  }

  private static func connect(
    _ location: StoreLocation, for access: StoreAccess, limits: StoreLimits
  ) throws(StoreError) -> any Driver {
    switch location {
    case .sqlite(let path):
      try SQLiteDriver(path: path, store: location.description, access: access, limits: limits)
    case .postgres(let connection):
      try PostgresDriver(
        connection: connection, store: location.description, access: access, limits: limits)
    }
  }

  /// Proves that the store can be written: adds a run in a transaction and takes it back. A store
  /// that is open for reading is asked by a second connection.
  public func checkWritable() throws(StoreError) {
    let writer = try writer()
    try writer.driver.execute(writer.driver.dialect.begin)
    defer { writer.driver.rollback() }
    _ = try writer.insert(RunHeader(runID: "write-check", timeout: .seconds(1)), storedAt: nil)
  }

  /// This store where it is open for writing, else a second connection that is.
  func writer() throws(StoreError) -> ResultStore {
    if access == .write { return self }
    let writer = ResultStore(
      driver: try ResultStore.connect(location, for: .write, limits: limits), location: location,
      access: .write, limits: limits)
    (writer.sealer.runs, writer.sealer.loose) = (sealer.runs, sealer.loose)
    return writer
  }
}

/// What a store is opened for.
public enum StoreAccess: Sendable {
  /// Reading only: nothing is made.
  case read
  /// Reading and writing.
  case write
}

/// How long a store may take.
public struct StoreLimits: Sendable, Equatable {
  /// To a connection; PostgreSQL counts whole seconds, at least two.
  public var connect: Nanos
  /// For one statement.
  public var statement: Nanos
  /// For another client's lock.
  public var lock: Nanos

  /// Limits; the defaults suit a database on the same network.
  public init(
    connect: Nanos = .seconds(5), statement: Nanos = .seconds(30), lock: Nanos = .seconds(10)
  ) {
    self.connect = connect
    self.statement = statement
    self.lock = lock
  }
}
