import Model

/// One request in the ledger. Times are CLOCK_MONOTONIC.
struct LedgerRecord {
  /// How the simulator's side ended.
  enum End: String {
    /// The script ran to its end.
    case scripted
    /// The client closed first.
    case clientGone = "client_gone"
    /// The simulator was stopped.
    case stopped
  }

  /// What became of a login.
  enum Login: String {
    /// A token was given for a password.
    case granted
    /// A token was given for a refresh token.
    case refreshed
    /// No token was given.
    case refused
  }

  /// Which request of this process, 1 for the first.
  var number: Int
  /// Which chat completion, 1 for the first; nil for another request.
  var chat: Int?
  var method: String
  var path: String
  /// The dialect of a chat request.
  var dialect: String?
  /// When the request was whole, and the reply before it on the connection had ended.
  var received: MonotonicNanos
  var requestID: String?
  var traceparent: String?
  var bodyBytes: Int
  var promptBytes = 0
  /// Tokens of the prompt, all messages.
  var promptTokens = 0
  /// Those of them that the prompt cache had; nil without a cache.
  var cachedTokens: Int?
  /// Which turn of its conversation it is, 1 for the first.
  var turn: Int?
  /// The chat whose prompt and whole reply stand before its last message.
  var continues: Int?
  /// Who logged in, or whose token was brought.
  var account: String?
  /// What became of a login; nil for another request.
  var login: Login?
  /// Tokens that the reply was to have.
  var replyTokens = 0
  var streams = false
  var status = 200
  /// The fault that it was to have.
  var plannedFault: String?
  /// The fault that it had: none if the client left before.
  var actualFault: String?
  /// What a client without limits of its own must call the outcome, if `end` is scripted.
  var outcome = Outcome.complete
  /// When it got its slot; nil if it needs or got none.
  var begun: MonotonicNanos?
  /// When each token was due.
  var tokenDue: [MonotonicNanos] = []
  /// When each token was handed to the kernel, stamped right before `send`.
  var tokenSent: [MonotonicNanos] = []
  var bytesSent = 0
  var end = End.scripted
  /// When its last byte was handed to the kernel, or the connection ended.
  var ended: MonotonicNanos

  init(number: Int, request: Request, received: MonotonicNanos) {
    self.number = number
    self.received = received
    method = request.method
    path = request.path
    requestID = request.requestID
    traceparent = request.traceparent
    bodyBytes = request.body.count
    ended = received
  }
}

extension LedgerRecord {
  /// Its line, without line end.
  func write(to bytes: inout [UInt8]) {
    let line = JSONWriter.bytes(
      .object([
        JSONMember("type", .string("request")),
        JSONMember("number", integer(number)),
        JSONMember("chat", chat.map(integer) ?? .null),
        JSONMember("method", .string(method)),
        JSONMember("path", .string(path)),
        JSONMember("dialect", text(dialect)),
        JSONMember("request_id", text(requestID)),
        JSONMember("traceparent", text(traceparent)),
        JSONMember("received_ns", time(received)),
        JSONMember("begun_ns", begun.map(time) ?? .null),
        JSONMember("ended_ns", time(ended)),
        JSONMember("body_bytes", integer(bodyBytes)),
        JSONMember("prompt_bytes", integer(promptBytes)),
        JSONMember("prompt_tokens", integer(promptTokens)),
        JSONMember("cached_tokens", cachedTokens.map(integer) ?? .null),
        JSONMember("turn", turn.map(integer) ?? .null),
        JSONMember("continues", continues.map(integer) ?? .null),
        JSONMember("account", text(account)),
        JSONMember("login", text(login?.rawValue)),
        JSONMember("stream", .bool(streams)),
        JSONMember("status", integer(status)),
        JSONMember("planned_fault", text(plannedFault)),
        JSONMember("actual_fault", text(actualFault)),
        JSONMember("outcome", .string(outcome.name)),
        JSONMember("end", .string(end.rawValue)),
        JSONMember("bytes_sent", integer(bytesSent)),
        JSONMember("reply_tokens", integer(replyTokens)),
      ]))
    bytes.append(contentsOf: line.dropLast())
    appendTimes("token_due_ns", tokenDue, to: &bytes)
    appendTimes("token_sent_ns", tokenSent, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
  }

  /// The record of a line; throws why it is none.
  init(line: JSONValue) throws(LedgerFieldError) {
    number = try line.integer("number")
    chat = line["chat"]?.intValue
    method = try line.text("method")
    path = try line.text("path")
    dialect = line["dialect"]?.stringValue
    requestID = line["request_id"]?.stringValue
    traceparent = line["traceparent"]?.stringValue
    received = MonotonicNanos(Int64(try line.integer("received_ns")))
    begun = line["begun_ns"]?.intValue.map { MonotonicNanos(Int64($0)) }
    ended = MonotonicNanos(Int64(try line.integer("ended_ns")))
    bodyBytes = try line.integer("body_bytes")
    promptBytes = try line.integer("prompt_bytes")
    promptTokens = line["prompt_tokens"]?.intValue ?? 0
    cachedTokens = line["cached_tokens"]?.intValue
    turn = line["turn"]?.intValue
    continues = line["continues"]?.intValue
    account = line["account"]?.stringValue
    login = line["login"]?.stringValue.flatMap(Login.init)
    streams = line["stream"]?.boolValue ?? false
    status = try line.integer("status")
    plannedFault = line["planned_fault"]?.stringValue
    actualFault = line["actual_fault"]?.stringValue
    guard let outcome = Outcome(name: try line.text("outcome")) else {
      throw LedgerFieldError(field: "outcome")
    }
    guard let end = End(rawValue: try line.text("end")) else {
      throw LedgerFieldError(field: "end")
    }
    (self.outcome, self.end) = (outcome, end)
    bytesSent = try line.integer("bytes_sent")
    replyTokens = try line.integer("reply_tokens")
    tokenDue = try line.times("token_due_ns")
    tokenSent = try line.times("token_sent_ns")
    guard tokenSent.count == tokenDue.count else {
      throw LedgerFieldError(field: "token_sent_ns")
    }
  }
}

/// A field that a ledger's line lacks, or that has another kind of value.
struct LedgerFieldError: Error {
  var field: String
}

extension JSONValue {
  func integer(_ name: String) throws(LedgerFieldError) -> Int {
    guard let value = self[name]?.intValue else { throw LedgerFieldError(field: name) }
    return value
  }

  fileprivate func text(_ name: String) throws(LedgerFieldError) -> String {
    guard let value = self[name]?.stringValue else { throw LedgerFieldError(field: name) }
    return value
  }

  fileprivate func times(_ name: String) throws(LedgerFieldError) -> [MonotonicNanos] {
    guard let values = self[name]?.arrayValue else { throw LedgerFieldError(field: name) }
    let times = values.compactMap { $0.intValue.map { MonotonicNanos(Int64($0)) } }
    guard times.count == values.count else { throw LedgerFieldError(field: name) }
    return times
  }
}

private func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }

private func time(_ value: MonotonicNanos) -> JSONValue { .integer(value.rawValue) }

private func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

/// The long lists are written by hand: they are most of a ledger.
private func appendTimes(_ name: String, _ times: [MonotonicNanos], to bytes: inout [UInt8]) {
  bytes.append(contentsOf: ",\"\(name)\":[".utf8)
  for (index, time) in times.enumerated() {
    if index > 0 { bytes.append(UInt8(ascii: ",")) }
    appendDecimal(time.rawValue, to: &bytes)
  }
  bytes.append(UInt8(ascii: "]"))
}

private func appendDecimal(_ value: Int64, to bytes: inout [UInt8]) {
  let start = bytes.count
  var rest = value.magnitude
  repeat {
    bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
    rest /= 10
  } while rest > 0
  if value < 0 { bytes.append(UInt8(ascii: "-")) }
  bytes[start...].reverse()
}
