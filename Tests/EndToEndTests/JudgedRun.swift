import Foundation
import Model
import ResultStore
import TestKit

/// Run files that are judged without load.
enum JudgedRun {
  /// A run of 400 requests whose latencies vary around `scale` times 100 ms, by a seed.
  static func make(_ id: Int, branch: String, scale: Double = 1) -> RunRecord {
    var random = SeededGenerator(seed: UInt64(id), label: "end-to-end")
    let drift = 1 + 0.01 * (random.nextUnit() - 0.5)
    var header = Build.header(
      runID: "run-\(id)",
      startedAt: UnixNanos(1_700_000_000_000_000_000 + Int64(id) * 1_000_000_000))
    header.branch = branch
    let samples = (0..<400).map { seq in
      let ttft = Nanos(seconds: 0.1 * scale * drift * (0.8 + 0.4 * random.nextUnit()))
      return Build.success(
        seq: seq, intended: .milliseconds(Int64(seq) * 50), ttft: ttft, tokens: 50)
    }
    return RunRecord(header: header, samples: samples)
  }

  /// Writes a run file; gives its name.
  static func write(_ run: RunRecord, in product: Product) throws -> String {
    let name = run.header.runID + ".jsonl.gz"
    try RunFile.write(run, to: product.folder.file(name).path)
    return name
  }

  /// Writes `NAME/result.json` of a candidate against five runs of main, `scale` times as slow;
  /// gives its path.
  static func result(
    _ name: String, in product: Product, scale: Double = 1,
    change: (inout RunHeader) -> Void = { _ in }
  ) throws -> String {
    let mains = try (1...5).map { id in
      var run = make(id, branch: "main")
      change(&run.header)
      run.header.branch = "main"
      return try write(run, in: product)
    }
    let candidates = try (101...102).map { id in
      var run = make(id, branch: "change", scale: scale)
      run.header.commit = Job.head
      change(&run.header)
      return try write(run, in: product)
    }
    _ = try product.run(
      ["compare", "--candidate"] + candidates + ["--baseline"] + mains + ["--out", name])
    return name + "/result.json"
  }
}
