import Model
import TestKit
import Testing

@Suite("Conversations", .waiting)
struct ConversationTests {
  private func body(_ messages: [(role: String, text: String)]) -> String {
    let list = messages.map {
      JSONValue.object([
        JSONMember("role", .string($0.role)), JSONMember("content", .string($0.text)),
      ])
    }
    let body = JSONValue.object([
      JSONMember("stream", .bool(true)),
      JSONMember("stream_options", .object([JSONMember("include_usage", .bool(true))])),
      JSONMember("messages", .array(list)),
    ])
    return String(decoding: JSONWriter.bytes(body), as: UTF8.self)
  }

  @Test("A later turn's reply begins with the digest of all that was said, and the ledger knows it")
  func fedBack() throws {
    let simulator = try Simulator("--tokens 5")
    let first = try simulator.chat(Wire.chat, body([("user", "Hello.")]))
    let reply = try first.words().joined()
    #expect(!reply.contains("#"))
    let messages = [("user", "Hello."), ("assistant", reply), ("user", "More.")]
    let second = try simulator.chat(Wire.chat, body(messages))
    let list = messages.map { JSONValue.array([.string($0.0), .string($0.1)]) }
    let digest = SHA256.hex(SHA256.digest(JSONWriter.bytes(.array(list)))).prefix(16)
    #expect(try second.words().first == " #\(digest)")
    #expect(try second.words().count == 5)
    let altered = [("user", "Hello."), ("assistant", reply + "!"), ("user", "More.")]
    let third = try simulator.chat(Wire.chat, body(altered))
    #expect(try third.words().first != second.words().first)
    let window = messages.dropFirst() + [("assistant", try second.words().joined()), ("user", "?")]
    _ = try simulator.chat(Wire.chat, body(Array(window)))
    _ = try simulator.stop()
    let requests = try simulator.requests()
    #expect(requests.map { $0["turn"]?.intValue } == [1, 2, 2, 3])
    #expect(requests.map { $0["continues"]?.intValue } == [nil, 1, nil, 2])
  }

  @Test("Usage counts the whole conversation")
  func usage() throws {
    let simulator = try Simulator("--tokens 2")
    let long = String(repeating: "a", count: 400)
    let messages = [("system", long), ("user", long), ("assistant", long), ("user", "More")]
    let counts = try [1, 2, 4].map { count in
      try simulator.chat(Wire.chat, body(Array(messages.prefix(count)))).objects().last?["usage"]?[
        "prompt_tokens"]?.intValue
    }
    #expect(counts == [100, 200, 301])
  }

  @Test("A prompt cache knows what has come before, reports it, and saves its time")
  func promptCache() throws {
    let simulator = try Simulator("--tokens 1 --prompt-cache 6 --prefill-per-token 1ms")
    let shared = String(repeating: "s", count: 128)
    let own = String(repeating: "a", count: 64)
    let other = String(repeating: "b", count: 256)
    var cached: [Int?] = []
    for text in [shared + own, shared + own, shared + "x", other, shared + own] {
      let usage = try simulator.chat(Wire.chat, body([("user", text)])).objects().last?["usage"]
      cached.append(usage?["prompt_tokens_details"]?["cached_tokens"]?.intValue)
    }
    // The fourth prompt's blocks take the place of the oldest.
    #expect(cached == [0, 47, 32, 0, 0])
    _ = try simulator.stop()
    let requests = try simulator.requests()
    #expect(requests.map { $0["cached_tokens"]?.intValue } == cached)
    let prefill = requests.map {
      ($0.numbers("token_due_ns").first ?? 0) - ($0["received_ns"]?.intValue ?? 0)
    }
    #expect(prefill == [48, 1, 1, 64, 48].map { $0 * 1_000_000 })
  }

  @Test("Every dialect streams the same words, and says them in one body without stream")
  func dialects() throws {
    let simulator = try Simulator("--tokens 4")
    for dialect in ServedDialect.all {
      let response = try simulator.chat(dialect.path, dialect.body)
      #expect(response.headers["content-type"]?.hasPrefix(dialect.media) == true)
      let events = dialect.events(response.chunks.flatMap { Array($0.utf8) })
      #expect(events.filter(dialect.isMarker).count == (dialect.name == "raw-text" ? 0 : 1))
      let body = dialect.body.replacing(#""stream":true,"#, with: "").dropFirst()
      let whole = try simulator.chat(dialect.path, #"{"stream":false,"# + body)
      #expect(whole.headers["content-type"] == "application/json", "\(dialect.name)")
      let value = try JSONReader.parse(Array(whole.body.utf8))
      #expect(strings(value).contains { $0.split(separator: " ").count == 4 }, "\(dialect.name)")
    }
  }

  /// Every string in it.
  private func strings(_ value: JSONValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let values): values.flatMap(strings)
    case .object(let members): members.flatMap { strings($0.value) }
    default: []
    }
  }

  @Test("Until it is ready, health and chats are answered by 503")
  func readiness() throws {
    let waiting = try Simulator("--ready-after 60m")
    let connection = try waiting.connect()
    connection.send(Wire.get("/health"))
    let response = try connection.response()
    #expect(response.status == 503 && response.headers["retry-after"] == "1")
    #expect(try waiting.chat().status == 503)
    connection.send(Wire.get("/version"))
    #expect(try connection.response().status == 200)
    let starting = try Simulator("--ready-after 20ms")
    let other = try starting.connect()
    var status = 0
    while status != 200 {
      other.send(Wire.get("/health"))
      status = try other.response().status
    }
    #expect(try starting.chat().status == 200)
  }
}
