import Model
import Testing

@testable import Plan

@Suite("Paths into a reply")
struct MemberPathTests {
  private static let reply = #"{"a": "1", "b c": {"d": [{"é": "2"}, "3"]}, "e-f": {"0": "4"}}"#

  private func found(_ path: String) throws -> JSONValue? {
    let reply = try JSONReader.parse(Array(MemberPathTests.reply.utf8))
    return try MemberPath.parse(path).get().value(in: reply)
  }

  @Test(
    "Names and indices lead to a value, with or without the root",
    arguments: [
      ("a", "1"), ("$.a", "1"), ("$['a']", "1"), (#"["a"]"#, "1"), ("$['b c'].d[0].é", "2"),
      ("['b c']['d'][1]", "3"), ("e-f['0']", "4"), ("e-f.0", "4"),
    ])
  func leads(path: String, value: String) throws {
    #expect(try found(path) == .string(value))
    #expect(try MemberPath.parse(path).get().text == path)
  }

  @Test(
    "A path that leads nowhere finds nothing",
    arguments: ["x", "a.b", "a[0]", "$['b c'].d[2]", "$['b c'].d.x", "e-f[0]"])
  func nowhere(path: String) throws {
    #expect(try found(path) == nil)
  }

  @Test(
    "What is no path of names and indices is refused",
    arguments: [
      "", "$", ".", "a.", ".a", "a..b", "$..a", "a[*]", "a[-1]", "a[1:2]", "a[?@.b]", "a[01]",
      "a[", "a]", "a['b", #"a["b']"#, "a b", "$a", "a[99999999]", "['a\\'b']", "a.*",
    ])
  func refused(path: String) {
    #expect(throws: ValueError.self) { try MemberPath.parse(path).get() }
  }

  @Test("A path has its limit")
  func limit() {
    let longest = Array(repeating: "a", count: MemberPath.segmentsMax).joined(separator: ".")
    #expect(throws: Never.self) { try MemberPath.parse(longest).get() }
    #expect(throws: ValueError.self) { try MemberPath.parse(longest + ".a").get() }
    #expect(MemberPath(member: "a") == (try? MemberPath.parse("a").get()))
  }
}
