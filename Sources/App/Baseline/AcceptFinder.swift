import Forge
import Gate
import Model
import Plan

/// Finds what a person means to accept, and refuses what there is not.
struct AcceptFinder {
  /// Letters of a name that stand for a run or a commit at least.
  private static let prefixMin = 4

  let loaded: LoadedPlan
  let global: GlobalOptions

  /// A regression's scope.
  struct Scope {
    var metric: String?
    var profile: String?
    var scenario: String?

    /// One scope has one waiver.
    var waiverID: String {
      let text = [metric ?? "*", profile ?? "*", scenario ?? "*"].joined(separator: "|")
      return "w-" + SHA256.hex(SHA256.digest(Array(text.utf8))[..<4])
    }
  }

  /// The scope, of names that the plan and the gate know.
  func scope(metric: String?, profile: String?, scenario: String?) throws -> Scope {
    let metrics = LatencyMetric.allCases.map(\.rawValue) + RateMetric.allCases.map(\.rawValue)
    try check("--metric", metric, in: metrics.sorted())
    try check("--profile", profile, in: loaded.plan.profiles.map(\.rawValue))
    try check("--scenario", scenario, in: loaded.plan.scenarios.map(\.name))
    if let metric, scenario != nil, RateMetric(rawValue: metric) != nil {
      throw Failure(
        .usage, "there is nothing to accept: \(metric) has no cell of a scenario",
        because: "rates are judged by profile, scenarios pooled",
        remedy: "leave --scenario away")
    }
    return Scope(metric: metric, profile: profile, scenario: scenario)
  }

  private func check(_ flag: String, _ name: String?, in known: [String]) throws {
    guard let name, !known.contains(name) else { return }
    let meant = nearest(name, in: known).map { "\($0)? " } ?? ""
    throw Failure(
      .usage, "\(flag) \(Console.inertLine(name)) is not known",
      remedy: "\(meant)it is one of " + known.joined(separator: ", "))
  }

  /// The ids of the failed runs of main that a name stands for.
  func failedRuns(_ name: String) throws -> [String] {
    let branch = loaded.plan.gate.branch
    let history = try History.ofStoreOrFile(loaded, global: global)
    let main = history.runs.filter { $0.header.branch == branch }
    let failed = main.filter { $0.header.verdict == .fail }
    let meant = try meant(by: name, among: main.map(\.header), of: branch)
    let list =
      failed.isEmpty
      ? "no run of \(branch) has failed in \(loaded.environment)"
      : "failed runs of \(branch): "
        + failed.map { "\($0.header.runID) (\($0.header.commit.prefix(12)))" }
        .joined(separator: ", ")
    guard !meant.isEmpty else {
      throw Failure(
        .usage, "no run of \(branch) is called \(Console.inertLine(name))", because: list,
        remedy: "streamgate baseline list")
    }
    let found = meant.filter { $0.verdict == .fail }
    guard !found.isEmpty else {
      let verdict = meant.compactMap { $0.verdict?.rawValue }.first ?? "not given"
      throw Failure(
        .usage, "there is nothing to accept: the verdict on \(meant[0].runID) is \(verdict)",
        because: list, remedy: "streamgate baseline list says what each run serves as")
    }
    for run in found {
      guard let why = problem(run) else { continue }
      throw Failure(
        .usage, "\(run.runID) cannot serve, accepted or not", because: why,
        remedy: "streamgate run --branch \(branch) makes another run")
    }
    return found.map(\.runID)
  }

  /// The one run that a name stands for, or the runs of the one commit; empty for none.
  private func meant(
    by name: String, among headers: [RunHeader], of branch: String
  ) throws -> [RunHeader] {
    let meant = headers.filter { Self.stands(name, for: $0.runID, $0.commit) }
    let exact = meant.filter { $0.runID == name || $0.commit == name }
    if !exact.isEmpty { return exact }
    let commits = Set(meant.filter { $0.commit.hasPrefix(name) }.map(\.commit))
    let others = meant.filter { !commits.contains($0.commit) }
    guard commits.count + others.count > 1 else { return meant }
    throw Failure(
      .usage, "\(Console.inertLine(name)) stands for several runs of \(branch)",
      because: meant.map { "\($0.runID) (\($0.commit.prefix(12)))" }.joined(separator: ", "),
      remedy: "give more letters of the one that is meant")
  }

  /// Why a run cannot serve whatever its verdict.
  private func problem(_ header: RunHeader) -> String? {
    if let aborted = header.aborted { return "aborted in \(aborted.profile) by \(aborted.rule)" }
    if !header.isFinished { return "it is not finished" }
    return header.isUsable ? nil : header.unusableReason ?? "it is marked as not usable"
  }

  /// The id of the run at which a proposed change point is.
  func changePoint(_ name: String) throws -> String {
    let history = try History.ofStoreOrFile(loaded, global: global)
    let judging = Judging(
      loaded: loaded, identity: CandidateIdentity.ofMain(loaded), history: history)
    let proposed = judging.choice(candidates: []).changes.points
      .filter { $0.state == .proposed }
    let found = proposed.filter { Self.stands(name, for: $0.runID, $0.commit) }
    guard let first = found.first, Set(found.map(\.runID)).count == 1 else {
      let branch = loaded.plan.gate.branch
      throw Failure(
        .usage,
        found.isEmpty
          ? "there is nothing to accept: no change point of \(branch) is proposed at "
            + Console.inertLine(name)
          : "several change points are at \(Console.inertLine(name)): name a run",
        because: proposed.isEmpty
          ? "none is proposed in \(loaded.environment)"
          : "proposed: " + proposed.map(\.sentence).joined(separator: "; "),
        remedy: "streamgate baseline list shows change points;"
          + " a change that has just been merged is accepted by --metric until it is found")
    }
    return first.runID
  }

  private static func stands(_ name: String, for runID: String, _ commit: String) -> Bool {
    if name == runID || name == commit { return true }
    return name.count >= prefixMin && (runID.hasPrefix(name) || commit.hasPrefix(name))
  }
}

extension CandidateIdentity {
  /// Main as a clone knows it: its remote's branch is often fresh where its own is stale.
  static func ofMain(_ loaded: LoadedPlan) -> CandidateIdentity {
    let branch = loaded.plan.gate.branch
    let git = loaded.git
    let tip = ["origin/" + branch, branch].lazy.compactMap { name in
      (try? git.commit(name)) ?? nil
    }.first
    return CandidateIdentity(
      commit: tip ?? "", branch: branch, isKnownToGit: tip != nil, notes: [])
  }
}

extension ChangePoint {
  /// `ttft_p50 +12.3 % at 4f2a9c1be0d3, after 77c1f09d2be8`.
  var sentence: String {
    let size = (change * 1_000).rounded() / 10
    let unit = scale == .share ? "points" : "%"
    return "\(id.name) \(size < 0 ? "" : "+")\(size) \(unit) at \(commit.prefix(12)),"
      + " after \(commitBefore.prefix(12))"
  }
}
