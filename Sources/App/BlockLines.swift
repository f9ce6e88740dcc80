import Reports
import ResultStore

/// What a check says of a store's blocks: a line for each that is wrong, and for each environment
/// whose runs should be in one.
struct BlockLines {
  private let check: BlockCheck
  /// Leads a table's name in a statement.
  private let schema: String

  /// The lines for a check of the store that is there.
  init(_ check: BlockCheck, of location: StoreLocation) {
    self.check = check
    schema = if case .postgres = location { "streamgate." } else { "" }
  }

  /// The lines; none if all is well.
  var lines: [String] { check.problems.map(text) + check.loose.map(text) }

  private func text(_ problem: BlockProblem) -> String {
    let start = "problem     block \(problem.block): "
    let run = problem.runID.map { "run \(Console.inertLine($0))" }
    if problem.isOfTables {
      return start + "the values of \(run ?? "a run") cannot be read from the tables: "
        + Console.inertLine(problem.what) + remedy(problem.runID)
    }
    let block = problem.block
    return start + (run.map { "of \($0) " } ?? "") + Console.inertLine(problem.what)
      + "\n  try in the database:"
      + "\n  UPDATE \(schema)run SET block = NULL WHERE block = \(block);"
      + " DELETE FROM \(schema)block_value WHERE block = \(block);"
      + "\n  then: streamgate store migrate"
  }

  private func text(_ loose: LooseRuns) -> String {
    let place = Console.inertLine("\(loose.project), \(loose.environment)")
    let start =
      "\(Figures.count(loose.count, "run")) of \(place) in no block, which is slow to read: "
    guard let failure = loose.failure else {
      return "note        " + start + "the next run that is stored packs"
        + " them, and streamgate store migrate"
    }
    guard let run = loose.unreadableRun, case .damaged(_, let reason) = failure else {
      return "problem     " + start + "they cannot be packed: "
        + Console.inertLine(Failure(failure).account)
    }
    return "problem     " + start + "the values of run \(Console.inertLine(run)) cannot be read: "
      + Console.inertLine(reason) + remedy(run)
  }

  private func remedy(_ runID: String?) -> String {
    guard let runID else { return "" }
    return "\n  try: streamgate runs delete \(Console.inertLine(runID))"
  }
}

extension BlockCheck {
  /// What the lines alone exit with: something is stored that streamgate did not write, or runs
  /// cannot be packed. A lock that another process held passes.
  var codes: [ExitCode] {
    let failures = loose.compactMap(\.failure).map { Failure($0).code }
    return (problems.isEmpty ? [] : [.input]) + failures.filter { $0 != .unavailable }
  }
}
