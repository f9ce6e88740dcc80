import Forge
import Foundation
import Model
import Plan
import ResultStore
import Workload

extension Plan {
  /// This plan against the place where main runs, nil where the plan names none.
  var atBaselineTarget: Plan? {
    guard let target = gate.baselineTarget else { return nil }
    var plan = self
    plan.target.url = target
    // The build that is judged runs elsewhere: what runs here tells its own commit.
    plan.target.identity?.equals = nil
    for index in plan.scenarios.indices { plan.scenarios[index].target.url = target }
    return plan
  }
}

extension PromptFileError {
  var why: String {
    switch self {
    case .unreadable(let why): why
    case .tooLong: "it is too long"
    }
  }
}

extension Plan {
  /// Bytes of a certificate's file at most.
  private static let certificateBytesMax = 16 << 20

  /// This plan with the paths of its certificates relative to where the program runs; throws for a
  /// file that cannot be read.
  fileprivate func locatingFiles(beside path: String) throws -> Plan {
    for (key, name) in target.tls.files {
      let file = PlanFile.path(name, beside: path)
      let read = BoundedFile.read(file, bytesMax: Plan.certificateBytesMax)
      guard case .failure(let error) = read else { continue }
      throw Failure(.input, "target.tls.\(key) cannot be read", at: file, because: error.why)
    }
    var plan = self
    plan.target.tls = target.tls.mapFiles { PlanFile.path($0, beside: path) }
    for index in plan.scenarios.indices { plan.scenarios[index].target.tls = plan.target.tls }
    return plan
  }
}

/// A plan as a command needs it: resolved, with its keys and where its values came from.
struct LoadedPlan {
  var plan: Plan
  var resolution: PlanResolution
  /// The file's path, as the user gave it.
  var path: String
  /// What runs must share to be compared.
  var environment: String
  /// What of the load is not the plan's fixed profile, nil where all of it is: such runs are held
  /// to their objectives and never compared.
  var exploration: String?
  /// Why a fork's run goes without the store that main's runs are in, nil where it does not.
  var withoutStore: String?

  /// Reads and resolves the plan of the flags; `extra` are flags with names of their own, `load`
  /// those that leave the fixed profile. Where secrets may be missing and those of the endpoint
  /// are, the plan can be shown and not run, and certificates, which a pipeline may make of
  /// secrets, are not looked for.
  static func load(
    _ options: GlobalOptions, extra: [PlanOverride] = [], load: LoadOptions? = nil,
    secrets: SecretRule = .required
  ) throws -> LoadedPlan {
    let resolution: PlanResolution
    do {
      resolution = try PlanFile.resolve(
        options.config, overrides: options.planOverrides + extra,
        environment: Environment.variables, secrets: secrets)
    } catch {
      throw Failure(error, file: options.config)
    }
    for warning in resolution.warnings {
      options.say("warning: " + warning.text(file: options.config))
    }
    Failure.hiddenEndpoints = HiddenEndpoints(of: resolution.plan)
    let plan =
      resolution.missingCredentials.isEmpty
      ? try resolution.plan.locatingFiles(beside: options.config) : resolution.plan
    var loaded = LoadedPlan(
      plan: plan, resolution: resolution, path: options.config,
      environment: plan.environmentKey(cpuModel: Environment.cpuModel()))
    do throws(LoadOverrideError) {
      if let overrides = try load?.overrides() { try loaded.leaveFixedProfile(overrides) }
    } catch {
      throw Failure(error)
    }
    return loaded
  }

  /// Puts another load over the plan's: its environment and digest stay those of the plan, since
  /// no run is compared by them.
  private mutating func leaveFixedProfile(
    _ overrides: LoadOverrides
  ) throws(LoadOverrideError) {
    (plan, exploration) = try plan.under(overrides)
    if exploration != nil { resolution.values = resolution.values(under: overrides) }
  }

  /// SHA-256 of the plan as it is written, wherever its folder is.
  var digest: String { resolution.plan.digest }

  /// The folder of the plan file: paths in the plan are relative to it.
  var folder: String { LoadedPlan.folder(of: path) }

  private static func folder(of path: String) -> String {
    let folder = URL(filePath: path).deletingLastPathComponent().relativePath
    return folder.isEmpty ? "." : folder
  }

  /// Git in the plan's folder.
  var git: Git { LoadedPlan.git(beside: path) }

  /// Git in a plan file's folder, whether or not there is a plan.
  static func git(beside path: String) -> Git {
    Git(folder: folder(of: path), environment: Environment.variables)
  }

  /// Where runs are kept.
  var storeLocation: StoreLocation {
    StoreLocation(plan.store?.value ?? StoreLocation.defaultPath)
  }

  /// Throws if a run would break the plan's limits, or could not be judged.
  func checkLimits() throws {
    let problems = RunEstimate(plan).problems(plan, isGated: exploration == nil).map { problem in
      var problem = problem
      problem.origin = resolution.origin(of: problem.path)
      return problem
    }
    if !problems.isEmpty { throw Failure(PlanProblems(problems), file: path) }
  }
}
