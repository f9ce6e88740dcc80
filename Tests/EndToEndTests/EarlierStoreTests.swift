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

  @Test("One row that cannot be read stops no command, and a check says which run to remove")
  func damagedRow() throws {
    let product = try Product(plan: nil)
    let store = try make(product)
    try store.driver.execute(
      "INSERT INTO cell (run, profile, scenario, region, metric, log_value, n)"
        + " SELECT key, 'sustained', 'short', '', 'x', 0, 1 FROM run WHERE run_id = 'run-7'")
    let end = try product.run("store", "migrate")
    #expect(end.code == 0 && end.output.contains("brought from schema 4"), "\(end.errors)")
    #expect(end.errors.contains("warning: the values of some runs could not be packed"))
    let check = try product.run("store", "check")
    #expect(check.code == 66)
    #expect(check.output.contains("the values of run run-7 cannot be read"), "\(check.output)")
    #expect(check.output.contains("try: streamgate runs delete run-7\n"))
    #expect(try product.run("runs", "delete", "run-7").code == 0)
    #expect(try product.run("store", "check").code == 0)
  }

  @Test("A block that is not what was measured is said with what to do, and that mends it")
  func otherValue() throws {
    let product = try Product(plan: nil)
    let store = try make(product)
    #expect(try product.run("store", "migrate").code == 0)
    #expect(try product.run("store", "check").output.contains("blocks      1, of 256 runs\n"))
    try store.driver.execute("UPDATE figure SET value = -1 WHERE value = 9")
    let check = try product.run("store", "check")
    #expect(check.code == 66)
    let what = "of run run-9 sustained short goodput is 9.0 of n 1 in the block, -1.0 of n 1"
    #expect(check.output.contains(what), "\(check.output)")
    let lines = check.output.split(separator: "\n")
    let remedy = try #require(lines.last { $0.contains("UPDATE run") })
    for statement in remedy.split(separator: ";") where statement.contains("block") {
      try store.driver.execute(String(statement))
    }
    let left = try product.run("store", "check")
    #expect(left.code == 0 && left.output.contains("note        384 runs of project, "))
    #expect(try product.run("store", "migrate").output.contains("schema 6, 256 runs packed\n"))
    #expect(try product.run("store", "check").output.contains("blocks      1, of 256 runs\n"))
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
