public import Model

extension ResultStore {
  /// The values of the runs that a filter lets through, the earliest stored first: as `runs` finds
  /// them, without a record for each. O(runs and values), with nothing allocated for a value.
  ///
  /// Runs that are in a block are read from it, the others from the tables (`BlockSealer`).
  public func series(_ filter: RunFilter, parts: RunParts) throws(StoreError) -> RunSeries {
    let hasFigures = parts.figures != .none && parts.figures != .named([])
    let columns =
      "key, run_id, commit_id, started_at, stored_at, token_unit, branch, block, block_place"
      + (hasFigures ? ", profiles, scenarios, regions" : "")
    let (sql, values) = filter.selecting(columns)
    var found: [FoundRun] = []
    var runs: [RunSeries.Run] = []
    var cells = CellNames()
    var lists = Set<[UInt8]>()
    var reader = HeaderReader()
    try driver.query(sql, values, isBounded: true) { row throws(StoreError) in
      let block = try row.integerOrNil(7)
      found.append(
        FoundRun(
          key: try row.integer(0), block: block,
          place: block == nil ? 0 : Int(try row.integer(8))))
      runs.append(
        RunSeries.Run(
          runID: try row.text(1), branch: try row.text(6), commit: try row.text(2),
          startedAt: UnixNanos(try row.integer(3)), storedAt: UnixNanos(try row.integer(4)),
          tokenUnit: try RunColumns.code(row, 5) { TokenUnit(rawValue: $0) }))
      if hasFigures, block == nil, lists.insert(row.joined(9..<12)).inserted {
        cells.add(
          try reader.names(row, 9), try reader.names(row, 10), try reader.names(row, 11))
      }
    }
    found.reverse()
    runs.reverse()
    var series = RunSeries(runs)
    var members: [Int64: [BlockQuery.Member]] = [:]
    var loose: [Int] = []
    for (run, entry) in found.enumerated() {
      if let block = entry.block {
        members[block, default: []].append(BlockQuery.Member(place: entry.place, run: run))
      } else {
        loose.append(run)
      }
    }
    try BlockQuery(driver: driver, parts: parts, members: members).fill(&series)
    let places = RunPlaces(loose.map { found[$0].key }, at: loose)
    try PartsQuery(driver: driver, keys: places.keys, parts: parts)
      .fill(&series, at: places, cells: cells)
    return series
  }

  /// Where the values of a run are.
  private struct FoundRun {
    var key: Int64
    /// nil where they are in no block.
    var block: Int64?
    var place: Int
  }
}
