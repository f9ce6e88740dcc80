import Model

/// What the simulator takes from a chat request's body, in any dialect.
struct ChatRequest {
  /// Bytes that a model's name may have.
  static let modelBytesMax = 256
  /// Messages that a conversation may have.
  static let messagesMax = 10_000

  /// One message of the conversation.
  struct Message: Equatable {
    var role: String
    var text: String
  }

  var model: String
  /// True if the reply is to be a stream.
  var streams: Bool
  /// True if the reply is to report usage.
  var includesUsage: Bool
  /// Tokens that the reply may have.
  var tokensMax: Int?
  /// The conversation so far, a system prompt of its own first.
  var messages: [Message]

  /// Bytes of all messages' text.
  var promptBytes: Int { messages.reduce(0) { $0 + $1.text.utf8.count } }

  /// Tokens of the prompt, about one in four bytes.
  var promptTokens: Int { max(1, (promptBytes + 3) / 4) }

  /// Reads a body; throws what is wrong with it.
  init(body: [UInt8], form: RequestForm) throws(Refusal) {
    let value = try ChatRequest.parse(body)
    guard value.objectValue != nil else { throw bad("the body is no JSON object") }
    messages = try ChatRequest.conversation(value[form.conversation], form.conversation)
    if let name = form.preamble, let preamble = value[name], preamble != .null {
      messages.insert(
        Message(role: "system", text: ChatRequest.text(preamble)), at: 0)
    }
    model = value["model"]?.stringValue ?? "simulated"
    guard model.utf8.count <= ChatRequest.modelBytesMax else {
      throw bad("model has more than \(ChatRequest.modelBytesMax) bytes")
    }
    streams = try ChatRequest.flag(value["stream"], "stream") ?? form.streamsByDefault
    includesUsage = true
    if let path = form.usageFlag {
      let flag = try ChatRequest.flag(value.at(path), path.joined(separator: "."))
      includesUsage = flag ?? false
    }
    for path in form.limits where tokensMax == nil {
      tokensMax = try ChatRequest.count(value.at(path), path.joined(separator: "."))
    }
  }

  private static func parse(_ body: [UInt8]) throws(Refusal) -> JSONValue {
    do throws(JSONError) {
      return try JSONReader.parse(body)
    } catch {
      throw bad("the body is no JSON: \(error.what) at byte \(error.offset)")
    }
  }

  private static func conversation(
    _ value: JSONValue?, _ name: String
  ) throws(Refusal) -> [Message] {
    if let text = value?.stringValue { return [Message(role: "user", text: text)] }
    guard let items = value?.arrayValue, !items.isEmpty else {
      throw bad("\(name) must be a list of at least one message, or a text where that is usual")
    }
    guard items.count <= messagesMax else { throw bad("\(name) has over \(messagesMax) messages") }
    var messages: [Message] = []
    for item in items {
      if let text = item.stringValue {
        messages.append(Message(role: "user", text: text))
      } else {
        guard let content = item["content"] else { throw bad("a message has no content") }
        messages.append(
          Message(role: item["role"]?.stringValue ?? "user", text: text(content)))
      }
    }
    return messages
  }

  /// The text of a content: a string, or a list of parts.
  private static func text(_ content: JSONValue) -> String {
    if let text = content.stringValue { return text }
    return (content.arrayValue ?? []).map { $0["text"]?.stringValue ?? "" }.joined()
  }

  private static func flag(_ value: JSONValue?, _ name: String) throws(Refusal) -> Bool? {
    guard let value, value != .null else { return nil }
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

extension JSONValue {
  fileprivate func at(_ path: [String]) -> JSONValue? {
    path.reduce(self) { (value: JSONValue?, name) in value?[name] }
  }
}

private func bad(_ message: String) -> Refusal { Refusal(status: 400, message: message) }
