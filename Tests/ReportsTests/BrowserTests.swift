import Foundation
import TestKit
import Testing

@testable import Reports

@Suite(
  "Pages in a browser", .waiting,
  .disabled(if: Browser.isMissed, "no Chromium; on Debian ci/test brings it"))
struct BrowserTests {
  @Test("A page fits telephone and desk, light and dark, and logs nothing")
  func looks() throws {
    let folder = try TemporaryFolder()
    let browser = try Browser()
    for (name, report) in [
      ("full", PageCase.full), ("pass", PageCase.bare(.pass)), ("waived", PageCase.bare(.waived)),
      ("builds", PageCase.bare(.builds)),
      ("inconclusive", PageCase.bare(.inconclusive)),
      ("hostile", PageCase.bare(Hostile.report("\"><script>alert(1)</script><b onload=x>"))),
    ] {
      try look(at: Reports.render(report, as: .html), name, in: browser, folder)
    }
    try look(at: TrendPage.bytes(TrendReportTests.report()), "trends", in: browser, folder)
  }

  private func look(
    at bytes: [UInt8], _ name: String, in browser: Browser, _ folder: TemporaryFolder
  ) throws {
    let page = try folder.write(String(decoding: bytes, as: UTF8.self), to: name + ".html")
    for scheme in ["light", "dark"] {
      for width in [375, 1280] {
        let look = try browser.look(at: page, width: width, scheme: scheme)
        #expect(look.problems == [], "\(name), \(width) pixels, \(scheme)")
        #expect(look.texts > 50)
        if ["full", "trends"].contains(name) { #expect(look.shapes > 40) }
      }
    }
  }

  @Test("A page that is too wide, too pale or noisy is found out")
  func findings() throws {
    let folder = try TemporaryFolder()
    let browser = try Browser()
    func problems(_ body: String, scheme: String = "light") throws -> [String] {
      let page = try folder.write(
        "<!DOCTYPE html><html><head><title>x</title></head><body>\(body)</body></html>",
        to: "bad.html")
      return try browser.look(at: page, width: 375, scheme: scheme).problems
    }
    #expect(try problems("<p>good</p>") == [])
    #expect(try problems("<p style=\"width: 400px\">wide</p>").contains { $0.contains("wide") })
    #expect(
      try problems("<p style=\"color: #999\">pale</p>").contains {
        $0.hasPrefix("contrast 2.85 of text")
      })
    #expect(
      try problems("<svg class=\"plot\"><path class=\"line\" stroke=\"#aaa\" d=\"M0 0h9\"/></svg>")
        .contains { $0.contains("of a mark") })
    #expect(
      try problems("<div style=\"opacity: 0.4\"><p>pale</p></div>").contains {
        $0.hasPrefix("contrast")
      })
    #expect(
      try problems("<svg viewBox=\"0 0 900 9\" width=\"300\"><text y=\"9\">tiny</text></svg>")
        .contains { $0.contains("5.3 pixels") })
    #expect(try problems("<script>console.error('no')</script>").contains { $0.contains("no") })
    #expect(try problems("<img src=\"nothing.png\" alt=\"\">").contains { $0.contains("nothing") })
  }
}
