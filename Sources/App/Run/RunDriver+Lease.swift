import Forge
import Foundation
import LoadEngine
import Model
import Plan
import ResultStore

extension RunDriver {
  /// Does `work` with a driver that has the plan's endpoints for itself where the plan asks for
  /// that (`gate.exclusive`): waits for other runs first, and lets the next one in after it,
  /// however it ends. Throws where they are not free in time.
  func alone<Value: Sendable>(
    on plan: Plan, label: String, _ work: (RunDriver) async throws -> Value
  ) async throws -> Value {
    guard plan.gate.isExclusive else { return try await work(self) }
    if case .sqlite(let path) = store, Environment.isCI {
      options.say(
        "warning: gate.exclusive keeps out only runs that share this store, \(path)\n"
          + "  try: a PostgreSQL store (STREAMGATE_STORE), which all pipelines share")
    }
    let keeper = LeaseKeeper(
      targets: endpoints(of: plan), holder: RunDriver.holder(), store: store)
    signals.beforeLeaving(.lease) { keeper.releaseBeforeExit() }
    defer { signals.beforeLeaving(.lease, nil) }
    var driver = self
    driver.lease = keeper
    do {
      try await take(keeper, label: label)
      let value = try await work(driver)
      await keeper.release()
      return value
    } catch {
      await keeper.release()
      throw error
    }
  }

  /// What is loaded: where the target is, and where scenarios have another.
  private func endpoints(of plan: Plan) -> [String] {
    ([plan.target] + plan.scenarios.map(\.target)).map {
      $0.endpointName(project: plan.project, machine: Host.name)
    }
  }

  private func take(_ keeper: LeaseKeeper, label: String) async throws {
    let (options, wait, start) = (options, lockWait, Clock.monotonic())
    let saidAt = Locked<MonotonicNanos?>(nil)
    do {
      try await signals.unlessStopped {
        try await keeper.take(within: wait) { lease in
          let now = Clock.monotonic()
          let isDue = saidAt.withLock { saidAt in
            if let last = saidAt, now - last < RunDriver.waitLogInterval { return false }
            saidAt = now
            return true
          }
          if isDue {
            let text =
              "\(label): waiting for \(lease.target), \((now - start).wholeSeconds) of"
              + " \(wait.wholeSeconds) s: \(lease.words)"
            options.say(Console.inertLine(text))
          }
        }
      }
    } catch let error as LeaseError {
      throw Failure(error, after: Clock.monotonic() - start)
    }
    if saidAt.withLock({ $0 }) != nil {
      options.say(
        "\(label): the endpoint is free after \((Clock.monotonic() - start).wholeSeconds) s")
    }
  }

  /// Between two lines that say who is waited for.
  private static let waitLogInterval = Nanos.seconds(10)

  private static func holder() -> LeaseHolder {
    LeaseHolder(
      id: UUID().uuidString, host: Host.name,
      pid: Int(ProcessInfo.processInfo.processIdentifier), runURL: Environment.pipeline.runURL)
  }
}

extension Nanos {
  fileprivate var wholeSeconds: Int64 { rawValue / 1_000_000_000 }
}

extension Lease {
  /// `held by build-7, process 4242, since 12:00:03Z`.
  var words: String { "held by \(holder.words) since \(takenAt.iso8601)" }
}

extension LeaseHolder {
  fileprivate var words: String {
    "\(host), process \(pid)" + (runURL.map { " (\($0))" } ?? "")
  }
}

extension RunHeader {
  /// The header of a run that may have lost its lease: such a run is no baseline.
  func without(_ loss: LeaseLoss?) -> RunHeader {
    var header = self
    if let loss { header.markUnusable("lost the lease on \(loss.target) in mid-run") }
    return header
  }
}

extension Failure {
  /// Why the endpoint could not be had alone.
  init(_ error: LeaseError, after wait: Nanos) {
    switch error {
    case .held(let lease):
      self.init(
        .unavailable, "another run loads the endpoint", at: lease.target,
        because: lease.words + "; waited \(wait.wholeSeconds) s (gate.exclusive)",
        remedy: "a longer --lock-wait; a holder that is gone frees it after"
          + " \(LeaseRhythm().term.wholeSeconds) s by itself")
    case .lost(let loss): self.init(loss)
    case .store(let error): self.init(error)
    case .released:
      self.init(.interrupted, "the wait for the endpoint was ended")
    case .noThread(let code):
      self.init(
        .unavailable, "the system gives no thread to keep the lease",
        because: String(cString: strerror(code)), remedy: "a higher limit of processes (ulimit -u)")
    }
  }

  /// That a run lost the right to load.
  init(_ loss: LeaseLoss) {
    let cause =
      loss.taker.map { "it is held by \($0.words) now" }
      ?? loss.failure.map { "the store could not be told that this run lives: \(Failure($0).text)" }
      ?? "this process stood still for longer than \(LeaseRhythm().term.wholeSeconds) s"
    self.init(
      .unavailable, "the lease on the endpoint was lost, and load was ended at once",
      at: loss.target, because: cause,
      remedy: "run again; what was measured is stored and joins no baseline")
  }
}
