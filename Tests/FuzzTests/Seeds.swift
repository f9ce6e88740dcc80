import Foundation

/// What libFuzzer starts from: the inputs that the corpus makes, and the words in them.
struct Seeds {
  /// Bytes of a word at most.
  private static let wordBytesMax = 24

  private let inputs: [[UInt8]]
  private let words: [String]

  init(of target: FuzzTarget) throws {
    let bodies = try CorpusBody.all()
    inputs = bodies.flatMap(target.seeds)
    let used = bodies.filter { !target.seeds($0).isEmpty }
    words = Set(used.flatMap { Self.words(in: $0.bytes) }).sorted() + Self.marks
  }

  /// What is no word and yet means something.
  private static let marks = [
    #"\x0d\x0a"#, #"\x0a\x0a"#, #"\x0d"#, #"\xef\xbb\xbf"#, #"\x00"#, #"data: {\""#, "[DONE]",
    #"\"}\x0a\x0a"#, "\\\\u0041", "\\\\ud83d\\\\ude00", "null", "true", "false", "1e9", "${TOKEN}",
    ": ", "- ", "|-", #"\x0a  "#, #"\x0d\x0a\x0d\x0a"#, #"\x0d\x0a0\x0d\x0a\x0d\x0a"#,
  ]

  /// Names and numbers.
  private static func words(in bytes: [UInt8]) -> [String] {
    bytes.split { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D, 0x2E: false
      default: true
      }
    }
    .filter { $0.count > 1 && $0.count <= wordBytesMax }
    .map { String(decoding: $0, as: UTF8.self) }
  }

  /// Writes `seeds/NUMBER` and `words` into a folder; the count of seeds.
  func write(to folder: URL) throws -> Int {
    let seeds = folder.appending(path: "seeds")
    try FileManager.default.createDirectory(at: seeds, withIntermediateDirectories: true)
    for (number, input) in inputs.enumerated() {
      try Data(input).write(to: seeds.appending(path: "\(number)"))
    }
    let dictionary = words.map { "\"\($0)\"\n" }.joined()
    try Data(dictionary.utf8).write(to: folder.appending(path: "words"))
    return inputs.count
  }
}

extension CorpusBody {
  /// Every file of the corpus, in order.
  static func all() throws -> [CorpusBody] {
    let corpus = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Corpus")
    return try names(in: corpus).flatMap { folder in
      let place = corpus.appending(path: folder)
      return try names(in: place).map { name in
        let data = try Data(contentsOf: place.appending(path: name))
        return CorpusBody(folder: folder, name: name, bytes: [UInt8](data))
      }
    }
  }

  private static func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { !$0.hasPrefix(".") }.sorted()
  }
}
