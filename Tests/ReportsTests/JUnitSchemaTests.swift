import Foundation
import Model
import Reports
import TestKit
import Testing

@Suite("JUnit under its schemas")
struct JUnitSchemaTests {
  private static let schemas = ["jenkins-junit-10.xsd", "windyroad-JUnit.xsd"]

  private func validate(_ paths: [String], schema: String) throws -> RunningProcess.End {
    let file = Golden.url("schemas/" + schema).path(percentEncoded: false)
    return try RunningProcess.run("xmllint", ["--noout", "--schema", file] + paths)
  }

  @Test("Every report is valid under both, hostile text in it or not", arguments: schemas)
  func valid(_ schema: String) throws {
    let folder = try TemporaryFolder()
    let models = ReportCase.all.map(\.model) + Hostile.texts.map { Hostile.report($0).model }
    var paths: [String] = []
    for (index, model) in models.enumerated() {
      let text = String(decoding: JUnitReport.bytes(model), as: UTF8.self)
      paths.append(try folder.write(text, to: "\(index).xml").path(percentEncoded: false))
    }
    let end = try validate(paths, schema: schema)
    #expect(end.code == 0, "\(end.errors.prefix(2_000))")
    #expect(end.errors.split(separator: "\n").count { $0.hasSuffix(" validates") } == paths.count)
  }

  @Test("The schemas refuse what only other readers take", arguments: schemas)
  func invalid(_ schema: String) throws {
    let folder = try TemporaryFolder()
    let text = String(
      decoding: JUnitReport.bytes(ReportCase.learning.model, isExtended: true), as: UTF8.self)
    let file = try folder.write(text, to: "extended.xml").path(percentEncoded: false)
    #expect(try validate([file], schema: schema).code != 0)
  }
}
