import Model

extension ChatRequest {
  /// Which turn of its conversation it is, 1 for the first.
  var turn: Int { 1 + messages.filter { $0.role == "assistant" }.count }

  /// What a reply to a later turn begins with: the first 16 hexadecimal digits of the SHA-256 of
  /// all messages as a JSON list of `[role, text]`. Nil for a first turn.
  var digest: String? {
    guard turn > 1 else { return nil }
    let list = messages.map { JSONValue.array([.string($0.role), .string($0.text)]) }
    let digest = SHA256.digest(JSONWriter.bytes(.array(list)))
    return String(SHA256.hex(digest).prefix(16))
  }
}

/// Remembers which chat said what to what, so that the ledger can tell whether a later turn brings
/// a real reply back. The oldest is forgotten first.
struct ReplyMemory {
  /// Replies remembered at most.
  static let repliesMax = 16_384

  private var chats: [UInt64: Int] = [:]
  private var order = Ring(count: ReplyMemory.repliesMax)

  /// Remembers the reply of a chat.
  mutating func note(_ chat: Int, messages: [ChatRequest.Message], reply: String) {
    guard let last = messages.last else { return }
    let key = ReplyMemory.key(last.text, reply)
    if chats.updateValue(chat, forKey: key) == nil, let oldest = order.add(key) {
      chats[oldest] = nil
    }
  }

  /// The chat whose prompt and whole reply stand before the last message, nil if none does.
  func continued(by messages: [ChatRequest.Message]) -> Int? {
    guard messages.count >= 3 else { return nil }
    let (prompt, reply) = (messages[messages.count - 3], messages[messages.count - 2])
    guard reply.role == "assistant" else { return nil }
    return chats[ReplyMemory.key(prompt.text, reply.text)]
  }

  private static func key(_ prompt: String, _ reply: String) -> UInt64 {
    var hash = FNV1a()
    hash.add(prompt.utf8)
    hash.add([0])
    hash.add(reply.utf8)
    return hash.value
  }
}

/// What a service keeps of prompts: blocks of text, each known by the hash of all that goes before
/// it and itself, as vLLM's prefix cache does. The oldest is forgotten first.
struct PromptCache {
  /// Tokens of one block.
  static let blockTokens = 16
  /// Bytes of one block: four a token.
  private static let blockBytes = 4 * blockTokens

  private var known: Set<UInt64> = []
  private var order: Ring

  /// A cache of at least one block.
  init(blocks: Int) {
    order = Ring(count: blocks)
  }

  /// Tokens at the prompt's begin that are known; afterwards all its whole blocks are.
  mutating func take(_ chat: ChatRequest) -> Int {
    var hash = FNV1a()
    var filled = 0
    var hits = 0
    var isHit = true
    for byte in chat.messages.lazy.flatMap(\.text.utf8) {
      hash.add(byte)
      filled += 1
      guard filled % PromptCache.blockBytes == 0 else { continue }
      isHit = isHit && known.contains(hash.value)
      if isHit { hits += 1 }
      if known.insert(hash.value).inserted, let oldest = order.add(hash.value) {
        known.remove(oldest)
      }
    }
    return min(hits * PromptCache.blockTokens, chat.promptTokens - 1)
  }
}

/// The last keys added, so many at most.
private struct Ring {
  private let count: Int
  private var keys: [UInt64] = []
  private var next = 0

  init(count: Int) {
    precondition(count > 0, "a ring of \(count) places")
    self.count = count
  }

  /// Adds a key; returns the one that it takes the place of.
  mutating func add(_ key: UInt64) -> UInt64? {
    guard keys.count == count else {
      keys.append(key)
      return nil
    }
    defer { next = (next + 1) % count }
    let oldest = keys[next]
    keys[next] = key
    return oldest
  }
}

/// FNV-1a of 64 bits: quick, and good enough where nobody attacks.
private struct FNV1a {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
  }

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { add(byte) }
  }
}
