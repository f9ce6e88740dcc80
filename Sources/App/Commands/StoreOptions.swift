import Foundation
import Plan
import ResultStore

/// Which store a command means that needs no plan.
enum StoreOptions {
  /// The flag's, the variable's, the plan's if there is a plan, else the default.
  static func location(_ global: GlobalOptions) throws -> StoreLocation {
    if let store = global.store { return StoreLocation(store) }
    if planExists(global) {
      return try LoadedPlan.loadForStore(global).storeLocation
    }
    let variable = Environment.variables["STREAMGATE_STORE"] ?? ""
    if let scheme = StoreText.unknownScheme(of: variable) {
      throw Failure(
        .usage, "the scheme \(scheme) is not known", at: "STREAMGATE_STORE",
        remedy: StoreText.remedy(for: scheme))
    }
    return StoreLocation(variable.isEmpty ? StoreLocation.defaultPath : variable)
  }

  /// Opens that store; what it says is a failure of the command.
  static func open(_ global: GlobalOptions, for access: StoreAccess) throws -> ResultStore {
    let location = try location(global)
    return try ResultStore.open(location, for: access, report: StoreUpgrade.reporter())
  }

  /// Opens a store for writing, and says how far it is if it must be migrated first.
  static func writable(_ location: StoreLocation) throws(StoreError) -> ResultStore {
    try ResultStore.open(location, for: .write, report: StoreUpgrade.reporter())
  }
}

/// True if the flags' plan file is there.
func planExists(_ global: GlobalOptions) -> Bool {
  FileManager.default.fileExists(atPath: global.config)
}
