import Model

// What a request gets: paths, methods, and the choice of a fault.

extension Server {
  /// The reply to a request.
  func exchange(for request: Request, received: MonotonicNanos) -> Exchange {
    requestCount += 1
    let record = LedgerRecord(number: requestCount, request: request, received: received)
    switch request.path {
    case "/health":
      guard isReady else { return refused(record, notReady, header: "Retry-After: 1\r\n") }
      return page(record, [JSONMember("status", .string("ok"))])
    case "/version":
      return page(record, [JSONMember("commit", .string(settings.commit))])
    case Server.loginPath:
      return login(record, request)
    case Server.refreshPath:
      return refresh(record, request)
    default:
      do throws(Refusal) {
        let place = try place(request.path)
        return chat(record, request, place.dialect, fault: place.fault)
      } catch {
        return refused(record, error)
      }
    }
  }

  /// Which dialect is at a path, and which fault if the path names one.
  private func place(_ path: String) throws(Refusal) -> (dialect: Dialect, fault: Fault?) {
    if let dialect = Dialect.at(path) { return (dialect, nil) }
    let nothing = Refusal(status: 404, message: "nothing is at this path")
    guard path.hasPrefix(Fault.pathPrefix) else { throw nothing }
    let rest = path.dropFirst(Fault.pathPrefix.count)
    let name = rest.prefix { $0 != "/" }
    guard let fault = Fault.named(name), let dialect = Dialect.at(rest.dropFirst(name.count))
    else { throw nothing }
    guard fault.applies(to: dialect) else {
      throw Refusal(
        status: 404, message: "the fault \(name) means nothing in the dialect \(dialect.name)")
    }
    return (dialect, fault)
  }

  /// The reply to bytes that are no request.
  func exchange(for refusal: Refusal, received: MonotonicNanos) -> Exchange {
    requestCount += 1
    let nothing = Request(method: "", path: "", body: [], closes: true)
    let record = LedgerRecord(number: requestCount, request: nothing, received: received)
    return refused(record, refusal, header: "Connection: close\r\n")
  }

  private func page(_ record: LedgerRecord, _ members: [JSONMember]) -> Exchange {
    guard record.method == "GET" else { return wrongMethod(record, allowed: "GET") }
    return Exchange(
      record: record, bytes: Response.json(200, JSONWriter.bytes(.object(members))),
      draws: timing.none)
  }

  func wrongMethod(_ record: LedgerRecord, allowed: String) -> Exchange {
    refused(
      record, Refusal(status: 405, message: "only \(allowed) is allowed here"),
      header: "Allow: \(allowed)\r\n")
  }

  func refused(
    _ record: LedgerRecord, _ refusal: Refusal, header: String = "", after delay: Nanos = .zero
  ) -> Exchange {
    var record = record
    record.status = refusal.status
    record.outcome = refusal.status < 500 ? .http4xx : .http5xx
    var header = header
    if refusal.status == 401 {
      record.outcome = .auth
      header += "WWW-Authenticate: Bearer\r\n"
    }
    return Exchange(
      record: record, bytes: Response.error(refusal.status, refusal.message, header: header),
      draws: timing.none, after: delay)
  }

  /// True once the time of --ready-after has passed.
  private var isReady: Bool { now >= readyAt }

  private var notReady: Refusal { Refusal(status: 503, message: "the simulated service starts") }

  private func chat(
    _ record: LedgerRecord, _ request: Request, _ dialect: Dialect, fault: Fault?
  ) -> Exchange {
    guard request.method == "POST" else { return wrongMethod(record, allowed: "POST") }
    guard isReady else { return refused(record, notReady, header: "Retry-After: 1\r\n") }
    var record = record
    var chat: ChatRequest
    do throws(Refusal) {
      record.account = try admit(request)
      chat = try ChatRequest(body: request.body, form: dialect.request)
      if dialect.isWhole(at: request.path) { chat.streams = false }
    } catch {
      return refused(record, error)
    }
    chatCount += 1
    let draws = timing.draws(ordinal: chatCount)
    let chosen = (fault ?? settings.faults.choice(draws.fault)).flatMap {
      ($0.needsStream && !chat.streams) || !$0.applies(to: dialect) ? nil : $0
    }
    let cachedTokens = promptCache?.take(chat)
    var reply = reply(to: chat, dialect, draws: draws, cachedTokens: cachedTokens)
    record.chat = chatCount
    record.turn = chat.turn
    record.continues = replies.continued(by: chat.messages)
    record.promptTokens = chat.promptTokens
    record.cachedTokens = cachedTokens
    record.dialect = dialect.name
    record.promptBytes = chat.promptBytes
    record.streams = chat.streams
    record.replyTokens = reply.tokens
    record.plannedFault = chosen?.name
    record.status = chosen?.status ?? 200
    let healthy = chat.streams && !dialect.hasMarker ? Outcome.completeNoMarker : .complete
    record.outcome = chosen?.outcome(in: dialect) ?? healthy
    if chosen == nil, !settings.hasStamps {
      replies.note(chatCount, messages: chat.messages, reply: reply.text)
    }
    let steps = chosen?.script(&reply) ?? reply.healthy
    return Exchange(
      record: record, steps: steps, reply: reply, draws: draws,
      prefill: timing.prefill(promptTokens: chat.promptTokens - (cachedTokens ?? 0)),
      burst: settings.burst)
  }

  private func reply(
    to chat: ChatRequest, _ dialect: Dialect, draws: ReplyDraws, cachedTokens: Int?
  ) -> Reply {
    let tokens = min(draws.tokens, chat.tokensMax ?? .max)
    let drawn = 1 + Int(draws.faultPosition * Double(max(1, tokens - 1)))
    return Reply(
      dialect: dialect, ordinal: chatCount, model: chat.model, tokens: tokens,
      isCut: tokens < draws.tokens, promptTokens: chat.promptTokens, cachedTokens: cachedTokens,
      streams: chat.streams, conversation: chat.digest, identity: draws.identity,
      options: Reply.Options(
        hasEarlyHead: settings.hasEarlyHead, hasStamps: settings.hasStamps,
        stall: settings.faults.stall, retryAfterSeconds: settings.faults.retryAfterSeconds,
        port: port, wall: wallNow()),
      faultAfter: min(settings.faults.after ?? drawn, tokens),
      serviceHeaders: serviceHeaders(chat, draws: draws, cachedTokens: cachedTokens),
      includesUsage: chat.includesUsage, media: dialect.media)
  }
}

extension Server {
  private func serviceHeaders(
    _ chat: ChatRequest, draws: ReplyDraws, cachedTokens: Int?
  ) -> ServiceHeaders {
    let prefill = timing.prefill(promptTokens: chat.promptTokens - (cachedTokens ?? 0))
    return ServiceHeaders(
      ordinal: chatCount, promptTokens: chat.promptTokens, prefill: prefill,
      firstToken: draws.ttft + prefill)
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
