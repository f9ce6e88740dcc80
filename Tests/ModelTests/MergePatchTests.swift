import Model
import Testing

@Suite("JSON merge patch")
struct MergePatchTests {
  /// The table of RFC 7396 appendix A, whole.
  @Test(
    "The examples of RFC 7396 give their results",
    arguments: [
      (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
      (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
      (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
      (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
      (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
      (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
      (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
      (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
      (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
      (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
      (#"{"a":"foo"}"#, "null", "null"),
      (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
      (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
      ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
      ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
  func examples(target: String, patch: String, result: String) throws {
    let target = try JSONReader.parse(Array(target.utf8))
    let patch = try JSONReader.parse(Array(patch.utf8))
    let merged = JSONWriter.bytes(target.merging(patch))
    #expect(String(decoding: merged, as: UTF8.self) == result)
  }

  @Test("A value that is replaced keeps its place")
  func order() throws {
    let target = try JSONReader.parse(Array(#"{"a":1,"b":2,"c":3}"#.utf8))
    let patch = try JSONReader.parse(Array(#"{"b":{"x":1}}"#.utf8))
    let merged = JSONWriter.bytes(target.merging(patch))
    #expect(String(decoding: merged, as: UTF8.self) == #"{"a":1,"b":{"x":1},"c":3}"#)
  }
}
