import Foundation
import LoadEngine
import Model
import Plan
import TestKit
import Testing
import Workload

@Suite("Conversations under load")
struct ConversationLoadTests {
  private struct Request: Sendable {
    var id: String?
    var roles: [String]
    var texts: [String]
  }

  /// A server that numbers its replies, and cuts each reply to a prompt that starts with `cut`,
  /// and refuses one that starts with `refuse`; it keeps what it was asked.
  private static func service(_ seen: Locked<[Request]>) throws -> RawServer {
    try RawServer { connection, _ in
      defer { connection.close() }
      while let text = connection.readRequest() {
        guard text.hasPrefix("POST "), let end = text.range(of: "\r\n\r\n"),
          let body = try? JSONReader.parse(Array(text[end.upperBound...].utf8))
        else {
          connection.send("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
          continue
        }
        let messages = body["messages"]?.arrayValue ?? []
        let id = text.split(separator: "\r\n").first { $0.hasPrefix("X-Talk: ") }
        let request = Request(
          id: id.map { String($0.dropFirst(8)) },
          roles: messages.compactMap { $0["role"]?.stringValue },
          texts: messages.compactMap { $0["content"]?.stringValue })
        let number = seen.withLock { seen in
          seen.append(request)
          return seen.count
        }
        let prompt = request.texts.last ?? ""
        if prompt.hasPrefix("refuse") {
          connection.send("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
          continue
        }
        connection.send(EngineFixture.head)
        connection.sendChunk(EngineFixture.token("reply \(number)"))
        connection.sendChunk(EngineFixture.token(" \\\"end\\\""))
        if !prompt.hasPrefix("cut") { connection.sendChunk(EngineFixture.marker) }
        connection.send(EngineFixture.lastChunk)
      }
    }
  }

  private func plan(
    _ url: String, prompts: [String], turns: Int, history: Int? = nil, profiles: [ProfileKind]
  ) -> Plan {
    let target = EngineFixture.target(url)
    var rules = ConversationPlan(
      turns: turns, history: history, think: .milliseconds(1)...(.milliseconds(3)))
    rules.idHeader = "X-Talk"
    return Plan(
      project: "p", target: target,
      scenarios: [
        ScenarioPlan(
          name: "talk", prompts: prompts, system: "sys", target: target, conversation: rules)
      ], rate: 5, stressUsers: 2, profiles: profiles)
  }

  private func run(
    _ plan: Plan, _ schedule: Schedule
  ) async throws -> [StreamSample] {
    let template = RequestTemplate(plan: plan, runNonce: "run")
    let job = EngineJob(plan: plan, schedule: schedule, template: template)
    return try await EngineFixture.run(job).samples.sorted { $0.seq < $1.seq }
  }

  private func talk(at: Nanos, prompts: [Int], think: Nanos) -> Arrival {
    func request(_ prompt: Int) -> PlannedRequest { PlannedRequest(scenario: 0, prompt: prompt) }
    return Arrival(
      at: at, request: request(prompts[0]),
      laterTurns: prompts.dropFirst().map { LaterTurn(think: think, request: request($0)) })
  }

  @Test("Each turn brings the real replies back, after its pause, under its conversation's id")
  func openLoop() async throws {
    let seen = Locked<[Request]>([])
    let server = try ConversationLoadTests.service(seen)
    let plan = plan(
      server.url, prompts: ["a", "b", "c"], turns: 3, profiles: [.sustained])
    let think = Nanos.milliseconds(40)
    let schedule = Schedule(profiles: [
      ProfileSchedule(
        kind: .sustained, duration: .milliseconds(50), warmup: .milliseconds(10),
        load: .open([
          talk(at: .zero, prompts: [0, 1, 2], think: think),
          talk(at: .milliseconds(20), prompts: [2, 0, 1], think: think),
        ]))
    ])
    let samples = try await run(plan, schedule)
    #expect(samples.map(\.seq) == [0, 1, 2, 3, 4, 5])
    #expect(samples.map(\.turn) == [0, 1, 2, 0, 1, 2])
    #expect(samples.allSatisfy { $0.outcome == .complete })
    // A conversation is warm-up or measured as a whole, however late its later turns are.
    #expect(samples.map(\.isWarmup) == [true, true, true, false, false, false])
    for (before, after) in zip(samples, samples.dropFirst()) where after.turn > 0 {
      let done = before.intended + (before.done ?? .zero)
      #expect(after.intended == done + think)
    }
    let requests = seen.withLock { $0 }
    let ids = Set(requests.map(\.id))
    #expect(ids.count == 2 && !ids.contains(nil))
    for id in ids {
      let own = requests.filter { $0.id == id }
      #expect(own.map(\.roles.count) == [2, 4, 6])
      for (before, after) in zip(own, own.dropFirst()) {
        #expect(Array(after.texts.prefix(before.texts.count)) == before.texts)
        #expect(after.texts[before.texts.count].hasSuffix(" \"end\""))
      }
      #expect(own[2].roles == ["system", "user", "assistant", "user", "assistant", "user"])
    }
  }

  @Test(
    "After a failure the conversation goes on: with what came of the reply, or without the turn")
  func failures() async throws {
    let seen = Locked<[Request]>([])
    let server = try ConversationLoadTests.service(seen)
    let plan = plan(
      server.url, prompts: ["a", "cut", "refuse", "d"], turns: 4, profiles: [.sustained])
    let schedule = Schedule(profiles: [
      ProfileSchedule(
        kind: .sustained, duration: .milliseconds(50), warmup: .zero,
        load: .open([talk(at: .zero, prompts: [0, 1, 2, 3], think: .milliseconds(1))]))
    ])
    let samples = try await run(plan, schedule)
    #expect(samples.map(\.outcome) == [.complete, .truncated, .http5xx, .complete])
    let requests = seen.withLock { $0 }
    #expect(
      requests.last?.texts == [
        "sys", "a", "reply 1 \"end\"", "cut", "reply 2 \"end\"", "d",
      ])
  }

  @Test("The history window goes with the conversation")
  func window() async throws {
    let seen = Locked<[Request]>([])
    let server = try ConversationLoadTests.service(seen)
    let plan = plan(
      server.url, prompts: ["a", "b"], turns: 4, history: 2, profiles: [.sustained])
    let schedule = Schedule(profiles: [
      ProfileSchedule(
        kind: .sustained, duration: .milliseconds(50), warmup: .zero,
        load: .open([talk(at: .zero, prompts: [0, 1, 0, 1], think: .zero)]))
    ])
    _ = try await run(plan, schedule)
    let requests = seen.withLock { $0 }
    #expect(requests.map(\.texts.count) == [2, 4, 4, 4])
    #expect(requests.last?.texts == ["sys", "a", "reply 3 \"end\"", "b"])
  }

  @Test("A later turn is in the stage in which it is due, the last one after the profile's end")
  func stages() async throws {
    let seen = Locked<[Request]>([])
    let server = try ConversationLoadTests.service(seen)
    let plan = plan(server.url, prompts: ["a", "b", "c"], turns: 3, profiles: [.rampUp])
    let schedule = Schedule(profiles: [
      ProfileSchedule(
        kind: .rampUp, duration: .seconds(2), warmup: .zero, stageCount: 4,
        load: .open([talk(at: .zero, prompts: [0, 1, 2], think: .milliseconds(1_100))]))
    ])
    let samples = try await run(plan, schedule)
    #expect(samples.map(\.stage) == [0, 2, 3])
  }

  @Test("A closed loop's users talk as their steps say, and begin anew with each first turn")
  func closedLoop() async throws {
    let seen = Locked<[Request]>([])
    let server = try ConversationLoadTests.service(seen)
    let plan = plan(server.url, prompts: ["a", "b"], turns: 2, profiles: [.stress])
    let steps = [0, 1].map { turn in
      UserStep(
        request: PlannedRequest(scenario: 0, prompt: turn), think: .milliseconds(5), turn: turn)
    }
    let schedule = Schedule(profiles: [
      ProfileSchedule(
        kind: .stress, duration: .seconds(2), warmup: .zero,
        load: .closed([
          UserProgram(startAt: .zero, steps: steps),
          UserProgram(startAt: .milliseconds(3), steps: steps),
        ]))
    ])
    let samples = try await run(plan, schedule)
    #expect(samples.count >= 4)
    let byUser = [0, 1].map { user in samples.filter { $0.seq % 2 == user } }
    for own in byUser {
      #expect(own.enumerated().allSatisfy { $1.turn == $0 % 2 })
    }
    let requests = seen.withLock { $0 }
    #expect(Set(requests.map(\.texts.count)) == [2, 4])
    for id in Set(requests.map(\.id)) {
      let own = requests.filter { $0.id == id }
      #expect(own.count <= 2 && own[0].texts == ["sys", "a"])
      guard own.count == 2 else { continue }
      #expect(own[1].texts[0...1] == ["sys", "a"] && own[1].texts[3] == "b")
    }
  }
}
