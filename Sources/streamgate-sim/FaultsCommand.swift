import ArgumentParser
import Model

/// Prints the table of faults.
struct FaultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults",
    abstract: "Print every fault: its name, the outcome it must have, what goes on the wire.",
    discussion: """
      With --json: a list with one object a fault, each with the dialects that it means something \
      in, their paths and outcomes.

      Examples:
        streamgate-sim faults
        streamgate-sim faults --json
      """)

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let text = json ? String(decoding: FaultsCommand.json, as: UTF8.self) : FaultsCommand.text
    print(text)
  }

  /// Three columns.
  private static var text: String {
    let rows = Fault.table.map { fault in
      let outcome = Dialect.all.first(where: fault.applies).map { fault.outcome(in: $0).name }
      return [fault.name, outcome ?? "", fault.summary]
    }
    let all = [["NAME", "OUTCOME", "ON THE WIRE"]] + rows
    let widths = (0..<2).map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      (0..<2).map { padded(row[$0], widths[$0]) }.joined() + row[2]
    }.joined(separator: "\n")
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: width - text.count + 2)
  }

  private static var json: [UInt8] {
    JSONWriter.bytes(.array(Fault.table.map(object)), indent: 2)
  }

  private static func object(_ fault: Fault) -> JSONValue {
    let dialects = Dialect.all.filter(fault.applies).map { dialect in
      JSONValue.object([
        JSONMember("dialect", .string(dialect.name)),
        JSONMember("path", .string(fault.path(in: dialect))),
        JSONMember("outcome", .string(fault.outcome(in: dialect).name)),
      ])
    }
    return .object([
      JSONMember("name", .string(fault.name)),
      JSONMember("status", .integer(Int64(fault.status))),
      JSONMember("wire", .string(fault.summary)),
      JSONMember("stream_only", .bool(fault.needsStream)),
      JSONMember("dialects", .array(dialects)),
    ])
  }
}
