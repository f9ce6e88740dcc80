import Model

// What a request gets: paths, methods, and the choice of a fault.

extension Server {
  private static let chatPath = "/v1/chat/completions"
  private static let faultPrefix = "/fault/"

  /// The reply to a request.
  func exchange(for request: Request, received: MonotonicNanos) -> Exchange {
    requestCount += 1
    let record = LedgerRecord(number: requestCount, request: request, received: received)
    switch request.path {
    case "/health":
      return page(record, [JSONMember("status", .string("ok"))])
    case "/version":
      return page(record, [JSONMember("commit", .string(settings.commit))])
    case Server.chatPath:
      return chat(record, request, fault: nil)
    default:
      guard let name = faultName(request.path), let fault = Fault.named(name) else {
        return refused(record, Refusal(status: 404, message: "nothing is at this path"))
      }
      return chat(record, request, fault: fault)
    }
  }

  /// The reply to bytes that are no request.
  func exchange(for refusal: Refusal, received: MonotonicNanos) -> Exchange {
    requestCount += 1
    let nothing = Request(method: "", path: "", body: [], closes: true)
    let record = LedgerRecord(number: requestCount, request: nothing, received: received)
    return refused(record, refusal, header: "Connection: close\r\n")
  }

  private func faultName(_ path: String) -> Substring? {
    guard path.hasPrefix(Server.faultPrefix), path.hasSuffix(Server.chatPath) else { return nil }
    return path.dropFirst(Server.faultPrefix.count).dropLast(Server.chatPath.count)
  }

  private func page(_ record: LedgerRecord, _ members: [JSONMember]) -> Exchange {
    guard record.method == "GET" else { return wrongMethod(record, allowed: "GET") }
    return Exchange(
      record: record, bytes: Response.json(200, JSONWriter.bytes(.object(members))),
      draws: timing.none)
  }

  private func wrongMethod(_ record: LedgerRecord, allowed: String) -> Exchange {
    refused(
      record, Refusal(status: 405, message: "only \(allowed) is allowed here"),
      header: "Allow: \(allowed)\r\n")
  }

  private func refused(
    _ record: LedgerRecord, _ refusal: Refusal, header: String = ""
  ) -> Exchange {
    var record = record
    record.status = refusal.status
    record.outcome = refusal.status < 500 ? .http4xx : .http5xx
    return Exchange(
      record: record, bytes: Response.error(refusal.status, refusal.message, header: header),
      draws: timing.none)
  }

  private func chat(_ record: LedgerRecord, _ request: Request, fault: Fault?) -> Exchange {
    guard request.method == "POST" else { return wrongMethod(record, allowed: "POST") }
    let chat: ChatRequest
    do throws(Refusal) {
      chat = try ChatRequest(body: request.body)
    } catch {
      return refused(record, error)
    }
    chatCount += 1
    let draws = timing.draws(ordinal: chatCount)
    let chosen = (fault ?? settings.faults.choice(draws.fault)).flatMap {
      $0.needsStream && !chat.streams ? nil : $0
    }
    let reply = reply(to: chat, draws: draws)
    var record = record
    record.chat = chatCount
    record.promptBytes = chat.promptBytes
    record.streams = chat.streams
    record.replyTokens = reply.tokens
    record.plannedFault = chosen?.name
    record.status = chosen?.status ?? 200
    record.outcome = chosen?.outcome ?? .complete
    return Exchange(
      record: record, steps: chosen?.script(reply) ?? reply.healthy, reply: reply, draws: draws,
      prefill: timing.prefill(promptTokens: chat.promptTokens), burst: settings.burst,
      stampsTokens: settings.hasStamps)
  }

  private func reply(to chat: ChatRequest, draws: ReplyDraws) -> Reply {
    let tokens = min(draws.tokens, chat.tokensMax ?? .max)
    let drawn = 1 + Int(draws.faultPosition * Double(max(1, tokens - 1)))
    return Reply(
      ordinal: chatCount, model: chat.model, tokens: tokens, isCut: tokens < draws.tokens,
      promptTokens: chat.promptTokens, streams: chat.streams,
      includesUsage: chat.includesUsage, hasEarlyHead: settings.hasEarlyHead,
      faultAfter: min(settings.faults.after ?? drawn, tokens), stall: settings.faults.stall,
      retryAfterSeconds: settings.faults.retryAfterSeconds, identity: draws.identity)
  }
}

extension FaultSettings {
  /// The fault whose share of 0..<1 holds `draw`, nil if none does.
  func choice(_ draw: Double) -> Fault? {
    var end = 0.0
    for row in shares {
      end += row.share
      if draw < end { return row.fault }
    }
    return nil
  }
}
