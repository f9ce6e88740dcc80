import Model
import Testing

@Suite("JSON reader")
struct JSONReaderTests {
  private func parse(_ text: String) throws -> JSONValue {
    try JSONReader.parse(Array(text.utf8))
  }

  @Test(
    "A text of RFC 8259 gives its value",
    arguments: [
      ("null", .null), (" \t\r\ntrue\n", .bool(true)), ("false", .bool(false)),
      ("0", .integer(0)), ("-0", .integer(0)), ("-12", .integer(-12)),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)),
      ("1.0", .number(1)), ("1e2", .number(100)), ("1E+2", .number(100)), ("0e0", .number(0)),
      ("1.5e-3", .number(0.0015)), ("1e-400", .number(0)),
      ("5e-324", .number(.leastNonzeroMagnitude)),
      ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
      ("\"\"", .string("")), ("\"a\u{7F}b\"", .string("a\u{7F}b")),
      (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
      (#""\u0000\u00e9\u20AC""#, .string("\0é€")), (#""\uD83D\uDE00""#, .string("😀")),
      (#""\uDBFF\uDFFF""#, .string("\u{10FFFF}")), ("\"é😀\"", .string("é😀")),
      ("[]", .array([])), ("[ ]", .array([])), ("{}", .object([])), ("{ }", .object([])),
      ("[1 , [2], {}]", .array([.integer(1), .array([.integer(2)]), .object([])])),
      (
        #"{"b":1,"a":{"":null}}"#,
        .object([
          JSONMember("b", .integer(1)),
          JSONMember("a", .object([JSONMember("", .null)])),
        ])
      ),
      (#"{"a":1,"A":2}"#, .object([JSONMember("a", .integer(1)), JSONMember("A", .integer(2))])),
    ] as [(String, JSONValue)])
  func accepted(text: String, value: JSONValue) throws {
    #expect(try parse(text) == value)
  }

  @Test(
    "A text that is no JSON is refused",
    arguments: [
      "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined", "'a'", "a",
      "+1", "-", "--1", "01", "-01", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1E-", "0x10", "1_0",
      "1 2", "1,", "1e309", "-1e400", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"",
      "\"\\U0041\"", "\"\\uD800\"", "\"\\uD800x\"", "\"\\uD800\\n\"", "\"\\uD800\\u0041\"",
      "\"\\uD800\\uD800\"", "\"\\uDC00\"", "\"\\uDC00\\uD800\"", "\"\n\"", "\"\t\"", "\"\0\"",
      "\"\u{1F}\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "[1,,2]", "{", "}",
      "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{\"a\" 1}",
      "{\"a\":1 \"b\":2}", "{1:2}", "{\"a\":1]", "{\"a\":}", "{\"a\":1}}", "[]]", "// c\n1",
      "/**/1", "1 // c", "\u{FEFF}1", "\u{A0}1", "[1\u{C}]", "{\"a\":1,\"a\":2}",
      "{\"a\":1,\"\\u0061\":2}", "\"a\" \"b\"", "[\"a\"", "[tru]", "[-]",
    ])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try parse(text) }
  }

  @Test(
    "Bytes that are not UTF-8 are refused",
    arguments: [
      [0xFF], [0xC3], [0xC3, 0x28], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xE2, 0x82], [0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
    ] as [[UInt8]])
  func notUTF8(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONReader.parse([0x22] + bytes + [0x22]) }
    #expect(throws: JSONError.self) { try JSONReader.parse([0x22, 0x5C, 0x6E] + bytes + [0x22]) }
    #expect(throws: JSONError.self) { try JSONReader.parse(bytes) }
  }

  @Test("Nesting is read to its limit and refused beyond it")
  func depth() throws {
    let limit = JSONReader.depthMax
    func nested(_ levels: Int, _ open: String, _ close: String) -> String {
      String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
    }
    _ = try parse(nested(limit, "[", "]"))
    _ = try parse(nested(limit, "{\"a\":", "}"))
    #expect(throws: JSONError.self) { try parse(nested(limit + 1, "[", "]")) }
    #expect(throws: JSONError.self) { try parse(nested(limit + 1, "{\"a\":", "}")) }
    #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
    let wide = "[" + (0..<200).map { _ in "[[]]" }.joined(separator: ",") + "]"
    #expect(try parse(wide).arrayValue?.count == 200)
  }

  @Test("An error says where and why")
  func errors() {
    #expect(throws: JSONError(what: "text after the value", offset: 2)) { try parse("1 x") }
    #expect(throws: JSONError(what: "a name comes twice", offset: 10)) {
      try parse(#"{"a":1,"a":2}"#)
    }
  }

  @Test("Every cut of a text is refused, and never crashes")
  func cuts() throws {
    let text = Array(#"{"a":[1.5e+3,"\uD83D\uDE00\n",{"b":null}],"é":true}"#.utf8)
    _ = try JSONReader.parse(text)
    for count in 0..<text.count {
      #expect(throws: JSONError.self) { try JSONReader.parse(Array(text[..<count])) }
    }
  }

  @Test("Any byte put anywhere never crashes")
  func mutations() {
    let text = Array(#"{"a":[-1.5e3,"\uD83D\uDE00"],"b":{"c":false}}"#.utf8)
    var survivors = 0
    for index in text.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[index] = byte
        if (try? JSONReader.parse(changed)) != nil { survivors += 1 }
      }
    }
    #expect(survivors >= text.count)
    #expect(survivors < text.count * 256)
  }

  @Test("Accessors give nil for another kind")
  func accessors() throws {
    let value = try parse(#"{"i":3,"d":3.5,"s":"x","b":true,"a":[1],"o":{},"n":null}"#)
    #expect(value["i"]?.intValue == 3)
    #expect(value["i"]?.doubleValue == 3)
    #expect(value["d"]?.doubleValue == 3.5)
    #expect(value["d"]?.intValue == nil)
    #expect(value["s"]?.stringValue == "x")
    #expect(value["s"]?.doubleValue == nil)
    #expect(value["b"]?.boolValue == true)
    #expect(value["i"]?.boolValue == nil)
    #expect(value["a"]?.arrayValue == [.integer(1)])
    #expect(value["o"]?.objectValue?.isEmpty == true)
    #expect(value["n"] == .null)
    #expect(value["none"] == nil)
    #expect(value["a"]?["x"] == nil)
  }
}
