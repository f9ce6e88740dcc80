import Forge
import Foundation
import Gate
import Model
import Plan
import Reports
import ResultStore

/// Judges files and stored runs without load.
struct Comparison {
  /// Looks of a judgement without a plan.
  static let maxLooksWithoutPlan = 5

  let global: GlobalOptions
  let maxLooks: Int?
  let inconclusive: InconclusivePolicy?
  /// True if reports are to have what only the page shows.
  var wantsPage = false

  // MARK: - Run files

  /// Judges run files in given roles.
  func judge(
    candidate: [String], baseline: [String], fresh: [String], history: [[String]]
  ) throws -> Report {
    let plan = try planIfAny()
    var candidates = try candidate.map(read)
    var mains = try baseline.map(read)
    var freshRuns = try fresh.map(read)
    var groups = try history.map { try $0.map(read) }
    let reference = reference(of: mains + groups.flatMap { $0 }, candidates: candidates)
    let objectives = plan?.plan.objectives ?? []
    func summarize(_ run: RunRecord) -> RunRecord {
      var header = run.header
      if header.referenceTokens.isEmpty { header.referenceTokens = reference.tokens }
      header.stallGap = header.stallGap ?? reference.stallGap
      return Gate.summarize(
        samples: run.samples ?? [], header: header, objectives: objectives, logins: run.logins)
    }
    candidates = candidates.map(summarize)
    mains = mains.map(summarize)
    freshRuns = freshRuns.map(summarize)
    groups = groups.map { $0.map(summarize) }
    var settings =
      plan.map { GateSettings(plan: $0.plan.gate, objectives: objectives) }
      ?? GateSettings(maxLooks: Comparison.maxLooksWithoutPlan)
    if let maxLooks { settings.maxLooks = maxLooks }
    // What is judged as a candidate is no run of main, whatever its header says.
    let input = GateInput(
      settings: settings, candidates: candidates.map { $0.asCandidate(not: settings.branch) },
      baseline: mains.map(\.withoutSamples), fresh: freshRuns.map(\.withoutSamples),
      history: groups.map { $0.map(\.withoutSamples) },
      evaluatedAt: candidates.map(\.header.startedAt).max() ?? UnixNanos(0),
      displays: DisplayTests.compare(candidate: candidates, baseline: mains + freshRuns))
    var report = finish(input, verdict: Gate.judge(input), plan: plan)
    let hasOthers = !(mains + freshRuns + groups.flatMap { $0 }).isEmpty
    if hasOthers, candidates.last?.header.exploration != nil {
      report.facts.notes.append(
        "The runs that are named beside the candidate were not looked at:"
          + " what is not the fixed profile is compared with nothing.")
    }
    addPageDetail(to: &report, SampleReader(candidates + mains + freshRuns), besideFile: candidate)
    return report
  }

  /// Adds to a report what only the page shows, if that is wanted; streams from beside the files.
  /// Without a page no file beside is looked at: of a fork's folder `result.json` alone is read.
  private func addPageDetail(
    to report: inout Report, _ samples: @autoclosure () -> SampleReader,
    besideFile files: [String] = []
  ) {
    guard wantsPage else { return }
    let reader = samples()
    let finder = StreamFinder(global: global)
    PageDetail(
      samples: reader.samples, streams: { finder.file(of: $0, besideFile: files.last) }
    ).add(to: &report)
  }

  /// The reference that the earliest main run with one carries, or makes of its requests.
  private func reference(
    of mains: [RunRecord], candidates: [RunRecord]
  ) -> (tokens: [String: Double], stallGap: Nanos?) {
    let sorted = mains.sorted {
      ($0.header.startedAt, $0.header.runID) < ($1.header.startedAt, $1.header.runID)
    }
    guard let first = sorted.first(where: \.header.isUsable) else { return ([:], nil) }
    let own = Gate.summarize(samples: first.samples ?? [], header: first.header)
    return (own.header.referenceTokens, own.header.stallGap)
  }

  private func read(_ path: String) throws -> RunRecord {
    return try RunFile.read(path)
  }

  // MARK: - A result file

  /// What to try where a file is no `result.json`.
  static let resultHint = "the result.json that run or compare wrote into its --out folder"

  /// Judges a `result.json` again; `hint` is what to try where it is something else.
  func judgeAgain(_ path: String, hint: String = Comparison.resultHint) throws -> Report {
    let bytes = try Comparison.bytes(of: path)
    let file: ResultFile
    do {
      file = try ResultFile.decode(bytes)
    } catch .otherFormat(CapacityReport.format) {
      throw Failure(comparedSearch: path)
    } catch {
      throw Failure(error, at: path, hint: hint)
    }
    let verdict = try verdict(of: file, at: path)
    var facts = file.facts
    if verdict.kind != file.kind || inconclusive != nil {
      facts.exitCode = Int(policy(nil).code(for: verdict).rawValue)
    }
    var report = Report(input: file.input, verdict: verdict, facts: facts)
    addPageDetail(to: &report, RunFilesBeside(path).reader, besideFile: [path])
    return report
  }

  /// The bytes of a result file.
  static func bytes(of path: String) throws -> [UInt8] {
    switch BoundedFile.read(path, bytesMax: ResultFile.bytesMax) {
    case .success(let bytes): return bytes
    case .failure(let error):
      throw Failure(.input, "the file cannot be read", at: path, because: error.why)
    }
  }

  // MARK: - Two names

  /// Judges HEAD: against the store's history if both are stored, else shows the differences of
  /// two files.
  func judge(base: String, head: String) throws -> Report {
    let files = [base, head].filter { FileManager.default.fileExists(atPath: $0) }
    if files.count == 2 {
      let (before, after) = (try read(base), try read(head))
      var report = try differences(base: before, head: after)
      addPageDetail(to: &report, SampleReader([before, after]), besideFile: [head])
      return report
    }
    guard files.isEmpty else {
      throw Failure(
        .usage, "\(files[0]) is a file, and the other one is not",
        remedy: "two files, or two names in the store; streamgate runs import stores a file")
    }
    let loaded = try LoadedPlan.loadForStore(global)
    let store = try StoreOptions.open(global, for: .read)
    let finder = RunFinder(store: store, loaded: loaded)
    let (before, candidates) = (try finder.runs(base), try finder.runs(head))
    guard let newest = candidates.last else { throw Failure(StoreError.unknownRun(head)) }
    let wanted = Set(before.map(\.header.runID))
    let isExploration = newest.header.exploration != nil
    let reader = SampleReader { try? store.samples($0) }
    var queue = QueuePlaces(into: loaded.plan.gate.branch, git: loaded.git)
    queue.ask(about: before.map(\.header))
    let serves = before.contains { queue.isMain($0.header) && $0.header.exploration == nil }
    if isExploration || !serves {
      var report = try differences(base: before[before.count - 1], head: newest)
      addPageDetail(to: &report, reader)
      return report
    }
    let identity = CandidateIdentity(
      commit: newest.header.commit, branch: newest.header.branch,
      isKnownToGit: ((try? loaded.git.commit(newest.header.commit)) ?? nil) != nil, notes: [])
    let last = before.last?.header.startedAt
    let history = try History.load(
      loaded, store: store,
      scope: History.Scope(lineage: identity.lineage(loaded.git)) { header in
        !header.isOfMainOrQueue(loaded) || wanted.contains(header.runID)
          || header.startedAt <= last ?? header.startedAt
      })
    let judging = Judging(loaded: loaded, identity: identity, history: history)
    let input = judging.input(candidates: candidates, samples: reader.samples)
    var report = finish(input, verdict: Gate.judge(input), plan: loaded)
    addPageDetail(to: &report, reader)
    report.facts.notes += before.compactMap(\.header.uselessNote)
    return report
  }

  private func differences(base: RunRecord, head: RunRecord) throws -> Report {
    try Comparison.refuseSearches([base.header, head.header])
    try checkLoads(base.header, head.header)
    let summarized = [base, head].map { run in
      run.latencies.isEmpty
        ? Gate.summarize(samples: run.samples ?? [], header: run.header, logins: run.logins) : run
    }
    let input = GateInput(
      candidates: [summarized[1].withoutSamples], baseline: [summarized[0].withoutSamples],
      displays: DisplayTests.compare(candidate: [summarized[1]], baseline: [summarized[0]]))
    let (before, after) = (base.header, head.header)
    if (before.project, before.environment) != (after.project, after.environment) {
      global.say(
        "warning: \(before.project) \(before.environment) and \(after.project) "
          + "\(after.environment) are different environments: their figures do not compare")
    }
    var report = finish(
      input, verdict: differences(summarized[1], summarized[0], input.displays), plan: nil)
    report.facts.isDifference = true
    report.facts.notes += [before, after].compactMap(\.uselessNote)
    return report
  }

  /// Throws if one of the runs is a search for a capacity.
  static func refuseSearches(_ headers: [RunHeader]) throws {
    guard let search = headers.first(where: { $0.profiles == [CapacityRun.profile] }) else {
      return
    }
    throw Failure(comparedSearch: search.runID)
  }

  /// Throws for runs under different loads: what differs then is not the service.
  private func checkLoads(_ base: RunHeader, _ head: RunHeader) throws {
    guard base.exploration != head.exploration else { return }
    func words(_ header: RunHeader) -> String {
      "\(header.runID) is \(header.explorationReason ?? "the plan's fixed profile")"
    }
    throw Failure(
      .usage, "the two runs had different loads", because: "\(words(base)), \(words(head))",
      remedy: "compare runs of one load; streamgate report shows each alone")
  }

  private func differences(
    _ candidate: RunRecord, _ baseline: RunRecord, _ displays: [DisplayComparison]
  ) -> Verdict {
    var verdict = Gate.differences(candidate: candidate, baseline: baseline)
    verdict.displays = displays
    return verdict
  }

  /// What a result file's inputs come to, judged or put side by side as they were.
  private func verdict(of file: ResultFile, at path: String) throws -> Verdict {
    guard file.facts.isDifference else { return Gate.judge(file.input) }
    guard let candidate = file.input.candidates.first, let baseline = file.input.baseline.first
    else { throw Failure(.input, "a result of two runs that holds fewer", at: path) }
    return differences(candidate, baseline, file.input.displays)
  }

  // MARK: - Shared

  private func planIfAny() throws -> LoadedPlan? {
    planExists(global) ? try LoadedPlan.loadForStore(global) : nil
  }

  private func policy(_ plan: LoadedPlan?) -> ExitPolicy {
    ExitPolicy(plan?.plan.gate, inconclusive: inconclusive)
  }

  private func finish(_ input: GateInput, verdict: Verdict, plan: LoadedPlan?) -> Report {
    Report(
      input: input, verdict: verdict,
      facts: ReportFacts(
        exitCode: Int(policy(plan).code(for: verdict).rawValue), hostName: "",
        version: App.version, baselineBranch: input.settings.branch))
  }
}

extension Failure {
  /// A search for a capacity, by its run or its file, was to be compared.
  fileprivate init(comparedSearch name: String) {
    self.init(
      .usage, "a search for a capacity is compared with nothing", at: name,
      because: "its steps are loads of their own, chosen by what it measured",
      remedy: "streamgate report \(name) shows it")
  }
}

extension RunHeader {
  /// True for a run of main, and for one of its merge queue, which may be main's.
  fileprivate func isOfMainOrQueue(_ loaded: LoadedPlan) -> Bool {
    let main = loaded.plan.gate.branch
    return branch == main || branch.hasPrefix(MergeQueue.branchPrefix(into: main))
  }

  /// Says that a run's figures are those of a run that cannot serve, and why; nil for one that can,
  /// and for one that only is not the fixed profile, which its mark says.
  fileprivate var uselessNote: String? {
    if !isFinished { return "Run \(runID) was not finished: its figures are of a part of it." }
    guard !isUsable, let unusableReason, unusableReason != explorationReason else { return nil }
    return "Run \(runID) is not usable: \(unusableReason)."
  }
}

extension RunRecord {
  /// The record as a candidate's, without its requests: not on the branch whose runs are judged
  /// alone.
  fileprivate func asCandidate(not branch: String) -> RunRecord {
    var record = withoutSamples
    if record.header.branch == branch { record.header.branch = "" }
    return record
  }
}
