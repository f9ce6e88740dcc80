import Model
import Testing

@Suite("Outcomes")
struct OutcomeTests {
  /// Stored figures: a row may be added at the end, none may change.
  private static let table: [(Int16, String, Outcome)] = [
    (0, "complete", .complete), (1, "complete_no_marker", .completeNoMarker),
    (2, "truncated", .truncated), (3, "broken", .broken), (4, "error_event", .errorEvent),
    (5, "malformed", .malformed), (6, "empty", .empty), (7, "not_a_stream", .notAStream),
    (8, "timeout_first_token", .timeoutFirstToken), (9, "timeout_stall", .timeoutStall),
    (10, "timeout_total", .timeoutTotal), (11, "http_429", .http429), (12, "http_4xx", .http4xx),
    (13, "http_5xx", .http5xx), (14, "auth", .auth), (15, "connect", .connect), (16, "dns", .dns),
    (17, "tls", .tls), (18, "redirect", .redirect), (19, "protocol", .protocol),
    (20, "limit", .limit), (21, "dropped_cap", .droppedCap), (22, "dropped_late", .droppedLate),
    (23, "cancelled", .cancelled),
  ]

  @Test("Every outcome keeps its number and its name")
  func table() {
    #expect(Outcome.allCases.count == OutcomeTests.table.count)
    for (number, name, outcome) in OutcomeTests.table {
      #expect(outcome.rawValue == number)
      #expect(outcome.name == name)
      #expect(Outcome(name: name) == outcome)
      #expect(Outcome(rawValue: number) == outcome)
    }
    #expect(Outcome(name: "Complete") == nil)
    #expect(Outcome(name: "") == nil)
    #expect(Outcome(rawValue: 24) == nil)
  }

  @Test("Only a complete stream, with the marker or allowed without it, is a success")
  func success() {
    #expect(Outcome.allCases.filter(\.isSuccess) == [.complete, .completeNoMarker])
  }

  @Test("Only what says nothing of the service is left out of every n")
  func counted() {
    #expect(Outcome.allCases.filter { !$0.isCounted } == [.droppedLate, .cancelled])
  }

  @Test("A broken stream is truncated after its first token and an error before it")
  func rates() {
    let breaks: [Outcome] = [
      .truncated, .broken, .errorEvent, .malformed, .timeoutStall, .timeoutTotal,
    ]
    for outcome in Outcome.allCases {
      let before = outcome.rate(hadFirstToken: false)
      let after = outcome.rate(hadFirstToken: true)
      if outcome.isSuccess || !outcome.isCounted {
        #expect(before == nil && after == nil, "\(outcome)")
      } else {
        #expect(before == .error, "\(outcome)")
        #expect(after == (breaks.contains(outcome) ? .truncated : .error), "\(outcome)")
      }
    }
  }
}
