import Model
import TestKit
import Testing

/// Due times are planned, not measured: these tests read them from the ledger.
@Suite("Timing", .waiting)
struct TimingTests {
  /// One reply as planned: its bytes and its due times after it was received.
  private struct Planned: Equatable {
    var text: String
    var due: [Int]
  }

  private func replies(_ flags: String, count: Int = 5) throws -> [Planned] {
    let simulator = try Simulator(flags)
    let texts = try (0..<count).map { _ in try simulator.chat().chunks.joined() }
    _ = try simulator.stop()
    return zip(texts, try simulator.requests()).map { text, request in
      let received = request["received_ns"]?.intValue ?? 0
      return Planned(text: text, due: request.numbers("token_due_ns").map { $0 - received })
    }
  }

  private static let noisy =
    "--ttft 2ms --ttft-sigma 0.3 --gap 100us --gap-sigma 0.2 --tokens 5 --tokens-sigma 0.4"

  @Test("The same seed gives the same bytes and due times, another seed gives others")
  func seed() throws {
    let first = try replies(TimingTests.noisy + " --seed 5")
    #expect(first == (try replies(TimingTests.noisy + " --seed 5")))
    #expect(first != (try replies(TimingTests.noisy + " --seed 6")))
    #expect(Set(first.map { $0.due[0] }).count == first.count)
    #expect(Set(first.map(\.due.count)).count > 1)
  }

  @Test("A health check or a fault on the way moves no draw of the requests after it")
  func independence() throws {
    let plain = try replies(TimingTests.noisy, count: 3)
    let simulator = try Simulator(TimingTests.noisy)
    _ = try simulator.chat()
    let connection = try simulator.connect()
    connection.send(Wire.get("/health"))
    _ = try connection.response()
    _ = try simulator.chat("/fault/http_500" + Wire.chat)
    #expect(try simulator.chat().chunks.joined() == plain[2].text)
  }

  @Test("Slower by 20 % is 20 % later to the first token, and slower gaps are longer gaps")
  func slower() throws {
    let due = try replies(
      "--ttft 10ms --slower-ttft 20% --gap 2ms --slower-gap 50% --tokens 3", count: 1)[0].due
    #expect(due == [12_000_000, 15_000_000, 18_000_000])
  }

  @Test("Drift is one factor for the whole process, from the seed")
  func drift() throws {
    let first = try replies("--ttft 10ms --run-drift 5% --tokens 1 --seed 3", count: 3)
    #expect(Set(first.map { $0.due[0] }).count == 1)
    #expect(first[0].due[0] != 10_000_000)
    let other = try replies("--ttft 10ms --run-drift 5% --tokens 1 --seed 4", count: 1)
    #expect(other[0].due[0] != first[0].due[0])
  }

  @Test("Prefill grows with the prompt: a token for four bytes")
  func prefill() throws {
    let simulator = try Simulator("--ttft 1ms --prefill-per-token 10us --tokens 1")
    let prompt = String(repeating: "a", count: 400)
    _ = try simulator.chat(Wire.chat, Wire.body(prompt: prompt))
    _ = try simulator.stop()
    let request = try #require(try simulator.requests().first)
    #expect(
      request.numbers("token_due_ns")[0] - (request["received_ns"]?.intValue ?? 0) == 2_000_000)
  }

  @Test("With one slot, requests are worked on one after the other in the order of arrival")
  func slots() throws {
    let simulator = try Simulator("--slots 1 --ttft 2ms --gap 1ms --tokens 3")
    let connections = try (0..<3).map { _ in try simulator.connect() }
    for connection in connections {
      connection.send(Wire.post())
    }
    for connection in connections { #expect(try connection.response().words().count == 3) }
    _ = try simulator.stop()
    let requests = try simulator.requests()
    for (earlier, later) in zip(requests, requests.dropFirst()) {
      let lastDue = try #require(earlier.numbers("token_due_ns").last)
      let received = try #require(later["received_ns"]?.intValue)
      #expect(later["begun_ns"]?.intValue == max(lastDue, received))
    }
  }

  @Test("A client that leaves the queue, or a slot, makes room for the next")
  func leaving() throws {
    let simulator = try Simulator("--slots 1 --ttft 60m --tokens 1 --early-head")
    let last = try simulator.connect()
    do {
      let working = try simulator.connect()
      working.send(Wire.post())
      _ = try working.line()
      do {
        let waiting = try simulator.connect()
        waiting.send(Wire.post())
        _ = try waiting.line()
      }
      last.send(Wire.post())
      _ = try last.line()
    }
    // A page that is asked for now is answered after the news that the others are gone.
    let page = try simulator.connect()
    page.send(Wire.get("/health"))
    _ = try page.response()
    _ = try simulator.stop()
    let chats = try simulator.requests().filter { $0["chat"] != .null }
    let begun = chats.map { $0["begun_ns"] != .null }
    #expect(chats.map { $0["chat"] } == [.integer(2), .integer(1), .integer(3)])
    #expect(begun == [false, true, true])
  }

  @Test("Streams that decode together slow each other by the batch cost")
  func batch() throws {
    let simulator = try Simulator(
      "--ttft 20ms --gap 1ms --decode-batch-cost 5ms --tokens 3")
    let first = try simulator.connect()
    let second = try simulator.connect()
    first.send(Wire.post())
    second.send(Wire.post())
    _ = try first.response()
    _ = try second.response()
    _ = try simulator.stop()
    let gaps = try simulator.requests().flatMap { request in
      let due = request.numbers("token_due_ns")
      return zip(due, due.dropFirst()).map { $1 - $0 }
    }
    #expect(gaps.allSatisfy { $0 == 1_000_000 || $0 == 6_000_000 })
    #expect(gaps.contains(6_000_000))
  }

  @Test(
    "A flag that makes no sense is refused before anything listens",
    arguments: [
      "--ttft 5", "--ttft -1ms", "--tokens 0", "--burst 0", "--fault nothing=5%",
      "--fault truncate=60% --fault rst=60%", "--fault truncate", "--slower-ttft=-100%",
      "--ttft-sigma 9", "--slots=-1", "--fault-after 0", "--host here", "--port 99999",
    ])
  func wrongFlags(flags: String) throws {
    let end = try RunningProcess.run(
      Simulator.executable, flags.split(separator: " ").map(String.init))
    #expect(end.code != 0)
    #expect(end.output.isEmpty)
    #expect(!end.errors.isEmpty)
  }
}
