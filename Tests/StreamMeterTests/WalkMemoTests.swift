import Model
import Testing

@testable import StreamMeter

@Suite("A walk from where an event begins to differ from the one before it")
struct WalkMemoTests {
  private static let chat =
    #"{"id":"c-1","created":17,"choices":[{"index":0,"delta":{"content":" a\"b"},"x":null}],"#
    + #""usage":null}"#
  private static let reasoning =
    #"{"id":"c-1","choices":[{"delta":{"role":"assistant","reasoning_content":"hm"},"#
    + #""finish_reason":null},{"delta":{"content":"z"}}],"usage":{"completion_tokens":3}}"#

  /// What a walk came to; slices as places in the text.
  private struct Finding: Equatable {
    var isWhole: Bool
    var offset: Int
    var flags: [Bool]
    var slices: [Range<Int>?]
    var usage: [Int?]
  }

  private func finding(
    _ walker: borrowing JSONWalker, _ isWhole: Bool, _ base: UnsafeRawPointer
  ) -> Finding {
    func place(_ slice: UnsafeRawBufferPointer?) -> Range<Int>? {
      guard let slice, let start = slice.baseAddress else { return nil }
      return start - base..<start - base + slice.count
    }
    guard isWhole else {
      return Finding(isWhole: false, offset: walker.offset, flags: [], slices: [], usage: [])
    }
    return Finding(
      isWhole: true, offset: walker.offset,
      flags: [
        walker.facts.hasChoice, walker.facts.hasReasoning, walker.facts.hasToolArguments,
        walker.facts.isError, walker.facts.isEnd, walker.facts.isHidden,
      ],
      slices: [
        place(walker.facts.content), place(walker.facts.name), place(walker.facts.finishReason),
      ],
      usage: [
        walker.facts.usage.output, walker.facts.usage.input, walker.facts.usage.cached,
      ])
  }

  /// A text changed in some places, most of them in its last third.
  private func damaged(_ text: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    let alphabet = Array(#"{}[]:,"\ue019-+.truefalsn "#.utf8) + [0x01, 0x09, 0x7F]
    var text = text
    for _ in 0..<random.nextIndex(below: 3) {
      let isEarly = random.nextIndex(below: 8) == 0
      let first = isEarly ? 0 : text.count * 2 / 3
      let at = first + random.nextIndex(below: text.count - first)
      let byte = alphabet[random.nextIndex(below: alphabet.count)]
      switch random.nextIndex(below: 4) {
      case 0: text[at] = byte
      case 1: text.insert(byte, at: at)
      case 2: text.remove(at: at)
      default: text.removeSubrange(at...)
      }
      if text.isEmpty { return [0x7B] }
    }
    return text
  }

  @Test(
    "It finds what a walk from the start finds, whatever came before",
    arguments: [
      ("openai-chat", chat), ("openai-chat", reasoning),
      ("tgi", #"{"index":5,"token":{"id":1,"text":" a","special":false},"details":null}"#),
      ("ollama-chat", #"{"model":"m","message":{"role":"assistant","content":"a"},"done":false}"#),
      ("openai-responses", #"{"type":"response.output_text.delta","delta":"a","index":0}"#),
    ])
  func same(dialect name: String, seed: String) throws {
    let dialect = try #require(Dialect.named(name))
    var random = SeededGenerator(seed: 7, label: name)
    var memo = WalkMemo()
    var resumed = 0
    dialect.paths.withView { table in
      let root = Array("response.output_text.delta".utf8).withUnsafeBytes { table.kind($0).root }
      for round in 0..<4_000 {
        if round % 50 == 0 { memo.reset() }
        let text = damaged(Array(seed.utf8), &random)
        text.withUnsafeBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          var plain = JSONWalker(base, count: bytes.count, table, root: root)
          let isWhole = plain.walk()
          if memo.matches(base, count: bytes.count, root: root) { resumed += 1 }
          var walker = JSONWalker(base, count: bytes.count, table, root: root)
          let isWholeAgain = walker.walk(&memo)
          let text = String(decoding: bytes, as: UTF8.self)
          #expect(
            finding(walker, isWholeAgain, base) == finding(plain, isWhole, base), "\(text)")
        }
      }
    }
    #expect(resumed > 1_000)
  }

  @Test("A start of another kind of event, or of the stream before, is no start of this one")
  func forgets() throws {
    let dialect = try #require(Dialect.named("openai-chat"))
    let text = Array(Self.chat.utf8)
    var memo = WalkMemo()
    dialect.paths.withView { table in
      text.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        var walker = JSONWalker(base, count: bytes.count, table, root: PathTable.root)
        let isWhole = walker.walk(&memo)
        #expect(isWhole)
        let isMet = memo.matches(base, count: bytes.count, root: PathTable.root)
        let isMetByAnother = memo.matches(base, count: bytes.count, root: PathTable.root + 1)
        let isMetByItself = memo.matches(base, count: memo.state.offset, root: PathTable.root)
        #expect(isMet && !isMetByAnother && !isMetByItself)
        memo.reset()
        let isMetLater = memo.matches(base, count: bytes.count, root: PathTable.root)
        #expect(!isMetLater)
      }
    }
  }
}
