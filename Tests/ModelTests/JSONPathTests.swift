import Model
import Testing

@Suite("Paths into JSON")
struct JSONPathTests {
  @Test(
    "A path leads to the value that RFC 9535 says, and is written in one way",
    arguments: [
      ("$", "$", nil), ("$.a", "$.a", "1"), ("$['a']", "$.a", "1"), ("$[\"a\"]", "$.a", "1"),
      ("$.b[0].c", "$.b[0].c", "2"), ("$['b'][1]", "$.b[1]", "3"), ("$.b[2]", "$.b[2]", nil),
      ("$.b.c", "$.b.c", nil), ("$.a.b", "$.a.b", nil), ("$['d e']", "$['d e']", "4"),
      ("$['it\\'s']", "$['it\\'s']", "5"), ("$['\\\\']", "$['\\\\']", "6"), ("$.é", "$.é", "7"),
      ("$['']", "$['']", "8"), ("$['0']", "$['0']", "9"),
    ] as [(String, String, String?)])
  func paths(text: String, written: String, found: String?) throws {
    let json = try JSONReader.parse(
      Array(
        #"{"a":1,"b":[{"c":2},3],"d e":4,"it's":5,"\\":6,"é":7,"":8,"0":9}"#.utf8))
    let path = try JSONPath(parsing: text)
    #expect(path.text == written)
    #expect(try JSONPath(parsing: written) == path)
    let value = path.value(in: json)
    if text == "$" {
      #expect(value == json)
    } else {
      #expect(value.map { String(decoding: JSONWriter.bytes($0), as: UTF8.self) } == found)
    }
  }

  @Test(
    "What is no single path is refused at its place",
    arguments: [
      ("", 0), ("a", 0), ("$a", 1), ("$.", 2), ("$..a", 2), ("$.*", 2), ("$[*]", 2), ("$[?@.a]", 2),
      ("$[-1]", 2), ("$[01]", 4), ("$[1:2]", 3), ("$[1,2]", 3), ("$[1", 3), ("$['a", 4),
      ("$['a'x]", 5), ("$['\\n']", 4), ("$.a b", 3), ("$.1", 2), ("$[]", 2), ("$[100001]", 8),
      ("$.a-b", 3),
    ])
  func wrong(text: String, offset: Int) {
    let error = #expect(throws: JSONPathError.self) { try JSONPath(parsing: text) }
    #expect(error?.offset == offset, "\(text): \(error.map { "\($0)" } ?? "")")
  }

  @Test("A path has a longest text and a most of segments")
  func limits() {
    let many = "$" + String(repeating: "[0]", count: JSONPath.stepsMax)
    #expect((try? JSONPath(parsing: many)) != nil)
    #expect((try? JSONPath(parsing: many + "[0]")) == nil)
    #expect(
      (try? JSONPath(parsing: "$." + String(repeating: "a", count: JSONPath.bytesMax))) == nil)
  }
}
