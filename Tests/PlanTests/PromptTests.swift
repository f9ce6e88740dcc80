import Model
import Testing

@testable import Plan

@Suite struct PromptTests {
  private static let table = #"""
    id,"the ""question""",answer
    1,plain,x
    2,"with, comma",x
    3,"two
    lines","y"

    4,"said ""so""",
    """#

  @Test("A CSV column is read by RFC 4180: quotes, commas, line breaks, blank lines")
  func csv() throws {
    let files = ["p.csv": PromptTests.table]
    let found = try prompts(
      "{\"file\": \"p.csv\", \"column\": \"the \\\"question\\\"\"}", files: files)
    #expect(found == ["plain", "with, comma", "two\nlines", "said \"so\""])
  }

  @Test("Without a name the column is prompt, text, or the only one")
  func csvColumns() throws {
    #expect(try prompts("{\"file\": \"p.csv\"}", files: ["p.csv": "id,prompt\n1,a"]) == ["a"])
    #expect(try prompts("{\"file\": \"p.csv\"}", files: ["p.csv": " text ,id\na,1\n"]) == ["a"])
    #expect(try prompts("{\"file\": \"p.csv\"}", files: ["p.csv": "question\na\nb"]) == ["a", "b"])
  }

  @Test("Plain text is a prompt a line, or a paragraph a prompt")
  func text() throws {
    let files = ["p.txt": "one\n  two \n\n\t\nthree\n"]
    #expect(try prompts("{\"file\": \"p.txt\"}", files: files) == ["one", "  two ", "three"])
    #expect(
      try prompts("{\"file\": \"p.txt\", \"split\": \"paragraphs\"}", files: files)
        == ["one\n  two ", "three"])
    #expect(
      try prompts(
        "{\"file\": \"notes\", \"format\": \"text\"}", files: ["notes": "a\nb"]) == ["a", "b"])
  }

  @Test(
    "Line ends and a byte order mark change neither prompts nor the environment",
    arguments: [
      ("p.csv", table, #", "column": "the \"question\"""#), ("p.csv", "prompt\n\"a\nb\"\nc\n", ""),
      ("p.txt", "a\nb\n\nc\n", ""), ("p.txt", "a\nb\n\nc\n", ", \"split\": \"paragraphs\""),
      ("p.jsonl", "\"a\"\n\n{\"text\": \"b\"}\n", ""),
    ])
  func lineEnds(name: String, text: String, more: String) throws {
    // The empty field of the table's last row is no prompt.
    let text = text.replacing(#""said ""so""","#, with: "b,z")
    func environment(_ text: String) throws -> String {
      try resolve(
        scenario: "\"prompts\": {\"file\": \"\(name)\"\(more)}", files: [name: text]
      ).plan.environmentKey(cpuModel: nil)
    }
    let expected = try environment(text)
    #expect(try environment(text.replacing("\n", with: "\r\n")) == expected)
    #expect(try environment("\u{FEFF}" + text) == expected)
    #expect(try environment(text.replacing("b", with: "d")) != expected)
  }

  @Test("The environment goes by the prompts' texts and not by where they come from")
  func sourceIsNoMatter() throws {
    func environment(_ source: String) throws -> String {
      try resolve(
        scenario: "\"prompts\": \(source)",
        files: ["p.csv": "prompt\n>a\n>b", "p.txt": ">a\n>b", "p.jsonl": "\">a\"\n\">b\""]
      ).plan.environmentKey(cpuModel: nil)
    }
    let expected = try environment("[\">a\", \">b\"]")
    for source in [
      "{\"file\": \"p.csv\"}", "{\"file\": \"p.txt\"}", "{\"file\": \"p.jsonl\"}",
      "{\"texts\": [\"a\", \"b\"], \"prefix\": \">\"}",
    ] {
      #expect(try environment(source) == expected)
    }
  }

  @Test("Wrong files are refused by line, without a word of what they hold")
  func wrongFiles() throws {
    func found(_ text: String, _ more: String = "", name: String = "p.csv") -> [String] {
      problems("{\"file\": \"\(name)\"\(more)}", files: [name: text]).map {
        String($0.split(separator: "; ")[0].dropFirst("f:1: scenarios.a.prompts.file: ".count))
      }
    }
    #expect(found("id,q\n1,a") == ["p.csv:1: none of the 2 columns is \"prompt\""])
    #expect(
      found("id,q\n1,a", ", \"column\": \"x\"") == ["p.csv:1: none of the 2 columns is \"x\""])
    #expect(found("q,q\n1,a", ", \"column\": \"q\"") == ["p.csv:1: two columns are \"q\""])
    #expect(
      found("prompt,id\na\n\nb,1,2\n") == [
        "p.csv:2: 1 fields where the header has 2", "p.csv:4: 3 fields where the header has 2",
      ])
    #expect(found("prompt\n\"a\nb") == ["p.csv:2: a quote that never closes"])
    #expect(found("prompt\n\"a\"b") == ["p.csv:2: text after a closing quote"])
    #expect(found("prompt,id\n,1") == ["p.csv:2: the prompt is empty"])
    #expect(found("prompt\n") == ["p.csv holds no prompt"])
    #expect(found("\n \n", name: "p.txt") == ["p.txt holds no prompt"])
  }

  @Test("Bytes that are no UTF-8 are no text")
  func notText() throws {
    for format in [PromptFile.Format.csv(column: nil), .text(.lines)] {
      let bytes = Array("prompt\n".utf8) + [0x61, 0xFF]
      guard case .failure(let found) = PromptFile.parse(bytes, name: "p", format: format) else {
        Issue.record("read")
        continue
      }
      #expect(found.texts == ["p:2: no UTF-8"])
    }
  }

  @Test("A source with keys of another, two sources, or none is refused")
  func wrongSources() {
    let head = "f:1: scenarios.a.prompts"
    #expect(
      problems("{\"texts\": [\"a\"], \"column\": \"x\"}") == [
        "\(head).column: this key is for prompts from a file"
      ])
    #expect(
      problems("{\"texts\": [\"a\"], \"synthetic\": {\"tokens\": 5}}") == [
        "\(head): prompts come from one place only; write one of file, texts, synthetic"
      ])
    #expect(
      problems("{\"prefixTokens\": 5}") == [
        "\(head): no prompts are named; write one of file, texts, synthetic"
      ])
    #expect(
      problems("{\"file\": \"p.jsonl\", \"split\": \"lines\"}") == [
        "\(head).split: a file of format jsonl has no split; write format: text"
      ])
    #expect(
      problems("{\"synthetic\": {\"sigma\": 3}}") == [
        "\(head).synthetic.tokens: this value is required; "
          + "set the median length, such as tokens: 200",
        "\(head).synthetic.sigma: 3 is not between 0 and 2",
      ])
    #expect(
      problems("{\"texts\": [\"a\"], \"prefix\": \"b\", \"prefixTokens\": 3}") == [
        "\(head).prefixTokens: there is a prefix already; remove one"
      ])
    #expect(
      problems("{\"synthetic\": {\"tokens\": 50000, \"count\": 10000}}") == [
        "\(head).synthetic: 10000 prompts of 50000 tokens are more than the plan can hold; "
          + "use fewer or shorter prompts"
      ])
    #expect(
      problems("{\"synthetic\": {\"tokens\": 50, \"count\": 10000}, \"prefixTokens\": 20k}") != [])
  }

  @Test("Synthetic prompts are the same on every machine, others for each seed and scenario")
  func synthetic() throws {
    let source = "{\"synthetic\": {\"tokens\": 200, \"sigma\": 0.3, \"count\": 50}}"
    let texts = try prompts(source)
    #expect(texts.count == 50 && Set(texts).count == 50)
    #expect(texts[0].hasPrefix("you head about without these "))
    #expect(try prompts(source) == texts)
    #expect(try prompts(source, seed: 2) != texts)
    let generator = SeededGenerator(seed: 1, label: "streamgate-prompts/1")
    let made = SyntheticPrompts(tokens: 200, sigma: 0.3, count: 50)
    #expect(made.texts(generator.fork("a")) == texts)
    #expect(made.texts(generator.fork("b")) != texts)
    let digest = SHA256.hex(SHA256.digest(Array(texts.joined(separator: "\n").utf8)))
    #expect(digest == "99edde6f5288961c4ef7654c7020af66f0b27da1fcc7aacb1661663151c0cf1e")
  }

  @Test("The lengths of synthetic prompts are log-normal, and all equal without a spread")
  func lengths() {
    let generator = SeededGenerator(seed: 3, label: "lengths")
    func words(_ sigma: Double, _ count: Int) -> [Int] {
      SyntheticPrompts(tokens: 200, sigma: sigma, count: count).texts(generator)
        .map { $0.split(separator: " ").count }.sorted()
    }
    #expect(Set(words(0, 20)) == [200])
    let spread = words(0.5, 2_000)
    // Median, and one standard deviation to both sides, within the error of 2,000 draws.
    #expect((185...215).contains(spread[1_000]))
    #expect((111...132).contains(spread[317]))
    #expect((304...358).contains(spread[1_683]))
    #expect(words(2, 2_000).allSatisfy { (1...PlanLimits.syntheticTokensMax).contains($0) })
  }

  @Test("A prefix leads each prompt of a scenario")
  func prefixes() throws {
    let own = try prompts("{\"texts\": [\"a\", \"b\"], \"prefix\": \"Read this. \"}")
    #expect(own == ["Read this. a", "Read this. b"])
    let made = try prompts("{\"texts\": [\"a\", \"b\"], \"prefixTokens\": 1000}")
    let heads = Set(made.map { String($0.dropLast(3)) })
    #expect(made.map { String($0.suffix(3)) } == ["\n\na", "\n\nb"])
    #expect(heads.count == 1)
    #expect(heads.first?.split(separator: " ").count == 1_000)
  }

  @Test("A shared prefix under promptCache bust is warned of: nothing of it is ever cached")
  func bustedPrefix() throws {
    func warnings(_ cache: String) throws -> [String] {
      try resolve(
        scenario: "\"prompts\": {\"texts\": [\"a\"], \"prefixTokens\": 5}",
        top: "\"promptCache\": \"\(cache)\""
      ).warnings.map { $0.text(file: "f") }
    }
    #expect(try warnings("as-is") == [])
    #expect(
      try warnings("bust") == [
        "f:1: scenarios.a.prompts: promptCache bust keeps this shared prefix out of the cache; "
          + "use promptCache: as-is if it is to be cached"
      ])
  }
}
