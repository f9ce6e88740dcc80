/// How events are laid out as lines, where the standard leaves a choice.
struct EventForm: Sendable {
  /// What ends a line.
  var lineEnd = "\n"
  /// What follows the colon of `data:`.
  var space = " "
  /// Whole lines before each event, each ended by LF.
  var before = ""
  /// True: an event's data is cut into two `data:` lines where JSON allows a line break.
  var splitsData = false

  /// What stands before an event's data.
  func open(_ name: String?, _ framing: Dialect.Framing) -> String {
    let lines = before.replacing("\n", with: lineEnd)
    guard framing == .events else { return lines }
    return lines + (name.map { "event: \($0)\(lineEnd)" } ?? "") + "data:\(space)"
  }

  /// What stands after it.
  func close(_ framing: Dialect.Framing) -> String {
    switch framing {
    case .events: lineEnd + lineEnd
    case .lines: lineEnd
    case .text: ""
    }
  }

  /// Data, or the first part of it, that begins with `{`.
  func data(_ text: String, _ framing: Dialect.Framing) -> String {
    guard splitsData, framing == .events, text.hasPrefix("{") else { return text }
    return "{\(lineEnd)data:\(space)" + text.dropFirst()
  }
}

/// The pieces of a token's event as bytes, made once a reply.
struct TokenForm: Sendable {
  let prefix: [UInt8]
  let afterText: [UInt8]
  let firstNumber: Int?
  let suffix: [UInt8]

  /// No event at all.
  init() {
    (prefix, afterText, firstNumber, suffix) = ([], [], nil, [])
  }

  init(_ event: TokenEvent, _ form: EventForm, _ framing: Dialect.Framing) {
    prefix = Array(
      (form.open(event.name, framing) + form.data(event.beforeText, framing)).utf8)
    let end = event.afterNumber + form.close(framing)
    firstNumber = event.firstNumber
    afterText = Array((event.afterText + (firstNumber == nil ? end : "")).utf8)
    suffix = firstNumber == nil ? [] : Array(end.utf8)
  }

  /// The number of token `index`'s event as digits, empty if events are not numbered.
  func number(_ index: Int) -> [UInt8] {
    firstNumber.map { Array(String($0 + index).utf8) } ?? []
  }

  /// The whole event of token `index`.
  func event(_ index: Int, text: [UInt8]) -> [UInt8] {
    prefix + text + afterText + number(index) + suffix
  }
}
