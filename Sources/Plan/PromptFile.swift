import Model

/// Why a prompt file's bytes are not there.
public enum PromptFileError: Error, Sendable, Equatable {
  /// It could not be opened or read; the system's words.
  case unreadable(String)
  /// It is longer than `PromptFile.bytesMax`.
  case tooLong
}

/// Prompts from a file: JSON Lines, CSV or plain text.
///
/// A byte order mark and CRLF change nothing: the same file checked out with other line ends gives
/// the same prompts.
public enum PromptFile {
  /// Most bytes of a file.
  public static let bytesMax = 16 << 20
  /// Most prompts of a scenario.
  public static let promptsMax = 100_000
  /// Most bytes of one prompt.
  public static let promptBytesMax = 1 << 20

  /// How a file is written.
  enum Format: Equatable {
    /// Each line a JSON string, or an object with `prompt` or `text`.
    case jsonLines
    /// RFC 4180 with a header; the column's name, nil for `prompt`, `text` or the only one.
    case csv(column: String?)
    /// Text that blank lines or line ends split.
    case text(TextSplit)
  }

  /// What splits a text file into prompts.
  enum TextSplit: String, CaseIterable {
    /// Each line that is not blank.
    case lines
    /// Each stretch of lines between blank ones.
    case paragraphs
  }

  /// What to write into a file of that format, for messages.
  static func remedy(_ format: Format) -> String {
    switch format {
    case .jsonLines: "each line is a JSON string or {\"prompt\": \"…\"}"
    case .csv: "the first line names the columns; a field with a comma or a quote is in quotes"
    case .text: "the file is plain text in UTF-8"
    }
  }

  /// The prompts, or a sentence for each wrong line, naming file and line. A line's text is never
  /// repeated: the file may be anything on the disk.
  static func parse(
    _ bytes: [UInt8], name: String, format: Format = .jsonLines
  ) -> Result<[String], PromptFileProblems> {
    var found = FoundPrompts(name: name)
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    switch format {
    case .jsonLines: jsonLines(bytes[start...], &found)
    case .csv(let column): CSVPrompts.read(bytes[start...], column: column, &found)
    case .text(let split): text(bytes[start...], split, &found)
    }
    return found.result
  }

  private static func jsonLines(_ bytes: ArraySlice<UInt8>, _ found: inout FoundPrompts) {
    for (index, line) in lines(bytes).enumerated() where !isBlank(line) {
      found.add(prompt(Array(line)), line: index + 1)
      if found.isFull { return }
    }
  }

  private static func text(
    _ bytes: ArraySlice<UInt8>, _ split: TextSplit, _ found: inout FoundPrompts
  ) {
    var block: [UInt8] = []
    var blockLine = 0
    func end() {
      guard !block.isEmpty else { return }
      found.add(utf8Text(block), line: blockLine)
      block = []
    }
    for (index, line) in lines(bytes).enumerated() {
      if found.isFull { return }
      if isBlank(line) {
        end()
      } else {
        if block.isEmpty { blockLine = index + 1 } else { block.append(0x0A) }
        block += line
        if split == .lines { end() }
      }
    }
    end()
  }

  /// The lines without their ends, LF or CRLF.
  private static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      $0.last == 0x0D ? $0.dropLast() : $0
    }
  }

  private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  private static func prompt(_ line: [UInt8]) -> Result<String, ValueError> {
    let value: JSONValue
    do {
      value = try JSONReader.parse(line)
    } catch {
      return .failure(ValueError("no JSON: \(error.what) (byte \(error.offset + 1))"))
    }
    guard let text = value.stringValue ?? value["prompt"]?.stringValue ?? value["text"]?.stringValue
    else {
      return .failure(ValueError("neither a string nor an object with a string \"prompt\""))
    }
    return .success(text)
  }

  /// The bytes as text, if they are UTF-8.
  static func utf8Text(_ bytes: [UInt8]) -> Result<String, ValueError> {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .failure(ValueError("no UTF-8"))
    }
    return .success(text)
  }
}

/// What is wrong with a prompt file, a sentence a line.
struct PromptFileProblems: Error {
  var texts: [String]
}

/// The prompts and problems of a file under reading.
struct FoundPrompts {
  /// Wrong lines that are reported of one file.
  private static let problemsMax = 10

  private let name: String
  private var prompts: [String] = []
  private var problems: [String] = []

  init(name: String) {
    self.name = name
  }

  /// True if nothing more needs to be read.
  var isFull: Bool {
    problems.count >= FoundPrompts.problemsMax || prompts.count > PromptFile.promptsMax
  }

  /// Takes the prompt of a line, or why it has none.
  mutating func add(_ prompt: Result<String, ValueError>, line: Int) {
    switch prompt.flatMap(checkPrompt) {
    case .success(let text):
      prompts.append(text)
      if prompts.count > PromptFile.promptsMax {
        problems.append("\(name) holds more than \(PromptFile.promptsMax) prompts")
      }
    case .failure(let error): problems.append("\(name):\(line): \(error.what)")
    }
  }

  /// All prompts, or all problems.
  var result: Result<[String], PromptFileProblems> {
    if !problems.isEmpty { return .failure(PromptFileProblems(texts: problems)) }
    if prompts.isEmpty { return .failure(PromptFileProblems(texts: ["\(name) holds no prompt"])) }
    return .success(prompts)
  }
}

/// The prompt if it is not empty and not too long.
func checkPrompt(_ text: String) -> Result<String, ValueError> {
  if text.isEmpty { return .failure(ValueError("the prompt is empty")) }
  if text.utf8.count > PromptFile.promptBytesMax {
    return .failure(
      ValueError("the prompt is longer than \(PromptFile.promptBytesMax) bytes"))
  }
  return .success(text)
}
