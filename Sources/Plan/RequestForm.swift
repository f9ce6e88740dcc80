public import Model

/// What a template of a request's body stands open for.
///
/// A text that is `{{name}}` and nothing else becomes the value, and a member without a value is
/// left out; inside of a longer text `{{prompt}}`, `{{system}}` and `{{model}}` become their texts.
public enum BodyPlaceholder: String, Sendable, CaseIterable {
  /// The target's model, nothing where it is empty.
  case model
  /// The messages as `[{"role": …, "content": …}]`: the system prompt, unless `{{system}}` stands
  /// elsewhere, the exchanges so far, the prompt.
  case messages
  /// The prompt; the system prompt leads it where nothing else carries that.
  case prompt
  /// The system prompt, nothing where the scenario has none.
  case system
  /// The most output tokens, nothing where the scenario sets none.
  case maxTokens
  /// True for a stream.
  case stream

  /// The text that stands for it.
  public var token: String { "{{\(rawValue)}}" }
}

/// How requests of a dialect look, as data: where they go, their headers, their default body.
///
/// How the replies look is StreamMeter's table. A new dialect is an entry in each.
public struct RequestForm: Sendable, Equatable {
  /// The dialect's name.
  public let dialect: String
  /// The endpoint's usual path, nil where there is none.
  public let path: String?
  /// The path for a reply that does not stream, where that is another.
  public let wholePath: String?
  /// What `Accept` says of a stream.
  public let accept: String
  /// Headers that the service wants.
  public let headers: [HeaderPlan]
  /// The default body of a request for a stream.
  public let body: JSONValue
  /// Its members that only a request for a stream has.
  public let streamMembers: [String]
  /// `maxTokens` where a scenario sets none and the service wants one.
  public let maxTokens: Int?
  /// True if there are replies that do not stream.
  public let hasWholeReplies: Bool

  private init(
    _ dialect: String, path: String?, wholePath: String? = nil,
    accept: String = "text/event-stream", headers: [HeaderPlan] = [],
    body: [(String, JSONValue)], streamMembers: [String] = [], maxTokens: Int? = nil,
    hasWholeReplies: Bool = true
  ) {
    self.dialect = dialect
    self.path = path
    self.wholePath = wholePath
    self.accept = accept
    self.headers = headers
    self.body = RequestForm.object(body)
    self.streamMembers = streamMembers
    self.maxTokens = maxTokens
    self.hasWholeReplies = hasWholeReplies
  }

  /// The form of a dialect, nil for an unknown name. O(dialects).
  public static func of(_ dialect: String) -> RequestForm? { all.first { $0.dialect == dialect } }

  /// The default body of a request for a stream, or for a whole reply.
  public func body(isStreamed: Bool) -> JSONValue {
    guard !isStreamed, case .object(let members) = body else { return body }
    return .object(members.filter { !streamMembers.contains($0.name) })
  }

  /// Every dialect, `custom` last.
  public static let all: [RequestForm] = [
    RequestForm(
      "openai-chat", path: "/v1/chat/completions",
      body: [
        model, ("messages", open(.messages)), stream, usage, ("max_tokens", open(.maxTokens)),
      ], streamMembers: ["stream_options"]),
    RequestForm(
      "openai-completions", path: "/v1/completions",
      body: [model, ("prompt", open(.prompt)), stream, usage, ("max_tokens", open(.maxTokens))],
      streamMembers: ["stream_options"]),
    RequestForm(
      "openai-responses", path: "/v1/responses",
      body: [
        model, ("instructions", open(.system)), ("input", open(.messages)), stream,
        ("max_output_tokens", open(.maxTokens)),
      ]),
    RequestForm(
      "anthropic-messages", path: "/v1/messages",
      headers: [HeaderPlan(name: "anthropic-version", value: SecretText("2023-06-01"))],
      body: [
        model, ("max_tokens", open(.maxTokens)), ("system", open(.system)),
        ("messages", open(.messages)), stream,
      ], maxTokens: 1_024),
    RequestForm(
      "ollama-chat", path: "/api/chat", accept: "application/x-ndjson",
      body: [model, ("messages", open(.messages)), stream, ollamaOptions]),
    RequestForm(
      "ollama-generate", path: "/api/generate", accept: "application/x-ndjson",
      body: [
        model, ("prompt", open(.prompt)), ("system", open(.system)), stream, ollamaOptions,
      ]),
    RequestForm(
      "tgi", path: "/generate_stream", wholePath: "/generate",
      body: [
        ("inputs", open(.prompt)),
        (
          "parameters",
          object([("max_new_tokens", open(.maxTokens)), ("details", .bool(true))])
        ),
      ]),
    RequestForm(
      "raw-text", path: "/", accept: "text/plain",
      body: [model, ("prompt", open(.prompt)), ("max_tokens", open(.maxTokens))],
      hasWholeReplies: false),
    RequestForm("custom", path: nil, body: []),
  ]

  private static let model = ("model", open(.model))
  private static let stream = ("stream", open(.stream))
  private static let usage = ("stream_options", object([("include_usage", .bool(true))]))
  private static let ollamaOptions = ("options", object([("num_predict", open(.maxTokens))]))

  private static func open(_ placeholder: BodyPlaceholder) -> JSONValue {
    .string(placeholder.token)
  }

  private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(members.map { JSONMember($0.0, $0.1) })
  }
}

extension TargetPlan {
  /// The body's template: the dialect's default with the plan's members put over it, `${NAME}` and
  /// `{{name}}` unexpanded.
  public var bodyTemplate: JSONValue {
    (RequestForm.of(dialect)?.body(isStreamed: isStreamed) ?? .object([])).merging(body)
  }
}

extension JSONValue {
  /// How often a placeholder stands in a template's texts. O(size).
  func count(of placeholder: BodyPlaceholder) -> Int {
    switch self {
    case .string(let text): text.ranges(of: placeholder.token).count
    case .array(let values): values.reduce(0) { $0 + $1.count(of: placeholder) }
    case .object(let members): members.reduce(0) { $0 + $1.value.count(of: placeholder) }
    default: 0
    }
  }
}
