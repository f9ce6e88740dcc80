import Model

/// Why a prompt file's bytes are not there.
public enum PromptFileError: Error, Sendable, Equatable {
  /// It could not be opened or read; the system's words.
  case unreadable(String)
  /// It is longer than `PromptFile.bytesMax`.
  case tooLong
}

/// Prompts from a JSON Lines file: each line a JSON string, or an object with `prompt` or `text`.
///
/// Blank lines, a byte order mark and CRLF change nothing.
public enum PromptFile {
  /// Most bytes of a file.
  public static let bytesMax = 16 << 20
  /// Most prompts of a scenario.
  public static let promptsMax = 100_000
  /// Most bytes of one prompt.
  public static let promptBytesMax = 1 << 20

  /// Wrong lines that are reported of one file.
  private static let problemsMax = 10

  /// The prompts, or a sentence for each wrong line, naming file and line. A line's text is never
  /// repeated: the file may be anything on the disk.
  static func parse(_ bytes: [UInt8], name: String) -> Result<[String], PromptFileProblems> {
    var prompts: [String] = []
    var problems: [String] = []
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let lines = bytes[start...].split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let text = line.last == 0x0D ? line.dropLast() : line
      if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      switch prompt(Array(text)) {
      case .success(let prompt): prompts.append(prompt)
      case .failure(let error): problems.append("\(name):\(index + 1): \(error.what)")
      }
      if prompts.count > promptsMax {
        problems.append("\(name) holds more than \(promptsMax) prompts")
      }
      if problems.count >= problemsMax { break }
    }
    if prompts.isEmpty && problems.isEmpty { problems.append("\(name) holds no prompt") }
    return problems.isEmpty ? .success(prompts) : .failure(PromptFileProblems(texts: problems))
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
    return checkPrompt(text)
  }
}

/// What is wrong with a prompt file, a sentence a line.
struct PromptFileProblems: Error {
  var texts: [String]
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
