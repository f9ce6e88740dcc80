import Model
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
  private func text(_ value: JSONValue, indent: Int? = nil) -> String {
    String(decoding: JSONWriter.bytes(value, indent: indent), as: UTF8.self)
  }

  @Test(
    "Numbers are the shortest text that reads back, never a bare NaN",
    arguments: [
      (.integer(.min), "-9223372036854775808"), (.number(1), "1"), (.number(-0.5), "-0.5"),
      (.number(0.1), "0.1"), (.number(1e16), "1e+16"), (.number(.leastNonzeroMagnitude), "5e-324"),
      (.number(100), "100"), (.number(.infinity), "\"Infinity\""),
      (.number(-.infinity), "\"-Infinity\""), (.number(.nan), "\"NaN\""),
    ] as [(JSONValue, String)])
  func numbers(value: JSONValue, wanted: String) {
    #expect(text(value) == wanted)
  }

  @Test("No control character reaches the text bare")
  func controls() throws {
    for code in 0..<0x20 as Range<UInt32> {
      let character = try #require(Unicode.Scalar(code))
      let bytes = JSONWriter.bytes(.string("a\(character)b"))
      #expect(bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(code)")
      #expect(try JSONReader.parse(bytes) == .string("a\(character)b"))
    }
    #expect(text(.string("\"\\\n\r\t\u{1}\u{7F}")) == #""\"\\\n\r\t\u0001\u007f""#)
    #expect(text(.object([JSONMember("a\nb", .null)])) == #"{"a\nb":null}"#)
    #expect(text(.string("é😀")) == "\"é😀\"")
  }

  @Test("Lists are written on one line, or one element a line")
  func layout() {
    let value = JSONValue.object([
      JSONMember("a", .array([.integer(1), .bool(false)])), JSONMember("b", .object([])),
      JSONMember("c", .array([])),
    ])
    #expect(text(value) == #"{"a":[1,false],"b":{},"c":[]}"#)
    #expect(
      text(value, indent: 2) == """
        {
          "a": [
            1,
            false
          ],
          "b": {},
          "c": []
        }
        """)
  }

  @Test(
    "An object that is written member by member is as one that was made before",
    arguments: [nil, 2])
  func memberByMember(indent: Int?) {
    var writer = JSONWriter(indent: indent)
    writer.object { writer in
      writer.member("none", count: 0) { _, _ in }
      writer.member("a \"b\"", count: 2) { place, writer in
        writer.object { writer in
          writer.member("x", .integer(Int64(place + 1)))
          if place == 1 { writer.member("y", .array([.object([]), .null])) }
        }
      }
      writer.member("empty", count: 1) { _, writer in writer.object { _ in } }
      writer.member("last", .string("é"))
    }
    let same = JSONValue.object([
      JSONMember("none", .array([])),
      JSONMember(
        "a \"b\"",
        .array([
          .object([JSONMember("x", .integer(1))]),
          .object([
            JSONMember("x", .integer(2)), JSONMember("y", .array([.object([]), .null])),
          ]),
        ])),
      JSONMember("empty", .array([.object([])])), JSONMember("last", .string("é")),
    ])
    #expect(writer.bytes == JSONWriter.bytes(same, indent: indent))
  }

  @Test("Objects of one shape are as those that were made before", arguments: [nil, 0, 3])
  func shapes(indent: Int?) {
    let numbers: [(Double, Int)] = [
      (0.1, 7), (.infinity, .min), (-.infinity, 0), (.nan, .max), (-1.5e300, -1), (3, 12),
    ]
    var writer = JSONWriter(indent: indent)
    writer.object { writer in
      writer.member("list", count: numbers.count) { place, writer in
        writer.object(writer.shape(["value", "n"])) { values in
          values.add(numbers[place].0)
          values.add(numbers[place].1)
        }
      }
      writer.member("last", .null)
    }
    let same = JSONValue.object([
      JSONMember(
        "list",
        .array(
          numbers.map {
            .object([
              JSONMember("value", .number($0.0)), JSONMember("n", .integer(Int64($0.1))),
            ])
          })), JSONMember("last", .null),
    ])
    #expect(writer.bytes == JSONWriter.bytes(same, indent: indent))
  }

  @Test("What is written reads back as the same value, indented or not")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 21, label: "json")
    for _ in 0..<500 {
      let value = randomValue(&generator, depth: 4)
      for indent in [nil, 0, 2] {
        let bytes = JSONWriter.bytes(value, indent: indent)
        let back = try JSONReader.parse(bytes)
        #expect(back == value)
        #expect(JSONWriter.bytes(back, indent: indent) == bytes)
      }
    }
  }

  /// A value as the reader gives it: a float is never a whole number that fits.
  private func randomValue(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
    switch generator.nextIndex(below: depth > 0 ? 7 : 5) {
    case 0: return .null
    case 1: return .bool(generator.next() & 1 == 0)
    case 2:
      return .integer(
        Int64(
          bitPattern: generator.next()
            >> UInt64.random(
              in: 0..<64, using: &generator)))
    case 3:
      let number = Double(bitPattern: generator.next())
      let isFloat = number.isFinite && number.rounded() != number
      return isFloat ? .number(number) : .string("\(number)")
    case 4: return .string(randomText(&generator))
    case 5:
      let count = generator.nextIndex(below: 4)
      return .array((0..<count).map { _ in randomValue(&generator, depth: depth - 1) })
    default:
      let count = generator.nextIndex(below: 4)
      return .object(
        (0..<count).map {
          JSONMember("\($0)" + randomText(&generator), randomValue(&generator, depth: depth - 1))
        })
    }
  }

  private func randomText(_ generator: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<generator.nextIndex(below: 12) {
      let width: Int = [0x80, 0x800, 0x10000, 0x110000][generator.nextIndex(below: 4)]
      let code = UInt32(generator.nextIndex(below: width))
      if let scalar = Unicode.Scalar(code) { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}
