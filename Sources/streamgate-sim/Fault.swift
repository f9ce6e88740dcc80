import Model

/// A way in which a reply is not as usual: a row of `table`, and all there is to know of it.
///
/// Most go wrong. Some are unusual and right, which a client must bear: their outcome is a success.
struct Fault: Sendable {
  /// Its name in flags, paths and ledgers.
  let name: String
  /// What goes on the wire, a phrase for the help text.
  let summary: String
  /// The response's status.
  let status: Int
  /// True if it is one of a stream; a request that asks for none is answered as usual.
  let needsStream: Bool
  /// What a dialect must have for it to mean something.
  let needs: Set<Dialect.Trait>
  /// The steps of a reply that has it.
  let script: @Sendable (inout Reply) -> [Step]

  private let markedOutcome: Outcome

  /// What a client must call it in that dialect (METRICS, outcomes), if its limits are those that
  /// the outcome speaks of.
  func outcome(in dialect: Dialect) -> Outcome {
    markedOutcome == .complete && !dialect.hasMarker ? .completeNoMarker : markedOutcome
  }

  /// True if it means something in that dialect.
  func applies(to dialect: Dialect) -> Bool { needs.isSubset(of: dialect.traits) }

  /// The fault of that name, nil if there is none.
  static func named(_ name: some StringProtocol) -> Fault? {
    table.first { $0.name == name }
  }

  /// The path at which every reply of the dialect has it.
  func path(in dialect: Dialect) -> String { "\(Fault.pathPrefix)\(name)\(dialect.path)" }

  /// What the path of a fault begins with.
  static let pathPrefix = "/fault/"

  /// Every fault. A new one is a new row.
  static let table = cuts + silences + contents + statuses + floods + codings + unusual

  /// A row inside a 200 stream.
  static func inStream(
    _ name: String, _ outcome: Outcome, _ needs: Set<Dialect.Trait>, _ summary: String,
    _ script: @escaping @Sendable (inout Reply) -> [Step]
  ) -> Fault {
    Fault(
      name: name, summary: summary, status: 200, needsStream: true, needs: needs, script: script,
      markedOutcome: outcome)
  }

  /// A row that is a response of another status instead of a stream.
  static func instead(
    _ name: String, _ status: Int, _ outcome: Outcome, _ summary: String,
    _ script: @escaping @Sendable (inout Reply) -> [Step]
  ) -> Fault {
    Fault(
      name: name, summary: summary, status: status, needsStream: false, needs: [],
      script: script, markedOutcome: outcome)
  }
}

extension Reply {
  /// Head, start events, some tokens; the fault strikes.
  var cutOpening: [Step] { opening + [.tokens(faultAfter), .strike] }

  /// The end marker's events, without the end of the body.
  var bareMarker: [Step] { steps(dialect.marker(self)) }

  /// Everything but the end marker.
  var unmarked: [Step] { opening + [.tokens(tokens)] + finish }
}

extension Array {
  /// The first half.
  var firstHalf: [Element] { Array(prefix(count / 2)) }
}
