public import Model

/// One look at a commit: a candidate run and the verdict that it ended in.
public struct Look: Sendable, Equatable {
  /// The series, 0 at first; each restart begins another.
  public var series: Int
  /// The look in its series, 1 for the first.
  public var look: Int
  /// The candidate run.
  public var runID: String
  /// The verdict after this look.
  public var verdict: VerdictKind
  /// Why the series was begun anew, in the words of who did it; nil in the first series.
  public var restartReason: String?
  /// `result.json` of the judgement, nil where it was not kept.
  public var result: String?

  /// A look.
  public init(
    series: Int, look: Int, runID: String, verdict: VerdictKind, restartReason: String? = nil,
    result: String? = nil
  ) {
    self.series = series
    self.look = look
    self.runID = runID
    self.verdict = verdict
    self.restartReason = restartReason
    self.result = result
  }
}

/// Whose looks: one commit in one environment of one project.
public struct LookPlace: Sendable, Hashable {
  /// The project's name.
  public var project: String
  /// The environment's key.
  public var environment: String
  /// The commit that is judged.
  public var commit: String

  /// A place.
  public init(project: String, environment: String, commit: String) {
    self.project = project
    self.environment = environment
    self.commit = commit
  }

  fileprivate var values: [SQLValue] { [.text(project), .text(environment), .text(commit)] }
}

extension ResultStore {
  /// Every look at a commit, by series and number.
  public func looks(_ place: LookPlace) throws(StoreError) -> [Look] {
    var found: [Look] = []
    try driver.query(
      "SELECT l.series, l.look, r.run_id, l.verdict, l.restart_reason, l.result FROM look l"
        + " JOIN run r ON r.key = l.run"
        + " WHERE l.project = $1 AND l.environment = $2 AND l.commit_id = $3"
        + " ORDER BY l.series, l.look", place.values
    ) { row throws(StoreError) in
      found.append(
        Look(
          series: Int(try row.integer(0)), look: Int(try row.integer(1)), runID: try row.text(2),
          verdict: try RunColumns.code(row, 3) { VerdictKind(rawValue: $0) },
          restartReason: row.textOrNil(4), result: row.textOrNil(5)))
    }
    return found
  }

  /// Stores a look and its verdict, in the run's row too. Throws `busy` if another job has taken
  /// the same look of the same commit: the caller judges again, with that look in the series.
  public func record(_ look: Look, at place: LookPlace) throws(StoreError) {
    try driver.transaction { () throws(StoreError) in
      let run = try key(of: look.runID)
      let added = try driver.execute(
        "INSERT INTO look (project, environment, commit_id, series, look, run, verdict,"
          + " restart_reason, result) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
          + " ON CONFLICT DO NOTHING",
        place.values + [
          SQLValue(look.series), SQLValue(look.look), .integer(run.rawValue),
          .text(look.verdict.rawValue), SQLValue(look.restartReason), SQLValue(look.result),
        ])
      guard added == 1 else {
        throw .busy(
          store: driver.store,
          reason: "look \(look.look) at \(place.commit) is taken by another job")
      }
      try setVerdict(look.verdict, runID: look.runID)
    }
  }
}
