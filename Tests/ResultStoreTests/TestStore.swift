import Foundation
import Model
import TestKit
import Testing

@testable import ResultStore

/// The databases that every store test runs on.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
  case sqlite = "SQLite"
  case postgres = "PostgreSQL"

  var testDescription: String { rawValue }

  /// Those that are at hand; `PostgresTests` says it if PostgreSQL is not.
  static let available: [StoreKind] = server == nil ? [.sqlite] : allCases

  /// libpq's URL of a server on which databases can be made.
  static let server = ProcessInfo.processInfo.environment["STREAMGATE_TEST_POSTGRES"]
}

/// An empty place for a store, its own file or database, gone with its owner.
final class TestStore {
  let location: StoreLocation
  let folder: TemporaryFolder
  private var admin: PostgresDriver?
  private var database = ""

  init(_ kind: StoreKind) throws {
    folder = try TemporaryFolder()
    switch kind {
    case .sqlite:
      location = .sqlite(path: folder.path + "/made/results.db")
    case .postgres:
      let server = try #require(StoreKind.server)
      let admin = try PostgresDriver(
        connection: server, store: server, access: .write, limits: StoreLimits())
      database = "streamgate_test_" + UUID().uuidString.replacing("-", with: "").lowercased()
      try admin.execute("CREATE DATABASE \(database)")
      self.admin = admin
      var url = try #require(URLComponents(string: server))
      url.path = "/" + database
      location = .postgres(connection: try #require(url.string))
    }
  }

  func open(_ access: StoreAccess = .write) throws -> ResultStore {
    try ResultStore.open(location, for: access, limits: TestStore.limits)
  }

  /// Short, so that a test of a lock does not wait.
  static let limits = StoreLimits(
    connect: .seconds(2), statement: .seconds(20), lock: .milliseconds(50))

  /// Cuts every connection to the database but this test's own.
  func cutConnections() throws {
    try admin?.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
      [.text(database)]
    ) { _ in }
  }

  deinit {
    if let admin {
      _ = try? admin.execute("DROP DATABASE IF EXISTS \(database) WITH (FORCE)")
    }
  }
}

extension RunRecord {
  /// The run as a store gives it back: U+0000, which no store holds, is replaced.
  var asStored: RunRecord {
    var record = self
    record.samples = nil
    return record
  }
}
