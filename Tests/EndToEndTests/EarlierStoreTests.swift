import Foundation
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("A store of an earlier version at the command line", .waiting)
struct EarlierStoreTests {
  @Test(
    "Its migration says how far it is, and nothing where silence was asked for",
    arguments: [["store", "migrate"], ["runs", "prune", "--samples-older", "30d"]])
  func said(command: [String]) throws {
    for flags in [[], ["--quiet"]] {
      let product = try Product(plan: nil)
      try make(product)
      let end = try product.run(command + flags)
      #expect(end.code == 0 && !end.output.isEmpty, "\(end.errors)")
      let line = "streamgate: bringing the store to this version's tables: packed 256 of 384 runs\n"
      #expect(end.errors == (flags.isEmpty ? line : ""))
    }
  }

  /// A store of version 4 with runs enough for a block.
  @discardableResult
  private func make(_ product: Product) throws -> ResultStore {
    let path = product.folder.file(".streamgate/results.db").path
    let store = try ResultStore.open(.sqlite(path: path), for: .write)
    for i in 0..<BlockSealer.looseMax {
      let figure = ReportFigure(
        profile: "sustained", scenario: "short", name: "goodput", value: Double(i), n: 1)
      try store.importRun(
        RunRecord(header: Build.header(runID: "run-\(i)"), figures: [figure]))
    }
    for sql in [
      "DROP TABLE block_value", "DROP TABLE series", "DROP INDEX run_block",
      "ALTER TABLE run DROP COLUMN block", "ALTER TABLE run DROP COLUMN block_place",
      "DELETE FROM schema_version WHERE version > 4",
    ] { try store.driver.execute(sql) }
    return store
  }
}
