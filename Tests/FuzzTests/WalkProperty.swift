import Model

@testable import StreamMeter

/// The walk over an event's JSON accepts what the strict reader accepts, and finds in it what
/// stands at the dialect's paths.
enum WalkProperty {
  static let target = FuzzTarget(
    name: "walk",
    seeds: { body in
      guard body.isStream else { return [] }
      return body.bytes.split(separator: 0x0A).compactMap { line in
        let start = line.firstIndex(of: UInt8(ascii: "{")) ?? line.endIndex
        return start == line.endIndex ? nil : Array(line[start...])
      } + [body.bytes]
    },
    finding: finding)

  private static let dialect = Dialect.named("openai-chat")

  private static func finding(_ text: UnsafeRawBufferPointer) -> String? {
    guard let dialect else { return "the chat dialect is gone" }
    guard let base = text.baseAddress else { return nil }
    return dialect.paths.withView { table -> String? in
      var walker = JSONWalker(base, count: text.count, table, root: PathTable.root)
      let isWhole = walker.walk()
      if walker.offset > text.count { return "the walk ended behind the text" }
      do throws(JSONError) {
        let value = try JSONReader.parse(text.bindMemory(to: UInt8.self))
        guard case .object = value else {
          return isWhole ? "the walk takes what is no object" : nil
        }
        return isWhole ? difference(walker.facts, value) : "the walk refuses what is JSON"
      } catch {
        return isWhole && !isLenient(error) ? "the walk takes what is no JSON: \(error)" : nil
      }
    }
  }

  /// True where the walk lets pass what the reader does not: bytes that are no UTF-8, a name that
  /// comes twice, half a surrogate pair, a number that no float holds.
  private static func isLenient(_ error: JSONError) -> Bool {
    [
      "not UTF-8", "a name comes twice", "half a surrogate pair", "a number out of range",
    ].contains(error.what)
  }

  private static func difference(_ facts: borrowing EventFacts, _ value: JSONValue) -> String? {
    let output = value["usage"]?["completion_tokens"]
    if case .integer(let count) = output, count > 0, count < 1_000_000_000_000_000 {
      guard facts.usage.output == Int(count) else {
        return "\(String(describing: facts.usage.output)) tokens, not \(count)"
      }
    } else if let said = facts.usage.output, said != 0 {
      return "\(said) tokens where the text says \(String(describing: output))"
    }
    let text = facts.content.map { "\"" + String(decoding: $0, as: UTF8.self) + "\"" }
    let got = text.flatMap { try? JSONReader.parse(Array($0.utf8)) }?.stringValue
    let wanted = content(value)
    if got != wanted { return "the content \(got ?? "none"), not \(wanted ?? "none")" }
    if facts.isError != isError(value) { return "an error: \(facts.isError)" }
    return nil
  }

  /// The last text of the answer that is not empty.
  private static func content(_ value: JSONValue) -> String? {
    var last: String?
    for choice in value["choices"]?.arrayValue ?? [] {
      for member in choice["delta"]?.objectValue ?? []
      where member.name == "content" || member.name == "refusal" {
        if let text = member.value.stringValue, !text.isEmpty { last = text }
      }
    }
    return last
  }

  private static func isError(_ value: JSONValue) -> Bool {
    switch value["error"] {
    case nil, .null, .bool(false), .string(""): break
    default: return true
    }
    return value["object"] == .string("error")
  }
}
