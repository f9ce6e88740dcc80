import Model

/// One chat completion in the making: its facts, and its parts as steps.
struct Reply: Sendable {
  /// Which chat request of this process it answers, 1 for the first.
  let ordinal: Int
  /// The model's name, as the request has it.
  let model: String
  /// Tokens it has.
  let tokens: Int
  /// True if `max_tokens` made it shorter.
  let isCut: Bool
  /// Tokens of the prompt.
  let promptTokens: Int
  /// True for a stream, false for one JSON body.
  let streams: Bool
  /// True if the stream ends with a chunk of usage.
  let includesUsage: Bool
  /// True if head and role chunk leave on arrival.
  let hasEarlyHead: Bool
  /// Tokens before a fault in mid-stream: 1...`tokens`.
  let faultAfter: Int
  /// How long a stall lasts.
  let stall: Nanos
  /// Seconds in Retry-After.
  let retryAfterSeconds: Int
  /// 64 bits that name it.
  let identity: UInt64

  /// The last chunk of a chunked body.
  static let lastChunk = Array("0\r\n\r\n".utf8)
  /// A reset waits for so long, that the bytes before it are read first: a reset may discard them.
  static let resetDelay = Nanos.milliseconds(20)
  /// The data of an error event.
  static let errorObject = Array(
    #"{"error":{"message":"the simulated service failed","type":"server_error","code":500}}"#.utf8)

  /// Head, role chunk, and the wait for the first token.
  var opening: [Step] {
    let start = [Step.raw(Response.streamHead(requestID: id)), .event(roleChunk)]
    return hasEarlyHead ? start + [.awaitFirstToken] : [.awaitFirstToken] + start
  }

  /// The chunk that says why it ended, and the chunk of usage where wanted.
  var finish: [Step] {
    let reason = isCut ? "length" : "stop"
    let end = #"{"index":0,"delta":{},"logprobs":null,"finish_reason":"\#(reason)"}"#
    let finish = Step.event(chunk(choices: end, rest: ""))
    guard includesUsage else { return [finish] }
    return [finish, .event(chunk(choices: "", rest: #","usage":\#(usage)"#))]
  }

  /// The end marker and the clean end of the body.
  var marker: [Step] { [.event(Array("[DONE]".utf8)), .raw(Reply.lastChunk)] }

  /// All that follows the last token.
  var closing: [Step] { finish + marker }

  /// The steps of a reply without a fault.
  var healthy: [Step] {
    if streams { return opening + [.tokens(tokens)] + closing }
    return [.awaitFirstToken, .silentTokens(tokens), .raw(Response.json(200, completion))]
  }

  /// A chunk that promises more bytes than follow.
  var halfChunk: [UInt8] { Array("100\r\ndata: {\"id\":\"chatcmpl-".utf8) }

  /// What stands before a token's text in the data of its event.
  var tokenPrefix: [UInt8] {
    head + Array(#"{"index":0,"delta":{"content":""#.utf8)
  }

  /// What stands after it.
  static let tokenSuffix = Array(#""},"logprobs":null,"finish_reason":null}]}"#.utf8)

  /// The text of token `index`, from a fixed list of words, each with a leading space.
  func word(_ index: Int) -> [UInt8] { Reply.words[wordIndex(index)] }

  private func wordIndex(_ index: Int) -> Int {
    Int(truncatingIfNeeded: identity &+ UInt64(index) &* 7) & (Reply.words.count - 1)
  }

  private var id: String { "chatcmpl-" + hex(identity) }

  /// A fixed time plus the ordinal: the same seed gives the same bytes.
  private var created: Int { 1_700_000_000 + ordinal }

  private var usage: String {
    #"{"prompt_tokens":\#(promptTokens),"completion_tokens":\#(tokens),"#
      + #""total_tokens":\#(promptTokens + tokens)}"#
  }

  private var roleChunk: [UInt8] {
    chunk(
      choices: #"{"index":0,"delta":{"role":"assistant","content":""},"#
        + #""logprobs":null,"finish_reason":null}"#, rest: "")
  }

  private var head: [UInt8] {
    Array(
      (#"{"id":"\#(id)","object":"chat.completion.chunk","created":\#(created),"#
        + #""model":\#(jsonText(model)),"choices":["#).utf8)
  }

  private func chunk(choices: String, rest: String) -> [UInt8] {
    head + Array("\(choices)]\(rest)}".utf8)
  }

  private var completion: [UInt8] {
    let text = String(decoding: (0..<tokens).flatMap(word), as: UTF8.self)
    return Array(
      (#"{"id":"\#(id)","object":"chat.completion","created":\#(created),"#
        + #""model":\#(jsonText(model)),"choices":[{"index":0,"message":{"role":"assistant","#
        + #""content":\#(jsonText(text))},"logprobs":null,"#
        + #""finish_reason":"\#(isCut ? "length" : "stop")"}],"usage":\#(usage)}"#).utf8)
  }

  /// 64 words, a power of two.
  private static let words: [[UInt8]] =
    ("the of and to in is that for it as was with be by on not he this are or his from at which "
    + "but have an had they you were their one all we can her has there been if more when will "
    + "would who so no said what up its about into than them only other new some could time "
    + "these may")
    .split(separator: " ").map { Array((" " + $0).utf8) }
}

private func jsonText(_ text: String) -> String {
  String(decoding: JSONWriter.bytes(.string(text)), as: UTF8.self)
}

private func hex(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
