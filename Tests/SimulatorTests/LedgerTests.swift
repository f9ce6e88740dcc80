import Model
import TestKit
import Testing

@Suite("The ledger", .waiting)
struct LedgerTests {
  @Test("It has one line a request, and counts what the client counted")
  func exact() throws {
    let simulator = try Simulator("--ttft 1ms --gap 1ms --tokens 6 --fault-after 2")
    let connection = try simulator.connect()
    connection.send(
      Wire.post(
        Wire.chat, Wire.body(maxTokens: 4, prompt: "12345678"),
        header: "X-Request-Id: client-1\r\nTraceparent: 00-1-2-01\r\n"))
    let words = try connection.response().words()
    let streamBytes = connection.bytesRead
    connection.send(Wire.get("/health"))
    _ = try connection.response()
    let faulty = try simulator.chat("/fault/truncate" + Wire.chat)
    #expect(try faulty.words().count == 2)
    _ = try simulator.stop()

    let requests = try simulator.requests()
    #expect(requests.map { $0["number"]?.intValue } == [1, 2, 3])
    #expect(requests.map { $0["chat"]?.intValue } == [1, nil, 2])
    let chat = requests[0]
    #expect(chat["request_id"] == .string("client-1"))
    #expect(chat["traceparent"] == .string("00-1-2-01"))
    #expect(chat["prompt_bytes"] == .integer(8))
    #expect(chat["bytes_sent"] == .integer(Int64(streamBytes)))
    #expect(chat["outcome"] == .string("complete"))
    #expect(chat["end"] == .string("scripted"))
    #expect(chat.numbers("token_sent_ns").count == words.count)
    let received = try #require(chat["received_ns"]?.intValue)
    #expect(
      chat.numbers("token_due_ns").map { $0 - received } == [
        1_000_000, 2_000_000, 3_000_000, 4_000_000,
      ])
    for (due, sent) in zip(chat.numbers("token_due_ns"), chat.numbers("token_sent_ns")) {
      #expect(sent >= due)
    }
    #expect(requests[1]["path"] == .string("/health"))
    #expect(requests[2]["planned_fault"] == .string("truncate"))
    #expect(requests[2]["actual_fault"] == .string("truncate"))
    #expect(requests[2]["outcome"] == .string("truncated"))
    #expect(requests[2].numbers("token_sent_ns").count == 2)
  }

  @Test("A request is in the file soon after its end, while the simulator serves on")
  func flushed() throws {
    let simulator = try Simulator("--tokens 1")
    let connection = try simulator.connect()
    connection.send(Wire.post())
    _ = try connection.response()
    // Before it waits for the second page's request, the simulator has written the chat's line.
    for _ in 0..<2 {
      connection.send(Wire.get("/health"))
      _ = try connection.response()
    }
    #expect(try simulator.requests().first?["chat"] == .integer(1))
  }

  @Test("A client that leaves inside a stall is noted, with the fault that struck")
  func clientGone() throws {
    let simulator = try Simulator("--tokens 3 --fault-after 1 --stall 60m")
    do {
      let connection = try simulator.connect()
      connection.send(Wire.post("/fault/stall" + Wire.chat))
      #expect(try connection.line() == "HTTP/1.1 200 OK\r\n")
    }
    // Another request comes after the news that the first client is gone.
    _ = try simulator.chat()
    _ = try simulator.stop()
    let stalled = try #require(
      try simulator.requests().first { $0["planned_fault"] == .string("stall") })
    #expect(stalled["end"] == .string("client_gone"))
    #expect(stalled["actual_fault"] == .string("stall"))
    #expect(stalled.numbers("token_sent_ns").count == 1)
  }

  @Test("Either signal stops it inside a stream: exit 0, ledger complete", arguments: [2, 15])
  func stopped(signal: Int32) throws {
    let simulator = try Simulator("--gap 60m")
    let connection = try simulator.connect()
    connection.send(Wire.post())
    #expect(try connection.line() == "HTTP/1.1 200 OK\r\n")
    let end = try simulator.stop(signal: signal)
    #expect(end.code == 0)
    let ledger = try simulator.ledger()
    #expect(ledger.map { $0["type"]?.stringValue } == ["start", "request", "end"])
    #expect(ledger[0]["format"] == .string("streamgate-sim-ledger/1"))
    #expect(ledger[1]["end"] == .string("stopped"))
    #expect(ledger[1].numbers("token_sent_ns").count == 1)
  }

  @Test("The ledger command prints what the simulator printed at its end")
  func summary() throws {
    let simulator = try Simulator("--tokens 3")
    for _ in 0..<3 { _ = try simulator.chat() }
    _ = try simulator.chat("/fault/http_500" + Wire.chat)
    let end = try simulator.stop()
    let command = try RunningProcess.run(
      Simulator.executable, ["ledger", simulator.ledgerPath])
    #expect(command.code == 0)
    #expect(command.output == end.errors)
    let lines = command.output.split(separator: "\n")
    #expect(
      lines.prefix(2) == [
        "requests  4, of them chat completions 4", "ended     complete 3, http_5xx 1",
      ])
    #expect(lines[2].hasPrefix("sent      9 tokens, "))
    #expect(lines[3].hasPrefix("late      p50 "))
    #expect(lines[5].hasSuffix(" s"))
  }

  @Test("A file that is no ledger is refused with its line")
  func noLedger() throws {
    let folder = try TemporaryFolder()
    for (text, line) in [("x\n", 1), (#"{"type":"start"}"# + "\n{}\n", 2)] {
      try folder.write(text, to: "ledger")
      let end = try RunningProcess.run(
        Simulator.executable, ["ledger", folder.path + "/ledger"])
      #expect(end.code == 1)
      #expect(end.errors.contains("ledger:\(line):"))
    }
    let missing = try RunningProcess.run(Simulator.executable, ["ledger", folder.path + "/no"])
    #expect(missing.code == 1)
  }
}
