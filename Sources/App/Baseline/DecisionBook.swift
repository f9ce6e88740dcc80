import Foundation
import Model
import Plan
import ResultStore

/// Where people's decisions are kept: the baseline file, so that they are reviewed, and the store,
/// so that they hold at once.
struct DecisionBook {
  let loaded: LoadedPlan

  private var project: String { loaded.plan.project }
  private var environment: String { loaded.environment }

  /// The file.
  var path: String { History.baselinePath(loaded) }

  /// Writes decisions into both, over those of the same scope.
  func write(_ decisions: [Decision]) throws {
    try edit { file in
      for decision in decisions { file.set(decision) }
    } inStore: { store throws(StoreError) in
      for decision in decisions {
        switch decision {
        case .waiver(let waiver):
          try store.setWaiver(waiver, project: project, environment: environment)
        case .run(let run):
          try store.setAcceptance(run, project: project, environment: environment)
        }
      }
    }
  }

  /// Takes a decision out of both, as if it had never been.
  func forget(_ decision: Decision) throws {
    try edit { file in
      file.remove(decision)
    } inStore: { store throws(StoreError) in
      switch decision {
      case .waiver(let waiver):
        try store.removeWaiver(waiver.id, project: project, environment: environment)
      case .run(let run):
        try store.removeAcceptance(
          run.kind, runID: run.runID, project: project, environment: environment)
      }
    }
  }

  /// The file first: it is what others review, and it holds without the store.
  private func edit(
    _ inFile: (inout BaselineFile) -> Void,
    inStore: (ResultStore) throws(StoreError) -> Void
  ) throws {
    var file = BaselineFile(project: project, environment: environment)
    if FileManager.default.fileExists(atPath: path) { file = try BaselineFile.open(path) }
    try History.check(file, is: loaded, at: path)
    inFile(&file)
    try Publisher.write(file.bytes, to: path)
    do throws(StoreError) {
      try inStore(try StoreOptions.writable(loaded.storeLocation))
    } catch {
      var failure = Failure(error)
      failure.what += "; \(path) is written"
      failure.remedy = "commit that file, by which runs go too; or the same again with the store"
      throw failure
    }
  }
}

/// One decision of a person.
enum Decision: Equatable {
  case waiver(Waiver)
  case run(Acceptance)

  /// What it is called by.
  var name: String {
    switch self {
    case .waiver(let waiver): waiver.id
    case .run(let run): run.runID
    }
  }

  /// What it is about.
  var scope: String {
    switch self {
    case .waiver(let waiver):
      ([waiver.metric ?? "every metric"]
        + [[waiver.profile, waiver.scenario].compactMap { $0 }.joined(separator: "/")]
        .filter { !$0.isEmpty }.map { "in " + $0 }).joined(separator: " ")
    case .run(let run):
      run.kind == .run ? "the FAIL of run \(run.runID)" : "a segment from run \(run.runID) on"
    }
  }

  var reason: String {
    switch self {
    case .waiver(let waiver): waiver.reason
    case .run(let run): run.reason
    }
  }

  var acceptedBy: String? {
    switch self {
    case .waiver(let waiver): waiver.acceptedBy
    case .run(let run): run.acceptedBy
    }
  }

  /// From when on it is without effect; nil: never.
  var expiresAt: UnixNanos? {
    get {
      switch self {
      case .waiver(let waiver): waiver.expiresAt
      case .run(let run): run.expiresAt
      }
    }
    set {
      switch self {
      case .waiver(var waiver):
        waiver.expiresAt = newValue
        self = .waiver(waiver)
      case .run(var run):
        run.expiresAt = newValue
        self = .run(run)
      }
    }
  }

  var json: JSONValue {
    switch self {
    case .waiver(let waiver): waiver.json
    case .run(let run): run.json
    }
  }

  func isExpired(at time: UnixNanos) -> Bool { expiresAt.map { $0 <= time } ?? false }

  /// `until 2026-12-31T00:00:00Z, by Jane Doe: bigger model`.
  func words(at time: UnixNanos) -> String {
    let end = expiresAt.map { (isExpired(at: time) ? "over since " : "until ") + $0.iso8601 }
    let person = acceptedBy.map { ", by " + $0 } ?? ""
    return (end ?? "without end") + person + ": " + reason
  }
}

extension History {
  /// Every decision, those on runs behind the waivers.
  var decisions: [Decision] {
    waivers.map { .waiver($0) } + acceptances.map { .run($0) }
  }
}

extension BaselineFile {
  fileprivate mutating func set(_ decision: Decision) {
    remove(decision)
    switch decision {
    case .waiver(let waiver): waivers.append(waiver)
    case .run(let run): acceptances.append(run)
    }
  }

  fileprivate mutating func remove(_ decision: Decision) {
    switch decision {
    case .waiver(let waiver): waivers.removeAll { $0.id == waiver.id }
    case .run(let run):
      acceptances.removeAll { $0.kind == run.kind && $0.runID == run.runID }
    }
  }
}
