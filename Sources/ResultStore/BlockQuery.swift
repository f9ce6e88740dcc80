import Model

/// Reads values out of blocks (`BlockSealer`).
struct BlockQuery {
  /// A run that is wanted of a block.
  struct Member {
    /// Where its values are in each series of the block.
    var place: Int
    /// Where they go.
    var run: Int
  }

  let driver: any Driver
  let parts: RunParts
  /// What is wanted, by block.
  let members: [Int64: [Member]]

  /// Blocks, and series, that one statement asks for.
  private static let listMax = 250

  /// Reads what is wanted. O(values).
  func fill(_ series: inout RunSeries) throws(StoreError) {
    if members.isEmpty { return }
    let wanted = try SeriesNames(driver).wanted(parts)
    var columns: [Int64: Target] = [:]
    for (key, id) in wanted { columns[key] = Target(id: id) }
    for blocks in BlockQuery.cut(members.keys.sorted()) {
      for keys in BlockQuery.cut(wanted.map(\.key).sorted()) {
        try read(blocks, keys, &columns, &series)
      }
    }
  }

  /// Where the values of a series go; the column is made when the first value is met, as it is for
  /// rows.
  private struct Target {
    let id: RunSeries.ColumnID
    var column: Int?
  }

  private func read(
    _ blocks: [Int64], _ keys: [Int64], _ columns: inout [Int64: Target],
    _ series: inout RunSeries
  ) throws(StoreError) {
    func list(_ count: Int, after first: Int) -> String {
      (1...count).map { "$\($0 + first)" }.joined(separator: ", ")
    }
    try driver.query(
      "SELECT block, series, data FROM block_value"
        + " WHERE block IN (\(list(blocks.count, after: 0)))"
        + " AND series IN (\(list(keys.count, after: blocks.count)))",
      (blocks + keys).map { .integer($0) }, isBounded: true
    ) { row throws(StoreError) in
      let key = try row.integer(1)
      guard let members = members[try row.integer(0)], var target = columns[key] else { return }
      guard let data = BlockColumn(row.bytes(2)),
        members.allSatisfy({ $0.place >= 0 && $0.place < data.runs })
      else { throw row.damaged(2, "is no column of a block") }
      if target.column == nil {
        guard members.contains(where: { !data.value($0.place).isNaN }) else { return }
        target.column = series.column(target.id)
        columns[key] = target
      }
      guard let column = target.column else { return }
      series.change(column) { values, counts in
        for member in members {
          let value = data.value(member.place)
          if value.isNaN { continue }
          values[member.run] = value
          counts[member.run] = data.count(member.place)
        }
      }
    }
  }

  private static func cut(_ keys: [Int64]) -> [[Int64]] {
    stride(from: 0, to: keys.count, by: listMax).map {
      Array(keys[$0..<min($0 + listMax, keys.count)])
    }
  }
}
