import ArgumentParser
import Forge
import Gate
import Model
import Plan
import Reports
import ResultStore

/// What becomes of a run whose endpoint wants credentials that are not here.
struct CredentialOptions: ParsableArguments {
  @Option(
    name: .customLong("no-credentials"),
    help: """
      Where secrets of the plan's endpoint are missing: pass (skip the gate, exit with 0) or fail \
      (3). By default pass in a pull request from a fork, and an error (65) anywhere else.
      """)
  var policy: MissingPolicy?

  /// The plan; its secrets may be missing where this run may be skipped for it. A store whose
  /// secret is missing in a fork's pipeline is none: the baseline file alone is the history there.
  func load(
    _ options: GlobalOptions, extra: [PlanOverride], load: LoadOptions, isOneVerdict: Bool
  ) throws -> LoadedPlan {
    let isFork = Environment.pipeline.isFork
    let maySkip = isOneVerdict && (policy != nil || isFork)
    var loaded = try LoadedPlan.load(
      options, extra: extra, load: load, secrets: maySkip ? .mayBeMissing : .required)
    guard loaded.resolution.missingCredentials.isEmpty else { return loaded }
    if !isFork { try loaded.checkStoreSecret() }
    if isFork { try loaded.leaveForeignStore(options) }
    return loaded
  }

  /// A report on a run that never began.
  func report(on loaded: LoadedPlan, _ identity: CandidateIdentity) -> Report {
    var header = RunHeader(of: loaded.plan, loaded, as: identity)
    header.isFinished = false
    header.isUsable = false
    header.unusableReason = "no credentials"
    let input = GateInput(
      settings: GateSettings(plan: loaded.plan.gate, objectives: loaded.plan.objectives),
      candidates: [RunRecord(header: header)], baseline: [], evaluatedAt: header.startedAt,
      missing: MissingCredentials(
        variables: loaded.resolution.missingCredentials, isAllowed: isAllowed))
    let verdict = Gate.judge(input)
    let policy = ExitPolicy(loaded.plan.gate)
    return Report(
      input: input, verdict: verdict,
      facts: ReportFacts(
        exitCode: Int(policy.code(for: verdict).rawValue), hostName: Host.name,
        version: App.version, baselineBranch: loaded.plan.gate.branch,
        notes: identity.notes + [reason].compactMap { $0 }))
  }

  /// The same for a log, in one line.
  func line(_ loaded: LoadedPlan) -> String {
    let names = loaded.resolution.missingCredentials
    let list = names.joined(separator: ", ")
    return "skipped: \(list) \(names.count == 1 ? "is" : "are") not set, so that no load is sent: "
      + "\(isAllowed ? "exit code 0" : "exit code 3") "
      + (policy.map { "by --no-credentials \($0.rawValue)" }
        ?? "in a pull request from a fork; --no-credentials fail to end with 3")
  }

  private var isAllowed: Bool { policy != .fail }

  private var reason: String? {
    Environment.pipeline.isFork
      ? "The pull request comes from a fork, whose pipeline has no secrets." : nil
  }
}

/// What a gate without credentials exits with.
enum MissingPolicy: String, ExpressibleByArgument, CaseIterable {
  case pass
  case fail
}

extension LoadedPlan {
  /// The plan for a command that sends no load: the endpoint's secrets may be missing, since a job
  /// that only reads the store has none.
  static func loadForStore(_ options: GlobalOptions) throws -> LoadedPlan {
    let loaded = try LoadedPlan.load(options, secrets: .mayBeMissing)
    try loaded.checkStoreSecret()
    return loaded
  }

  /// Throws if the store's address wants a variable that is missing.
  fileprivate func checkStoreSecret() throws {
    guard let missing = resolution.missingOfStore.first else { return }
    throw Failure(
      .plan, "the store's variable \(missing) is not set or empty", at: path,
      because: "only the endpoint's secrets may be missing here", remedy: "export \(missing)")
  }

  /// What is missing in words, nil where nothing is.
  var missingNote: String? {
    let names = resolution.missingCredentials + resolution.missingOfStore
    guard !names.isEmpty else { return nil }
    return "\(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") not set: this is a "
      + "pull request from a fork, whose pipeline has no secrets"
  }

  /// Keeps a fork's run beside its plan where the store is not there for it: its secret is missing,
  /// or the database refuses whoever comes without one.
  fileprivate mutating func leaveForeignStore(_ options: GlobalOptions) throws {
    let why: String
    if let missing = resolution.missingOfStore.first {
      why = "\(missing) is not set"
    } else if case .postgres = storeLocation {
      do {
        _ = try ResultStore.open(storeLocation, for: .read)
        return
      } catch StoreError.refused {
        why = "\(storeLocation) refuses it"
      } catch {
        return
      }
    } else if plan.store == nil {
      why = "none is named here"
    } else {
      return
    }
    plan.store = nil
    withoutStore = why
  }
}

extension History {
  /// What a fork's run without the store is held against, in words; nil for a run with one.
  func foreignNote(_ loaded: LoadedPlan) -> String? {
    guard let why = loaded.withoutStore, loaded.exploration == nil else { return nil }
    let file = History.baselinePath(loaded)
    let run = "a pull request from a fork runs without the store (\(why))"
    // A lease is in the store that pipelines share.
    let alone =
      loaded.plan.gate.isExclusive ? "; gate.exclusive keeps no other pipeline away here" : ""
    if !storedAt.isEmpty {
      return "\(run): its history is what lies in \(loaded.storeLocation)" + alone
    }
    return hasBaselineFile
      ? "\(run): its history is \(file) alone" + alone
      : "\(run) and there is no \(file): it has no history; streamgate baseline export writes that "
        + "file for main to commit" + alone
  }
}
