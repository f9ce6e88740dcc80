public import Model

extension ResultStore {
  /// Stores the header of a run that begins, as unfinished, and returns the run's key for
  /// `append`. Throws `runExists` if its id is taken.
  public func beginRun(_ header: RunHeader) throws(StoreError) -> RunKey {
    let header = header.unfinished
    return try retryingTakenKey { () throws(StoreError) in
      try driver.transaction { () throws(StoreError) in try insert(header, storedAt: nil) }
    }
  }

  /// Adds requests of an unfinished run, all or none. O(samples).
  public func append(_ samples: [StreamSample], to run: RunKey) throws(StoreError) {
    if samples.isEmpty { return }
    try driver.transaction { () throws(StoreError) in try insert(samples, run: run) }
  }

  /// Stores what the run came to and marks it as finished, all or nothing. The samples are those
  /// that were appended; those in the record are not looked at.
  public func finishRun(_ record: RunRecord) throws(StoreError) {
    var header = record.header
    header.isFinished = true
    try header.checkNames()
    let isDue = try driver.transaction { () throws(StoreError) in
      let key = try key(of: header.runID)
      let columns = RunColumns.names.enumerated().map { "\($1) = $\($0 + 1)" }
      try driver.execute(
        "UPDATE run SET \(columns.joined(separator: ", ")) WHERE key = $\(columns.count + 1)",
        RunColumns.values(header) + [.integer(key.rawValue)])
      try insertFigures(of: record, run: key)
      return try isSealDue(header)
    }
    if isDue { seal(header) }
  }

  private func isSealDue(_ header: RunHeader) throws(StoreError) -> Bool {
    try sealer.isDue(project: header.project, environment: header.environment)
  }

  /// Packs runs into a block. The run is stored whatever comes of this: where it fails its values
  /// are read from the tables, and the next run tries again.
  private func seal(_ header: RunHeader) {
    _ = Result { () throws(StoreError) in
      try sealer.seal(project: header.project, environment: header.environment)
    }
  }

  /// Sets the verdict of a stored run.
  public func setVerdict(_ verdict: VerdictKind, runID: String) throws(StoreError) {
    let changed = try driver.execute(
      "UPDATE run SET verdict = $1 WHERE run_id = $2", [.text(verdict.rawValue), .text(runID)])
    guard changed == 1 else { throw .unknownRun(runID) }
  }

  /// Stores a whole run from a file, all or nothing; its place in time is its own start. Throws
  /// `runExists` if the id is taken, unless that run is unfinished: then the file replaces it.
  public func importRun(_ record: RunRecord) throws(StoreError) {
    let isDue = try retryingTakenKey { () throws(StoreError) in
      try driver.transaction { () throws(StoreError) in
        let unfinished = try driver.number(
          "SELECT key FROM run WHERE run_id = $1 AND finished = 0",
          [.text(record.header.runID)])
        if let unfinished { try delete(RunKey(rawValue: unfinished)) }
        let key = try insert(record.header, storedAt: record.header.startedAt)
        try insert(record.samples ?? [], run: key)
        try insertFigures(of: record, run: key)
        return try isSealDue(record.header)
      }
    }
    if isDue { seal(record.header) }
  }

  /// Removes a run with all that belongs to it.
  public func deleteRun(_ runID: String) throws(StoreError) {
    try driver.transaction { () throws(StoreError) in try delete(try key(of: runID)) }
  }

  /// Removes the requests of finished runs that were stored before a time, and says how many they
  /// were. The runs' cells stay, so that they go on serving as a baseline.
  public func pruneSamples(storedBefore time: UnixNanos) throws(StoreError) -> Int {
    try driver.transaction { () throws(StoreError) in
      try driver.execute(
        "DELETE FROM sample WHERE run IN"
          + " (SELECT key FROM run WHERE finished = 1 AND stored_at < $1)", [SQLValue(time)])
    }
  }

  private func delete(_ key: RunKey) throws(StoreError) {
    let block = try driver.number(
      "SELECT block FROM run WHERE key = $1", [.integer(key.rawValue)])
    try driver.execute("DELETE FROM sample WHERE run = $1", [.integer(key.rawValue)])
    try driver.execute("DELETE FROM run WHERE key = $1", [.integer(key.rawValue)])
    guard let block else { return }
    // The last run of a block takes it along.
    try driver.execute(
      "DELETE FROM block_value WHERE block = $1"
        + " AND NOT EXISTS (SELECT 1 FROM run WHERE block = $1)", [.integer(block)])
  }

  /// The key of a stored run.
  func key(of runID: String) throws(StoreError) -> RunKey {
    let key = try driver.number("SELECT key FROM run WHERE run_id = $1", [.text(runID)])
    guard let key else { throw .unknownRun(runID) }
    return RunKey(rawValue: key)
  }

  /// Adds a run's row under the next key.
  func insert(_ header: RunHeader, storedAt: UnixNanos?) throws(StoreError) -> RunKey {
    try header.checkNames()
    let runID = SQLValue.text(header.runID)
    guard try driver.number("SELECT key FROM run WHERE run_id = $1", [runID]) == nil else {
      throw .runExists(header.runID)
    }
    let next = try driver.number("SELECT COALESCE(MAX(key), 0) + 1 FROM run") ?? 1
    var names = ["key"] + RunColumns.names
    var values = [.integer(next)] + RunColumns.values(header)
    if let storedAt {
      names.append("stored_at")
      values.append(SQLValue(storedAt))
    }
    let places = (1...values.count).map { "$\($0)" }.joined(separator: ", ")
    let added = try driver.execute(
      "INSERT INTO run (\(names.joined(separator: ", "))) VALUES (\(places))"
        + " ON CONFLICT DO NOTHING", values)
    guard added == 1 else { throw .busy(store: driver.store, reason: ResultStore.takenKey) }
    return RunKey(rawValue: next)
  }

  private static let takenKey = "another run took the same key"
  private static let takenKeyRetriesMax = 20

  /// Two clients that begin a run at one time see the same next key; the later one tries again.
  private func retryingTakenKey<Value>(
    _ body: () throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    for _ in 0..<ResultStore.takenKeyRetriesMax {
      do {
        return try body()
      } catch .busy(_, ResultStore.takenKey) {
        continue
      }
    }
    return try body()
  }

  private func insertFigures(of record: RunRecord, run: RunKey) throws(StoreError) {
    let latencies = record.latencies
    try driver.bulkInsert(
      into: "cell", ["run", "profile", "scenario", "region", "metric", "log_value", "n"],
      count: latencies.count
    ) { i, row in
      row.big(run.rawValue)
      row.cell(latencies[i].key)
      row.text(latencies[i].metric.rawValue)
      row.double(latencies[i].logValue)
      row.big(latencies[i].n)
    }
    let rates = record.rates
    try driver.bulkInsert(
      into: "rate", ["run", "profile", "metric", "k", "n"], count: rates.count
    ) { i, row in
      row.big(run.rawValue)
      row.text(rates[i].profile)
      row.text(rates[i].rate.rawValue)
      row.big(rates[i].k)
      row.big(rates[i].n)
    }
    let objectives = record.objectives
    try driver.bulkInsert(
      into: "objective", ["run", "position", "objective", "value", "n"], count: objectives.count
    ) { i, row in
      row.big(run.rawValue)
      row.small(i)
      row.text(objectives[i].objective)
      row.double(objectives[i].value)
      row.big(objectives[i].n)
    }
    let figures = record.figures
    try driver.bulkInsert(
      into: "figure", ["run", "profile", "scenario", "region", "name", "value", "n"],
      count: figures.count
    ) { i, row in
      let figure = figures[i]
      row.big(run.rawValue)
      row.cell(
        CellKey(profile: figure.profile, scenario: figure.scenario, region: figure.region))
      row.text(figure.name)
      row.double(figure.value)
      row.big(figure.n)
    }
  }
}

extension RunHeader {
  /// The header while the run goes on: what a crash leaves is no baseline.
  var unfinished: RunHeader {
    var header = self
    header.isFinished = false
    header.isUsable = false
    header.unusableReason = header.unusableReason ?? "the run did not finish"
    return header
  }
}

/// A run's key inside one store.
public struct RunKey: Sendable, Hashable {
  let rawValue: Int64
}

extension BulkRow {
  /// Profile, scenario and region, an absent region as an empty text.
  mutating func cell(_ key: CellKey) {
    text(key.profile)
    text(key.scenario)
    text(key.region ?? "")
  }
}

extension RunHeader {
  /// Throws if a name that the store has in an index is too long for PostgreSQL's.
  func checkNames() throws(StoreError) {
    func check(_ field: String, _ names: [String]) throws(StoreError) {
      for name in names where name.utf8.count > RunHeader.nameBytesMax {
        throw .nameTooLong(field: field, bytes: name.utf8.count)
      }
    }
    try check("run_id", [runID])
    try check("project", [project])
    try check("commit", [commit])
    try check("environment", [environment])
    try check("profiles", profiles)
    try check("scenarios", scenarios)
    try check("regions", regions)
  }
}
