public import Model

extension Dialect {
  /// The dialect of a service of its own kind, by the paths that a plan gives.
  ///
  /// Events named `ping` are passed over and events named `error` are errors, as in every dialect
  /// of server-sent events. Where it does not stream, the same paths lead into the one document of
  /// a reply.
  public init(custom: CustomDialect) {
    var rules = [PathRule(custom.content, .content)]
    let others: [(JSONPath?, PathMeaning)] = [
      (custom.reasoning, .reasoning), (custom.finish, .finishReason),
      (custom.outputTokens, .usageOutput), (custom.inputTokens, .usageInput),
      (custom.cachedTokens, .usageCached), (custom.error, .error),
    ]
    rules += others.compactMap { path, meaning in path.map { PathRule($0, meaning) } }
    let whole = rules
    var data: String?
    var events = custom.framing == .sse ? Dialect.commonEvents : [:]
    switch custom.end {
    case nil: break
    case .data(let text): data = text
    case .event(let name): events[name] = EventRule(.marker)
    case .value(let path, nil): rules.append(PathRule(path, .end))
    case .value(let path, let text?): rules.append(PathRule(path, .endByText, equals: text))
    }
    self.init(
      name: "custom", framing: custom.framing == .sse ? .events : .lines,
      contentTypes: custom.contentType.map { [$0] },
      hasEndMarker: custom.end != nil, endMarker: data, paths: rules, events: events,
      reply: whole)
  }
}

extension PathRule {
  /// A rule of a path that a plan gives.
  fileprivate init(_ path: JSONPath, _ meaning: PathMeaning, equals literal: String? = nil) {
    let steps = path.steps.map { step -> PathStep in
      switch step {
      case .member(let name): .member(name)
      case .index(let index): .index(index)
      }
    }
    self.init(steps, meaning, equals: literal)
  }
}
