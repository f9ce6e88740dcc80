import Gate
import Model
import Plan
import ResultStore

extension RunRecord {
  /// A run from a file with its cells, which a file does not carry.
  func summarized(objectives: [Objective]) -> RunRecord {
    Gate.summarize(
      samples: samples ?? [], header: header, objectives: objectives, logins: logins)
  }
}

extension EnvironmentReference {
  /// What a run freezes if none is frozen yet: nil for a run that cannot serve.
  init?(freezing header: RunHeader) {
    guard header.isUsable, header.isFinished, header.exploration == nil,
      header.commit != RunHeader.uncommitted, let stallGap = header.stallGap
    else { return nil }
    self.init(
      project: header.project, environment: header.environment,
      referenceTokens: header.referenceTokens, stallGap: stallGap, frozenBy: header.runID)
  }
}
