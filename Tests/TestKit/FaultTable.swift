public import Model
public import Testing

/// A fault of the simulator in one dialect: a row of the table that it prints, in one of the
/// dialects that it means something in.
public struct FaultEntry: Sendable, CustomTestStringConvertible {
  /// The fault's name.
  public let fault: String
  /// The status of the response, if one gets so far.
  public let status: Int
  /// The dialect's name.
  public let dialect: String
  /// Where every reply has it.
  public let path: String
  /// What a client must call it.
  public let outcome: Outcome

  /// Its name in reports of tests.
  public var testDescription: String { "\(fault) in \(dialect)" }

  /// Every entry, as the built simulator prints them.
  public static func table() throws -> [FaultEntry] {
    let printed = try RunningProcess.run(
      RunningProcess.product("streamgate-sim"), ["faults", "--json"])
    let rows = try #require(try JSONReader.parse(Array(printed.output.utf8)).arrayValue)
    return try rows.flatMap { row in
      try #require(row["dialects"]?.arrayValue).map { entry in
        let outcome = try #require(entry["outcome"]?.stringValue)
        return FaultEntry(
          fault: try #require(row["name"]?.stringValue),
          status: try #require(row["status"]?.intValue),
          dialect: try #require(entry["dialect"]?.stringValue),
          path: try #require(entry["path"]?.stringValue),
          outcome: try #require(Outcome(name: outcome)))
      }
    }
  }
}
