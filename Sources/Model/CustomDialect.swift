/// How a service of nobody's dialect writes its stream, by paths of the events' JSON.
public struct CustomDialect: Sendable, Hashable {
  /// How events lie in the body.
  public enum Framing: String, Sendable, CaseIterable {
    /// Server-sent events.
    case sse
    /// One JSON object a line.
    case ndjson
  }

  /// What tells that a stream is whole.
  public enum End: Sendable, Hashable {
    /// An event with this data: `[DONE]`.
    case data(String)
    /// A server-sent event of this name, whatever its data.
    case event(String)
    /// A value at a path: of that text, or, with none, any but null and false.
    case value(JSONPath, equals: String?)
  }

  /// How events lie in the body.
  public var framing: Framing
  /// The media type that the service sends its stream as, in lower case and without parameters;
  /// nil: those that the framing goes by.
  public var contentType: String?
  /// Text of the answer.
  public var content: JSONPath
  /// Text of the model's reasoning, nil for none.
  public var reasoning: JSONPath?
  /// Why the model stopped, nil for none.
  public var finish: JSONPath?
  /// The count of output tokens, nil for none.
  public var outputTokens: JSONPath?
  /// The count of prompt tokens, nil for none.
  public var inputTokens: JSONPath?
  /// The count of cached prompt tokens, nil for none.
  public var cachedTokens: JSONPath?
  /// An error, unless it is null, false or empty; nil for none.
  public var error: JSONPath?
  /// The end marker; nil: there is none, and a cut stream cannot be told from a whole one.
  public var end: End?

  /// A dialect whose events have their text at `content`.
  public init(
    framing: Framing = .sse, contentType: String? = nil, content: JSONPath,
    reasoning: JSONPath? = nil,
    finish: JSONPath? = nil, outputTokens: JSONPath? = nil, inputTokens: JSONPath? = nil,
    cachedTokens: JSONPath? = nil, error: JSONPath? = nil, end: End? = nil
  ) {
    self.framing = framing
    self.contentType = contentType
    self.content = content
    self.reasoning = reasoning
    self.finish = finish
    self.outputTokens = outputTokens
    self.inputTokens = inputTokens
    self.cachedTokens = cachedTokens
    self.error = error
    self.end = end
  }
}
