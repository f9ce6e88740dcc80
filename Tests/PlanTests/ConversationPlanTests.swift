import Model
import Testing

@testable import Plan

@Suite struct ConversationPlanTests {
  private func conversation(_ keys: String) throws -> ConversationPlan? {
    try resolve(scenario: "\"prompts\": [\"a\"], \(keys)").plan.scenarios[0].conversation
  }

  private func problems(_ keys: String) -> [String] {
    do {
      _ = try conversation(keys)
      return []
    } catch let error as PlanProblems {
      return error.problems.map { $0.text(file: "f") }
    } catch {
      return ["\(error)"]
    }
  }

  @Test("Turns, window, pauses and id are read; one turn is no conversation")
  func values() throws {
    #expect(try conversation("\"turns\": 1") == nil)
    #expect(try conversation("\"turns\": 2") == ConversationPlan(turns: 2))
    #expect(
      try conversation(
        #""turns": 4, "history": 8, "think": "3s..6s","#
          + #""conversation": {"header": "X-Id", "body": "metadata.id"}"#)
        == ConversationPlan(
          turns: 4, history: 8, think: .seconds(3)...(.seconds(6)), idHeader: "X-Id",
          idMember: ["metadata", "id"]))
    #expect(
      try conversation(#""turns": 2, "think": "2s""#)?.think == .seconds(2)...(.seconds(2)))
  }

  @Test("What is wrong with a conversation is said at its place")
  func wrong() {
    let head = "f:1: scenarios.a"
    #expect(
      problems("\"history\": 8, \"think\": \"1s\"") == [
        "\(head).history: this key is for conversations; set turns",
        "\(head).think: this key is for conversations; set turns",
      ])
    #expect(problems("\"turns\": 0") == ["\(head).turns: 0 is not between 1 and 100"])
    for (text, what) in [
      ("6s..3s", "\"6s..3s\" goes down; write the smaller one first"),
      ("3..6s", "\"3\" has no unit; units are us, ms, s, m, h"),
      ("1s..2s..3s", "\"1s..2s..3s\" is no range; write it as in 3s..6s"),
      ("..6s", "\"\" is no duration; write a number and a unit, as in 5s"),
      ("1s..2h", "7200s is not between 0ms and 3600s"),
    ] {
      #expect(problems("\"turns\": 2, \"think\": \"\(text)\"") == ["\(head).think: \(what)"])
    }
    #expect(
      problems("\"turns\": 2, \"conversation\": {\"header\": \"a b\"}") == [
        "\(head).conversation.header: \"a b\" is no header name"
      ])
    #expect(
      problems("\"turns\": 2, \"conversation\": {\"body\": \"messages.id\"}") == [
        "\(head).conversation.body: messages is the program's own"
      ])
    #expect(
      problems("\"turns\": 2, \"conversation\": {\"body\": \"a..b\"}") == [
        "\(head).conversation.body: \"a..b\" holds an empty name"
      ])
    #expect(
      problems("\"turns\": 2, \"conversation\": {}") == [
        "\(head).conversation: the id has no place; name a header or a member of the body"
      ])
  }

  @Test("Ranges of durations read back as they are written")
  func ranges() throws {
    for text in ["3s..6s", "2s", "0ms..1.5s", "250ms..1s"] {
      #expect(durationRangeText(try parseDurationRange(text).get()) == text)
    }
    #expect(try parseDurationRange("1000ms..1m").get() == .seconds(1)...(.seconds(60)))
  }
}
