import Model
import Plan
import Testing
import Workload

@Suite struct ConversationTests {
  /// The sample plan whose `short` scenario has three turns.
  private func talkingPlan(
    profiles: [ProfileKind] = ProfileKind.allCases, promptCache: PromptCache = .asIs,
    seed: UInt64 = 1, conversation: ConversationPlan = ConversationPlan(turns: 3)
  ) -> Plan {
    var plan = samplePlan(profiles: profiles, seed: seed, promptCache: promptCache)
    plan.scenarios[0].conversation = conversation
    return plan
  }

  private func open(_ plan: Plan) -> [ProfileSchedule] {
    Schedule.make(plan).profiles.filter { $0.kind != .stress }
  }

  @Test("A scenario of one turn has the schedule that it always had, beside one with turns too")
  func arrivalsStay() {
    let (plain, talking) = (open(samplePlan()), open(talkingPlan()))
    for (a, b) in zip(plain, talking) {
      guard case .open(let before) = a.load, case .open(let after) = b.load else { continue }
      #expect(before.map(\.at) == after.map(\.at) && before.map(\.stage) == after.map(\.stage))
      #expect(before.map(\.request.scenario) == after.map(\.request.scenario))
      let own = { (all: [Arrival]) in all.filter { $0.request.scenario == 1 }.map(\.request) }
      #expect(own(before) == own(after))
      #expect(before.allSatisfy { $0.laterTurns.isEmpty })
      #expect(
        after.allSatisfy { $0.laterTurns.count == ($0.request.scenario == 0 ? 2 : 0) })
    }
  }

  @Test("The digest of the arrivals covers turns and pauses, and the seed fixes both")
  func digest() {
    let plan = talkingPlan()
    let digest = Schedule.make(plan).sha256(plan)
    #expect(Schedule.make(plan).sha256(plan) == digest)
    let others = [
      samplePlan(), talkingPlan(seed: 2), talkingPlan(conversation: ConversationPlan(turns: 4)),
      talkingPlan(
        conversation: ConversationPlan(turns: 3, think: .seconds(1)...(.seconds(4)))),
    ]
    for other in others { #expect(Schedule.make(other).sha256(other) != digest) }
    var (changed, users) = (Schedule.make(plan), Schedule.make(plan))
    guard case .open(var arrivals) = changed.profiles[0].load,
      case .closed(var programs) = users.profiles[2].load,
      let place = arrivals.firstIndex(where: { !$0.laterTurns.isEmpty })
    else {
      Issue.record("no conversation")
      return
    }
    arrivals[place].laterTurns[1].think += .microseconds(1)
    changed.profiles[0].load = .open(arrivals)
    #expect(changed.sha256(plan) != digest)
    programs[0].steps[1].turn += 1
    users.profiles[2].load = .closed(programs)
    #expect(users.sha256(plan) != digest)
  }

  @Test("Pauses lie in their range, and each turn sends the scenario's next prompt")
  func turns() {
    let think = Nanos.milliseconds(10)...(.milliseconds(12))
    let plan = talkingPlan(
      profiles: [.sustained], conversation: ConversationPlan(turns: 3, think: think))
    guard case .open(let arrivals) = open(plan)[0].load else { return }
    let talks = arrivals.filter { !$0.laterTurns.isEmpty }
    #expect(talks.allSatisfy { $0.laterTurns.allSatisfy { think.contains($0.think) } })
    #expect(Set(talks.flatMap { $0.laterTurns.map(\.think) }).count > talks.count)
    for talk in talks {
      // Three prompts and three turns: each conversation asks them all.
      let prompts = [talk.request.prompt] + talk.laterTurns.map(\.request.prompt)
      #expect(Set(prompts) == [0, 1, 2])
    }
  }

  @Test("A user's conversation is one deal: its turns follow each other, then the user's pause")
  func steps() {
    let think = Nanos.milliseconds(10)...(.milliseconds(12))
    let plan = talkingPlan(
      profiles: [.stress], conversation: ConversationPlan(turns: 3, think: think))
    guard case .closed(let users) = Schedule.make(plan).profiles[0].load else { return }
    var dealt = [0, 0]
    for user in users {
      for (index, step) in user.steps.enumerated() {
        let isTalk = step.request.scenario == 0
        #expect(step.turn == 0 || (isTalk && user.steps[index - 1].turn == step.turn - 1))
        #expect(think.contains(step.think) == (isTalk && step.turn < 2))
      }
      for scenario in 0...1 {
        dealt[scenario] +=
          user.steps.filter {
            $0.turn == 0 && $0.request.scenario == scenario
          }.count
      }
    }
    // Weights are 3 to 1 of what is dealt, whatever it has of turns.
    #expect(dealt[0] == 3 * dealt[1])
  }

  @Test("What a plan expects of each cell is what its schedule has, turns included")
  func estimate() {
    let plan = talkingPlan(profiles: [.rampUp, .sustained])
    let estimate = RunEstimate(plan)
    var all = 0
    for (profile, expected) in zip(Schedule.make(plan).profiles, estimate.profiles) {
      guard case .open(let arrivals) = profile.load else { continue }
      let requests = arrivals.reduce(0) { $0 + 1 + $1.laterTurns.count }
      #expect(expected.requests == requests)
      all += requests
      for (index, cell) in expected.cells.enumerated() {
        let n = arrivals.filter { $0.at >= profile.warmup && $0.request.scenario == index }
          .reduce(0) { $0 + 1 + $1.laterTurns.count }
        #expect(cell.n == n && cell.isExact)
      }
    }
    #expect(estimate.requests == all)
    let single = RunEstimate(samplePlan(profiles: [.rampUp, .sustained]))
    #expect(estimate.outputTokens > single.outputTokens)
    // 120 tokens a reply: the second turn carries one, the third two.
    let mean = estimate.inputTokens / Double(estimate.requests)
    #expect((100...125).contains(mean))
  }

  private func conversation(_ count: Int, of plan: ConversationPlan) -> Conversation {
    (0..<count).reduce(into: Conversation(number: 7)) { talk, turn in
      talk.append(
        prompt: turn, reply: Array("r\(turn)\\n\\\"q\\\"".utf8), exchangesMax: plan.exchangesMax)
    }
  }

  private func contents(_ bytes: [UInt8]) throws -> [String] {
    let messages = try #require(try JSONReader.parse(bytes)["messages"]?.arrayValue)
    return messages.map { "\($0["role"]?.stringValue ?? ""): \($0["content"]?.stringValue ?? "")" }
  }

  @Test("A later turn carries the system prompt, the real replies, and the prompt")
  func body() throws {
    var plan = talkingPlan()
    let template = RequestTemplate(plan: plan, runNonce: "run")
    let talk = conversation(2, of: ConversationPlan(turns: 3))
    #expect(
      try contents(template.body(scenario: 0, prompt: 2, profile: 0, conversation: talk)) == [
        "user: a", "assistant: r0\n\"q\"", "user: b", "assistant: r1\n\"q\"", "user: c",
      ])
    #expect(
      template.body(scenario: 0, prompt: 0, profile: 0, conversation: Conversation(number: 7))
        == template.body(scenario: 0, prompt: 0, profile: 0, seq: 7))
    plan.scenarios[0].system = "be brief"
    plan.scenarios[0].target.body = .object([JSONMember("a", .string("[0,{"))])
    let led = RequestTemplate(plan: plan, runNonce: "run")
    #expect(
      try contents(led.body(scenario: 0, prompt: 2, profile: 0, conversation: talk)).prefix(2) == [
        "system: be brief", "user: a",
      ])
  }

  @Test("The window keeps whole exchanges, the newest ones")
  func window() throws {
    for (history, kept) in [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (nil, 2)] {
      let rules = ConversationPlan(turns: 3, history: history)
      let talk = conversation(2, of: rules)
      #expect(talk.exchanges.map(\.prompt) == Array([0, 1].suffix(kept)))
      #expect(talk.turns == 2)
    }
  }

  @Test("A turn without a reply leaves no trace, and a reply that is no text is repaired")
  func oddReplies() throws {
    var talk = Conversation(number: 0)
    talk.append(prompt: 0, reply: [], exchangesMax: 9)
    talk.append(prompt: 1, reply: [0x61, 0xFF], exchangesMax: 9)
    #expect(talk.turns == 2 && talk.exchanges.map(\.prompt) == [1])
    let template = RequestTemplate(plan: talkingPlan(), runNonce: "run")
    #expect(
      try contents(template.body(scenario: 0, prompt: 2, profile: 0, conversation: talk)) == [
        "user: b", "assistant: a\u{FFFD}", "user: c",
      ])
    let long = [UInt8](repeating: 0x61, count: Conversation.bytesMax / 2)
    for prompt in 0...2 { talk.append(prompt: prompt, reply: long, exchangesMax: 9) }
    #expect(talk.exchanges.map(\.prompt) == [1, 2])
  }

  @Test("A conversation has one nonce, and only its first message carries it")
  func nonce() throws {
    for system in [nil, "s"] {
      var plan = talkingPlan(promptCache: .bust)
      plan.scenarios[0].system = system
      let template = RequestTemplate(plan: plan, runNonce: "run")
      func texts(_ turns: Int, history: Int? = nil) throws -> [String] {
        let rules = ConversationPlan(turns: 3, history: history)
        return try contents(
          template.body(
            scenario: 0, prompt: turns, profile: 0, conversation: conversation(turns, of: rules)))
      }
      let (first, third) = (try texts(0), try texts(2))
      #expect(third.first == first.first)
      #expect(first.first?.count == 24 + (system == nil ? 0 : 2))
      let rest = Array(third.dropFirst(system == nil ? 1 : 2))
      #expect(rest.suffix(2) == ["assistant: r1\n\"q\"", "user: c"])
      #expect(rest.allSatisfy { $0.count < 20 })
      let cut = try texts(2, history: 2)
      #expect(cut.count == (system == nil ? 3 : 4))
      #expect(cut[0].count == first[0].count)
    }
  }

  @Test("The conversation's id is the same in all its turns, and another in each conversation")
  func id() throws {
    var rules = ConversationPlan(turns: 3)
    rules.idMember = ["metadata", "conversation"]
    var plan = talkingPlan(promptCache: .bust, conversation: rules)
    plan.scenarios[0].target.body = .object([
      JSONMember("metadata", .object([JSONMember("tenant", .string("t"))]))
    ])
    let template = RequestTemplate(plan: plan, runNonce: "run")
    func id(_ talk: Conversation) throws -> String? {
      let body = try JSONReader.parse(
        template.body(scenario: 0, prompt: 0, profile: 1, conversation: talk))
      #expect(body["metadata"]?["tenant"] == .string("t"))
      return body["metadata"]?["conversation"]?.stringValue
    }
    let own = template.conversationID(profile: 1, number: 7)
    #expect(own.count == RequestTemplate.idLength)
    #expect(try id(conversation(0, of: rules)) == own)
    #expect(try id(conversation(2, of: rules)) == own)
    #expect(template.conversationID(profile: 1, number: 8) != own)
    #expect(template.conversationID(profile: 0, number: 7) != own)
    #expect(
      RequestTemplate(plan: plan, runNonce: "b").conversationID(profile: 1, number: 7) != own)
  }
}
