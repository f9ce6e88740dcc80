import Model
import StreamMeter
import Testing

@Suite("The walk over an event's JSON")
struct JSONWalkTests {
  /// Objects in objects, so many levels.
  private static func nested(_ levels: Int) -> String {
    String(repeating: "{\"a\":", count: levels - 1) + "{}"
      + String(repeating: "}", count: levels - 1)
  }

  private func isMalformed(_ data: String) throws -> Bool {
    try Harness.reading("data: \(data)\n\n").outcome == .malformed
  }

  @Test(
    "What RFC 8259 allows in an object is let pass",
    arguments: [
      "{}", " { } ", #"{"a":[]}"#, #"{"a":[1,-0,0.5,1e9,1E-9,-1.5e+3]}"#,
      #"{"a":[true,false,null,"",{}],"b":{"c":{"d":[[[]]]}}}"#,
      #"{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\uD800"}"#, #"{"":""}"#,
      "{\t\"a\" :\t1 , \"b\":2 }", #"{"a":"é数据😀"}"#,
      "{\"a\":" + String(repeating: "[", count: 63) + String(repeating: "]", count: 63) + "}",
      nested(64),
    ])
  func allowed(_ data: String) throws {
    #expect(try !isMalformed(data))
  }

  @Test(
    "What is no JSON object is malformed",
    arguments: [
      "", " ", "[]", "1", "null", "\"x\"", "hello", "[DONE", "{", "}", #"{"a"}"#, #"{"a":}"#,
      #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1 "b":2}"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#,
      #"{"a":[}"#, #"{"a":1]"#, #"{a:1}"#, #"{'a':1}"#, #"{"a":01}"#, #"{"a":+1}"#, #"{"a":.5}"#,
      #"{"a":1.}"#, #"{"a":1e}"#, #"{"a":-}"#, #"{"a":tru}"#, #"{"a":True}"#, #"{"a":NaN}"#,
      #"{"a":nul"#, #"{"a":"x}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, #"{"a":"\u12"}"#,
      #"{"a":"\"#, "{\"a\":\"\t\"}", "{\"a\":\"\u{0}\"}",
      "{\"a\":\"plain text\tand more of it\"}", #"{"a":1}{"b":2}"#, #"{"a":1} x"#,
      "{\"a\":" + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "}",
      nested(65),
      #"{"a":1}]"#, "\u{FEFF}{}",
    ])
  func refused(_ data: String) throws {
    let reading = try Harness.reading("data: \(data)\n\n")
    #expect(reading.outcome == .malformed)
    #expect(reading.actions == [.stop])
  }

  @Test("A name with escapes means the same")
  func escapedName() throws {
    let reading = try Harness.reading(
      #"data: {"ch\u006Fices":[{"d\u0065lta":{"\u0063ontent":"x"}}]}"# + "\n\n"
        + #"data: {"choices\u00e9":[{"delta":{"content":"x"}}],"cho\"ices":1}"# + "\n\n")
    #expect(reading.contentEvents == 1)
  }

  @Test("Text that is damaged at random is refused exactly where the strict reader refuses it")
  func agreesWithReader() throws {
    var random = SeededGenerator(seed: 20_260_131, label: "damage")
    let seeds = [
      #"{"id":"c","choices":[{"index":0,"delta":{"content":" a\"b\u00e9"},"x":null}],"n":-1.5e3}"#,
      #"{"a":[true,false,[],{},{"b":"\\"}],"usage":{"p":10,"q":0.25}}"#,
    ].map { Array($0.utf8) }
    let alphabet = Array(#"{}[]:,"\ue019-+.truefalsn "#.utf8) + [0x01, 0x09, 0x1F, 0x7F]
    var refusals = 0
    for _ in 0..<6_000 {
      var text = seeds[Int(random.next() % 2)]
      for _ in 0..<(random.next() % 4) {
        let at = Int(random.next() % UInt64(text.count))
        let byte = alphabet[Int(random.next() % UInt64(alphabet.count))]
        switch random.next() % 3 {
        case 0: text[at] = byte
        case 1: text.insert(byte, at: at)
        default: text.remove(at: at)
        }
      }
      guard let expected = strictVerdict(text) else { continue }
      let data = String(decoding: text, as: UTF8.self)
      if data == "[DONE]" { continue }
      #expect(try isMalformed(data) == expected, "\(data)")
      refusals += expected ? 1 : 0
    }
    #expect(refusals > 1_000)
  }

  /// True if the strict reader refuses it as an object; nil where the walk is lenient on purpose.
  private func strictVerdict(_ text: [UInt8]) -> Bool? {
    do {
      guard case .object = try JSONReader.parse(text) else { return true }
      return false
    } catch {
      let lenient = ["a name comes twice", "half a surrogate pair", "a number out of range"]
      return lenient.contains(error.what) ? nil : true
    }
  }
}
