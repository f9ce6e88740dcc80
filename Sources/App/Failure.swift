/// An error that ends the command: what, where, why, and what to try, with its exit code.
struct Failure: Error, Equatable {
  var code: ExitCode
  /// What went wrong, a sentence without a full stop.
  var what: String
  /// What there is to say of it one by one, a line each.
  var details: [String] = []
  /// A file and line, a URL or a flag; nil where there is none.
  var place: String?
  /// Why, nil where `what` says it.
  var cause: String?
  /// What to try.
  var remedy: String?

  init(
    _ code: ExitCode, _ what: String, at place: String? = nil, because cause: String? = nil,
    remedy: String? = nil
  ) {
    self.code = code
    self.what = what
    self.place = place
    self.cause = cause
    self.remedy = remedy
  }

  /// Where, what and why, for a place that has its own frame: an annotation, a comment.
  var account: String {
    ([place, what].compactMap { $0 } + details + [cause].compactMap { $0 }).joined(separator: ": ")
  }

  /// The text where nothing ends for it: `lead` says what there is not.
  func warning(_ lead: String? = nil) -> String {
    "warning: " + (lead.map { $0 + ": " } ?? "") + text.dropFirst(Failure.lead.count)
  }

  private static let lead = "error: "

  /// The text for stderr; control characters are made visible.
  var text: String {
    var text = Failure.lead
    if let place { text += Console.inertLine(place) + ": " }
    text += Console.inertLine(what)
    for detail in details { text += "\n  " + Console.inertLine(detail) }
    if let cause, !cause.isEmpty { text += "\n  because: " + Console.inertLine(cause) }
    if let remedy { text += "\n  try: " + remedy }
    return Console.inert(text)
  }
}
