import Gate
import Model
import Plan

extension RunRecord {
  /// A run from a file with its cells, which a file does not carry.
  func summarized(objectives: [Objective]) -> RunRecord {
    Gate.summarize(samples: samples ?? [], header: header, objectives: objectives)
  }
}
