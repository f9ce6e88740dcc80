/// What the value at a path of an event means.
enum PathMeaning: UInt8, Sendable {
  /// The event's name, where the server sends none in front of the data.
  case eventName
  /// Its presence is a choice, with a role alone allowed.
  case choice
  /// Text of the answer, a token if not empty.
  case content
  /// Text of the model's reasoning, a token if not empty.
  case reasoning
  /// A piece of a tool call's arguments, a token if not empty.
  case toolArguments
  /// A tool call as an object, a token by its presence.
  case toolCall
  /// The event's content is not shown to a reader, and is no token.
  case hidden
  /// Why the model stopped.
  case finishReason
  /// The count of output tokens.
  case usageOutput
  /// The count of prompt tokens.
  case usageInput
  /// A count of prompt tokens that the count of prompt tokens leaves out.
  case usageInputApart
  /// The count of cached prompt tokens.
  case usageCached
  /// The count of cached prompt tokens, where the count of prompt tokens leaves them out.
  case usageCachedApart
  /// An error, unless it is null, false or empty.
  case error
  /// The end of the stream, unless it is null or false.
  case end
  /// The end of the stream, whatever it is: for a value whose text is asked for.
  case endByText

  /// True for what the text of is a token if not empty.
  var isToken: Bool { self == .content || self == .reasoning || self == .toolArguments }
}

/// One step of a path.
enum PathStep: Sendable, Equatable {
  /// To an object's member of that name.
  case member(String)
  /// To each element of an array.
  case element
  /// To the element at an index from 0.
  case index(Int)
}

/// One line of a dialect's table.
struct PathRule: Sendable {
  /// The way from the event's root.
  let steps: [PathStep]
  /// What is found there.
  let meaning: PathMeaning
  /// The text that it must have to mean that, nil for any.
  let literal: String?

  init(_ steps: [PathStep], _ meaning: PathMeaning, equals literal: String? = nil) {
    self.steps = steps
    self.meaning = meaning
    self.literal = literal
  }

  /// A rule whose path is names joined by dots, `[]` after a name for each element of an array:
  /// `choices[].delta.content`.
  init(_ path: String, _ meaning: PathMeaning, equals literal: String? = nil) {
    var steps: [PathStep] = []
    for part in path.split(separator: ".") {
      let isElement = part.hasSuffix("[]")
      steps.append(.member(String(isElement ? part.dropLast(2) : part)))
      if isElement { steps.append(.element) }
    }
    self.init(steps, meaning, equals: literal)
  }
}

/// What a dialect's table says of an event by its name.
struct EventRule: Sendable {
  /// What its coming means.
  let meaning: EventMeaning
  /// What its data says: a root of its own. Nil for the root of events without a name.
  let paths: [PathRule]?

  init(_ meaning: EventMeaning) {
    self.meaning = meaning
    paths = nil
  }

  init(_ meaning: EventMeaning = .unknown, paths: [PathRule]) {
    self.meaning = meaning
    self.paths = paths
  }
}

/// What the coming of an event means.
enum EventMeaning: UInt8, Sendable {
  /// Nothing: its data decides.
  case unknown
  /// The event carries nothing to measure.
  case ignored
  /// The event is an error.
  case error
  /// The event is the stream's end marker, whatever else its data says.
  case end
  /// The event is the stream's end marker, also with data that is no JSON.
  case marker
}
