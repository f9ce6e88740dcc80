import Model
import TestKit
import Testing

/// A fault in a dialect, from the table that the simulator prints.
struct FaultRow: CustomTestStringConvertible {
  let fault: String
  let status: Int
  let dialects: [(name: String, path: String, outcome: String)]

  var testDescription: String { fault }

  /// Every row.
  static let all: [FaultRow] = {
    guard let end = try? RunningProcess.run(Simulator.executable, ["faults", "--json"]),
      let rows = try? JSONReader.parse(Array(end.output.utf8)).arrayValue
    else { return [] }
    return rows.map { row in
      FaultRow(
        fault: row["name"]?.stringValue ?? "", status: row["status"]?.intValue ?? 0,
        dialects: (row["dialects"]?.arrayValue ?? []).map {
          (
            $0["dialect"]?.stringValue ?? "", $0["path"]?.stringValue ?? "",
            $0["outcome"]?.stringValue ?? ""
          )
        })
    }
  }()
}

@Suite("The table of faults", .waiting)
struct FaultTableTests {
  /// What a server alone can bring about; connect, dns and tls fail before there is a request.
  private static let outcomes: Set<String> = [
    "complete", "complete_no_marker", "truncated", "broken", "error_event", "malformed", "empty",
    "not_a_stream", "timeout_first_token", "timeout_stall", "timeout_total", "http_429",
    "http_4xx", "http_5xx", "auth", "redirect", "protocol", "limit",
  ]
  /// Bytes after which a flood is taken to have no end.
  private static let floodBytes = 1 << 20

  @Test("Every outcome that a server can cause has a row, and every dialect has rows of it")
  func covered() throws {
    let rows = FaultRow.all.flatMap(\.dialects)
    #expect(Set(rows.map(\.outcome)) == FaultTableTests.outcomes)
    #expect(Set(rows.map(\.name)) == Set(ServedDialect.all.map(\.name)))
    #expect(Set(FaultRow.all.map(\.fault)).count == FaultRow.all.count)
    #expect(FaultRow.all.allSatisfy { !$0.dialects.isEmpty })
    let text = try RunningProcess.run(Simulator.executable, ["faults"]).output
    #expect(text.split(separator: "\n").count == FaultRow.all.count + 1)
  }

  @Test(
    "Every fault has its outcome in every dialect that it means something in",
    arguments: FaultRow.all)
  func outcome(row: FaultRow) throws {
    let simulator = try Simulator("--tokens 6 --fault-after 2 --stall 60m")
    var connections: [RawConnection] = []
    for served in row.dialects {
      let dialect = try ServedDialect.named(served.name)
      #expect(served.path == "/fault/\(row.fault)" + dialect.path)
      let connection = try simulator.connect()
      connections.append(connection)
      connection.send(Wire.post(served.path, dialect.body, header: "Connection: close\r\n"))
      switch served.outcome {
      case "limit" where row.fault != "coding_twice": try flood(connection, dialect)
      case "http_5xx" where row.fault == "http_500_endless" || row.fault == "http_500_bomb":
        try flood(connection, dialect)
      case "timeout_first_token", "timeout_stall", "timeout_total":
        try silence(connection, dialect, served.outcome)
      default:
        let isOpen = row.fault == "keep_open"
        let (bytes, ending) = try connection.rest {
          isOpen && !dialect.events(body($0)).filter(dialect.isMarker).isEmpty
        }
        let judged = try Judge(dialect: dialect).outcome(bytes, ending)
        #expect(judged == (isOpen ? "broken" : served.outcome), "\(served.name)")
      }
    }
    try settle(simulator)
    _ = try simulator.stop()
    #expect(connections.count == row.dialects.count)
    let requests = try simulator.requests().filter { $0["chat"] != .null }
    #expect(requests.count == row.dialects.count)
    for served in row.dialects {
      let request = try #require(requests.first { $0["path"] == .string(served.path) })
      #expect(request["planned_fault"] == .string(row.fault))
      #expect(request["actual_fault"] == .string(row.fault))
      #expect(request["outcome"] == .string(served.outcome))
      #expect(request["dialect"] == .string(served.name))
      #expect(request["status"] == .integer(Int64(row.status)))
    }
  }

  /// Lets every reply come to its silence: each page takes the simulator once around its loop, and
  /// without gaps a reply takes a step each time around.
  private func settle(_ simulator: Simulator) throws {
    let connection = try simulator.connect()
    for _ in 0..<16 {
      connection.send(Wire.get("/health"))
      _ = try connection.response()
    }
  }

  /// It goes on beyond any bound.
  private func flood(_ connection: RawConnection, _ dialect: ServedDialect) throws {
    let (bytes, ending) = try connection.rest(bytesMax: FaultTableTests.floodBytes)
    #expect(bytes.count >= FaultTableTests.floodBytes && ending == .whole)
  }

  /// What comes before the silence has as many tokens as the outcome says, and no marker.
  private func silence(
    _ connection: RawConnection, _ dialect: ServedDialect, _ outcome: String
  ) throws {
    guard outcome != "timeout_first_token" else { return }
    let (bytes, _) = try connection.rest { tokens(dialect, $0) >= 2 }
    #expect(dialect.events(body(bytes)).filter(dialect.isMarker).isEmpty)
  }

  private func tokens(_ dialect: ServedDialect, _ bytes: [UInt8]) -> Int {
    let events = dialect.events(body(bytes))
    if dialect.media == "text/plain" { return events.joined().split(separator: " ").count }
    return events.compactMap { try? JSONReader.parse(Array($0.utf8)) }.compactMap(dialect.token)
      .filter { !$0.isEmpty }.count
  }

  /// The chunks' contents, as far as they have come.
  private func body(_ bytes: [UInt8]) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return [] }
    var rest = bytes.dropFirst(text[..<end.upperBound].utf8.count)
    var body: [UInt8] = []
    while let end = rest.firstIndex(of: 0x0A),
      let size = Int(String(decoding: rest[..<(end - 1)], as: UTF8.self), radix: 16)
    {
      body += rest[(end + 1)...].prefix(size)
      rest = rest[(end + 1)...].dropFirst(size + 2)
    }
    return body
  }

  @Test("A fault that means nothing in a dialect is refused by path and left out by share")
  func meaningless() throws {
    let simulator = try Simulator("--tokens 3 --fault multi_line_data=100%")
    let raw = try ServedDialect.named("raw-text")
    #expect(try simulator.chat("/fault/truncate" + raw.path, raw.body).status == 404)
    #expect(try simulator.chat(raw.path, raw.body).status == 200)
    _ = try simulator.stop()
    let last = try #require(try simulator.requests().last)
    #expect(last["planned_fault"] == .null)
    #expect(last["outcome"] == .string("complete_no_marker"))
  }
}
