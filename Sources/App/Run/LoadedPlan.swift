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
    for index in plan.scenarios.indices { plan.scenarios[index].target.url = target }
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

  /// Reads and resolves the plan of the flags; `extra` are flags with names of their own.
  static func load(_ options: GlobalOptions, extra: [PlanOverride] = []) throws -> LoadedPlan {
    var overrides = options.overrides.compactMap { PlanOverride(setting: $0) }
    if let store = options.store {
      overrides.append(PlanOverride(path: "store", text: store, flag: "--store"))
    }
    let resolution: PlanResolution
    do {
      resolution = try PlanFile.resolve(
        options.config, overrides: overrides + extra, environment: Environment.variables)
    } catch {
      throw Failure(error, file: options.config)
    }
    for warning in resolution.warnings {
      options.say("warning: " + warning.text(file: options.config))
    }
    let plan = resolution.plan
    return LoadedPlan(
      plan: plan, resolution: resolution, path: options.config,
      environment: plan.environmentKey(cpuModel: Environment.cpuModel()))
  }

  /// The folder of the plan file: paths in the plan are relative to it.
  var folder: String {
    let folder = URL(filePath: path).deletingLastPathComponent().relativePath
    return folder.isEmpty ? "." : folder
  }

  /// Git in the plan's folder.
  var git: Git { Git(folder: folder, environment: Environment.variables) }

  /// Where runs are kept.
  var storeLocation: StoreLocation {
    StoreLocation(plan.store?.value ?? StoreLocation.defaultPath)
  }

  /// Throws if a run would break the plan's limits, or could not be judged.
  func checkLimits() throws {
    let problems = RunEstimate(plan).problems(plan).map { problem in
      var problem = problem
      problem.origin = resolution.origin(of: problem.path)
      return problem
    }
    if !problems.isEmpty { throw Failure(PlanProblems(problems), file: path) }
  }
}
