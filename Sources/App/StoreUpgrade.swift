import Model
import ResultStore

/// Says on stderr how far the migration of a store is, each tenth of its runs, unless silence was
/// asked for.
enum StoreUpgrade {
  /// Tells of one migration.
  static func reporter() -> MigrationReporter {
    if Console.isQuiet { return { _ in } }
    let last = Locked<MigrationProgress?>(nil)
    return { progress in
      last.withLock { last in
        let isNew = last?.work != progress.work || last.map(tenths) != tenths(progress)
        last = progress
        if isNew { Console.error("streamgate: " + text(progress)) }
      }
    }
  }

  private static func tenths(_ progress: MigrationProgress) -> Int {
    10 * progress.runs / max(1, progress.of)
  }

  private static func text(_ progress: MigrationProgress) -> String {
    let part =
      switch progress.work {
      case .figures: "figures of"
      case .blocks: "packed"
      }
    return "bringing the store to this version's tables: "
      + "\(part) \(progress.runs) of \(progress.of) runs"
  }
}
