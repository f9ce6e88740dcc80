import Model

/// Finished runs of an environment that are in no block, though there are enough for one.
public struct LooseRuns: Sendable, Equatable {
  /// Their project.
  public var project: String
  /// Their environment.
  public var environment: String
  /// How many they are.
  public var count: Int
  /// Why the earliest of them cannot be packed; nil if they can, and the next run that is stored
  /// packs them.
  public var failure: StoreError?
  /// The run whose values cannot be read, nil if that is not why.
  public var unreadableRun: String?
}

/// A block that is not what the tables are.
public struct BlockProblem: Sendable, Equatable {
  /// The block.
  public var block: Int64
  /// The first run in question, nil where it is the block as a whole.
  public var runID: String?
  /// What is wrong.
  public var what: String
  /// True if the run's rows in the tables are at fault, and not the block.
  public var isOfTables: Bool
}

/// The blocks of a store as a check finds them.
public struct BlockCheck: Sendable, Equatable {
  /// Blocks that runs are in.
  public var blocks = 0
  /// Runs that are in one.
  public var runs = 0
  /// Runs that should be in one and are not, by environment.
  public var loose: [LooseRuns] = []
  /// Blocks that are not what the tables are.
  public var problems: [BlockProblem] = []
}

extension ResultStore {
  /// Compares every block with the tables, and tries to pack what should be packed without keeping
  /// it. O(values of runs).
  func checkBlocks() throws(StoreError) -> BlockCheck {
    var check = BlockCheck()
    var blocks: [Int64] = []
    try driver.query(
      "SELECT block, COUNT(*) FROM run WHERE block IS NOT NULL GROUP BY block ORDER BY block", []
    ) { row throws(StoreError) in
      blocks.append(try row.integer(0))
      check.runs += Int(try row.integer(1))
    }
    check.blocks = blocks.count
    for block in blocks {
      // Of one moment: another client may remove runs meanwhile.
      let problem = try driver.transaction(by: driver.dialect.beginReading) {
        () throws(StoreError) -> BlockProblem? in try self.problem(of: block)
      }
      if let problem { check.problems.append(problem) }
    }
    check.loose = try sealer.loosePlaces()
    for i in check.loose.indices { try tryPacking(&check.loose[i]) }
    return check
  }

  private func problem(of block: Int64) throws(StoreError) -> BlockProblem? {
    var members: [BlockQuery.Member] = []
    var runs: [RunSeries.Run] = []
    var keys: [Int64] = []
    try driver.query(
      "SELECT key, run_id, block_place FROM run WHERE block = $1 ORDER BY key", [.integer(block)]
    ) { row throws(StoreError) in
      keys.append(try row.integer(0))
      members.append(BlockQuery.Member(place: Int(try row.integer(2)), run: runs.count))
      runs.append(
        RunSeries.Run(
          runID: try row.text(1), branch: "", commit: "", startedAt: UnixNanos(0)))
    }
    var packed = RunSeries(runs)
    do {
      try BlockQuery(driver: driver, parts: RunParts(), members: [block: members]).fill(&packed)
    } catch .damaged(_, let reason) {
      return BlockProblem(block: block, what: reason, isOfTables: false)
    }
    let tables: RunSeries
    do {
      tables = try sealer.read(keys, into: RunSeries(runs))
    } catch .damaged(_, let reason) {
      return BlockProblem(
        block: block, runID: try sealer.unreadable(keys).map { runs[$0].runID }, what: reason,
        isOfTables: true)
    }
    guard let found = packed.firstDifference(from: tables) else { return nil }
    return BlockProblem(
      block: block, runID: runs[found.run].runID, what: found.words, isOfTables: false)
  }

  /// Packs a block of runs, says why that fails, and takes it back.
  private func tryPacking(_ loose: inout LooseRuns) throws(StoreError) {
    do {
      let writer = try writer()
      try writer.driver.execute(writer.driver.dialect.begin)
      defer { writer.driver.rollback() }
      try writer.driver.lockSchema()
      _ = try writer.sealer.sealNext(project: loose.project, environment: loose.environment)
    } catch {
      loose.failure = error
      guard case .damaged = error else { return }
      let runs = try sealer.next(project: loose.project, environment: loose.environment)
      loose.unreadableRun = try sealer.unreadable(runs.map(\.key)).map { runs[$0].runID }
    }
  }
}

extension BlockSealer {
  /// The first of some runs, which ascend, whose values cannot be read one by one.
  fileprivate func unreadable(_ keys: [Int64]) throws(StoreError) -> Int? {
    let unnamed = RunSeries([
      RunSeries.Run(runID: "", branch: "", commit: "", startedAt: UnixNanos(0))
    ])
    for (i, key) in keys.enumerated() {
      do {
        _ = try read([key], into: unnamed)
      } catch .damaged {
        return i
      }
    }
    return nil
  }
}

extension RunSeries {
  /// The first value that another series of the same runs has not.
  fileprivate func firstDifference(from other: RunSeries) -> SeriesDifference? {
    var others: [ColumnID: Column] = [:]
    for (id, column) in zip(other.ids, other.columns) { others[id] = column }
    for (id, column) in zip(ids, columns) {
      let found = difference(id, column, others.removeValue(forKey: id))
      if let found { return found }
    }
    for (id, column) in zip(other.ids, other.columns) where others[id] != nil {
      if let found = difference(id, nil, column) { return found }
    }
    return nil
  }

  private func difference(
    _ id: ColumnID, _ mine: Column?, _ theirs: Column?
  ) -> SeriesDifference? {
    for run in runs.indices {
      let (mine, theirs) = (SeriesValue(mine, run), SeriesValue(theirs, run))
      if mine != theirs { return SeriesDifference(id: id, run: run, block: mine, tables: theirs) }
    }
    return nil
  }
}

/// A value with what is behind it; nil where a run has none.
private struct SeriesValue: Equatable {
  var bits: UInt64
  var count: Int

  init?(_ column: RunSeries.Column?, _ run: Int) {
    guard let column, !column.values[run].isNaN else { return nil }
    bits = column.values[run].bitPattern
    count = column.counts[run]
  }

  var words: String { "\(Double(bitPattern: bits)) of n \(count)" }
}

/// Where a block and the tables differ.
private struct SeriesDifference {
  var id: RunSeries.ColumnID
  var run: Int
  var block: SeriesValue?
  var tables: SeriesValue?

  /// What is where, as the tables name it.
  var words: String {
    "\(name) is \(block?.words ?? "none") in the block, \(tables?.words ?? "none") in the tables"
  }

  private var name: String {
    switch id {
    case .latency(let key, let metric): place(key) + metric.rawValue
    case .rate(let profile, let rate): "\(profile) \(rate.rawValue)"
    case .figure(let key, let name): place(key) + name
    }
  }

  private func place(_ key: CellKey) -> String {
    [key.profile, key.scenario, key.region ?? ""].filter { !$0.isEmpty }.map { $0 + " " }.joined()
  }
}
