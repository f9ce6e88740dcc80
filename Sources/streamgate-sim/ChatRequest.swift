import Model

/// What the simulator takes from the body of a chat completion's request.
struct ChatRequest {
  /// Bytes that a model's name may have.
  static let modelBytesMax = 256

  var model: String
  /// True if the reply is to be a stream.
  var streams: Bool
  /// True if the stream is to end with a chunk of usage.
  var includesUsage: Bool
  /// Tokens that the reply may have.
  var tokensMax: Int?
  /// Bytes of all messages' text.
  var promptBytes: Int

  /// Tokens of the prompt, about one in four bytes.
  var promptTokens: Int { max(1, (promptBytes + 3) / 4) }

  /// Reads a body; throws what is wrong with it.
  init(body: [UInt8]) throws(Refusal) {
    let value = try ChatRequest.parse(body)
    guard value.objectValue != nil else { throw bad("the body is no JSON object") }
    guard let messages = value["messages"]?.arrayValue, !messages.isEmpty else {
      throw bad("messages must be a list of at least one message")
    }
    promptBytes = 0
    for message in messages {
      guard let content = message["content"] else { throw bad("a message has no content") }
      promptBytes += ChatRequest.textBytes(content)
    }
    model = value["model"]?.stringValue ?? "simulated"
    guard model.utf8.count <= ChatRequest.modelBytesMax else {
      throw bad("model has more than \(ChatRequest.modelBytesMax) bytes")
    }
    streams = try ChatRequest.flag(value["stream"], "stream")
    includesUsage = try ChatRequest.flag(
      value["stream_options"]?["include_usage"], "stream_options.include_usage")
    let completion = try ChatRequest.count(
      value["max_completion_tokens"], "max_completion_tokens")
    let older = try ChatRequest.count(value["max_tokens"], "max_tokens")
    tokensMax = completion ?? older
  }

  private static func parse(_ body: [UInt8]) throws(Refusal) -> JSONValue {
    do throws(JSONError) {
      return try JSONReader.parse(body)
    } catch {
      throw bad("the body is no JSON: \(error.what) at byte \(error.offset)")
    }
  }

  private static func textBytes(_ content: JSONValue) -> Int {
    if let text = content.stringValue { return text.utf8.count }
    let parts = content.arrayValue ?? []
    return parts.reduce(0) { $0 + ($1["text"]?.stringValue?.utf8.count ?? 0) }
  }

  private static func flag(_ value: JSONValue?, _ name: String) throws(Refusal) -> Bool {
    guard let value, value != .null else { return false }
    guard let flag = value.boolValue else { throw bad("\(name) must be true or false") }
    return flag
  }

  private static func count(_ value: JSONValue?, _ name: String) throws(Refusal) -> Int? {
    guard let value, value != .null else { return nil }
    guard let count = value.intValue, count >= 1 else {
      throw bad("\(name) must be a whole number of at least 1")
    }
    return count
  }
}

private func bad(_ message: String) -> Refusal { Refusal(status: 400, message: message) }
