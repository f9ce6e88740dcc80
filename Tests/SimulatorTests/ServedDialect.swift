import Model

/// A dialect as a client sees it, told a second time and apart from the simulator's own table.
struct ServedDialect {
  let name: String
  let path: String
  let media: String
  let body: String
  /// True for events whose data or object ends the stream.
  let isMarker: @Sendable (String) -> Bool
  /// The text of a token's event, nil for another event.
  let token: @Sendable (JSONValue) -> String?

  static func named(_ name: String) throws -> ServedDialect {
    guard let found = all.first(where: { $0.name == name }) else {
      throw RawError(what: "no dialect \(name)")
    }
    return found
  }

  private static let events = "text/event-stream"
  private static let lines = "application/x-ndjson"
  private static let chat = #""messages":[{"role":"user","content":"Hello."}]"#

  static let all: [ServedDialect] = [
    ServedDialect(
      name: "openai-chat", path: "/v1/chat/completions", media: events,
      body: #"{"stream":true,\#(chat)}"#, isMarker: { $0 == "[DONE]" },
      token: {
        let delta = $0["choices"]?.arrayValue?.first?["delta"]
        let call = delta?["tool_calls"]?.arrayValue?.first?["function"]?["arguments"]
        return (delta?["content"] ?? delta?["reasoning_content"] ?? call)?.stringValue
      }),
    ServedDialect(
      name: "openai-completions", path: "/v1/completions", media: events,
      body: #"{"stream":true,"prompt":"Hello."}"#, isMarker: { $0 == "[DONE]" },
      token: { $0["choices"]?.arrayValue?.first?["text"]?.stringValue }),
    ServedDialect(
      name: "openai-responses", path: "/v1/responses", media: events,
      body: #"{"stream":true,"input":"Hello."}"#,
      isMarker: {
        $0.hasPrefix(#"{"type":"response.completed""#)
          || $0.hasPrefix(#"{"type":"response.incomplete""#)
      },
      token: { $0["delta"]?.stringValue }),
    ServedDialect(
      name: "anthropic-messages", path: "/v1/messages", media: events,
      body: #"{"stream":true,"max_tokens":900,\#(chat)}"#,
      isMarker: { $0 == #"{"type":"message_stop"}"# },
      token: {
        let delta = $0["delta"]
        return (delta?["text"] ?? delta?["thinking"] ?? delta?["partial_json"])?.stringValue
      }),
    ServedDialect(
      name: "ollama-chat", path: "/api/chat", media: lines, body: "{\(chat)}",
      isMarker: { $0.contains(#""done":true"#) },
      token: {
        let message = $0["message"]
        if message?["tool_calls"] != nil { return "call" }
        return (message?["thinking"] ?? message?["content"])?.stringValue
      }),
    ServedDialect(
      name: "ollama-generate", path: "/api/generate", media: lines,
      body: #"{"prompt":"Hello."}"#, isMarker: { $0.contains(#""done":true"#) },
      token: { ($0["thinking"] ?? $0["response"])?.stringValue }),
    ServedDialect(
      name: "tgi", path: "/generate_stream", media: events, body: #"{"inputs":"Hello."}"#,
      isMarker: { $0.contains(#""generated_text":""#) },
      token: { $0["token"]?["text"]?.stringValue }),
    ServedDialect(
      name: "raw-text", path: "/raw", media: "text/plain", body: #"{"prompt":"Hello."}"#,
      isMarker: { _ in false }, token: { $0.stringValue }),
    ServedDialect(
      name: "custom-events", path: "/api/v1/generate/stream", media: events,
      body: #"{"input":"Hello.","metadata":{"user":"u1"}}"#,
      isMarker: { $0 == #"{"event":"end"}"# },
      token: { $0["output"]?["text"]?.stringValue }),
    ServedDialect(
      name: "custom-lines", path: "/inference/chat/stream", media: lines, body: "{\(chat)}",
      isMarker: { $0 == #"{"type":"done"}"# },
      token: { $0["delta"]?["text"]?.stringValue }),
  ]

  /// The reply's events: the data of each, whole ones only. An event named error is an error
  /// whatever its data says.
  func events(_ body: [UInt8]) -> [String] {
    var text = String(decoding: body, as: UTF8.self)
    if media == "text/plain" { return text.isEmpty ? [] : [text] }
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    let lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    if media == ServedDialect.lines { return lines.filter { !$0.isEmpty }.map(String.init) }
    var events: [String] = []
    var data: [Substring] = []
    var isNamedError = false
    for line in lines {
      if line.isEmpty {
        let whole = data.joined(separator: "\n")
        if !data.isEmpty { events.append(isNamedError ? #"{"error":\#(whole)}"# : whole) }
        (data, isNamedError) = ([], false)
      } else if line == "event: error" {
        isNamedError = true
      } else if line.hasPrefix("data:") {
        let value = line.dropFirst(5)
        data.append(value.hasPrefix(" ") ? value.dropFirst() : value)
      }
    }
    return events
  }

  /// True if an event says that something failed.
  func isError(_ value: JSONValue) -> Bool {
    if let error = value["error"] ?? value["failure"], error != .null { return true }
    return value["object"] == .string("error") || value["type"] == .string("error")
      || value["type"] == .string("response.failed")
  }
}
