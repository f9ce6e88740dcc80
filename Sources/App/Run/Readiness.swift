import Foundation
import LoadEngine
import Model
import Plan

/// What is asked of an endpoint before load: is it ready, and is it the build that is judged?
struct Readiness {
  /// Between two tries of a path that does not answer yet.
  private static let pause = Nanos.seconds(1)
  /// What one try may take.
  private static let tryMax = Nanos.seconds(10)
  /// Between two lines in a log.
  private static let logInterval = Nanos.seconds(10)
  /// Characters of a reply that an error shows.
  private static let replyShown = 200

  let options: GlobalOptions
  /// What ends the waiting; nil: what ends the process.
  var signals: Signals?

  /// Waits until the target's ready path answers with a success; at once where it has none.
  func waitUntilReady(_ target: TargetPlan) async throws {
    guard let ready = target.ready else { return }
    let url = target.url.template + ready.path
    let start = Clock.monotonic()
    let deadline = start + ready.within
    var saidAt: MonotonicNanos?
    while true {
      let tryAt = Clock.monotonic()
      let outcome = try await fetch(
        ready.path, from: target, within: min(max(deadline - tryAt, .seconds(1)), Self.tryMax))
      if case .answered(200..<300, _) = outcome {
        if saidAt != nil { options.say("ready after \(seconds(Clock.monotonic() - start)) s") }
        return
      }
      let last = words(outcome, of: target)
      let now = Clock.monotonic()
      guard now + Self.pause < deadline else {
        throw Failure(
          .unavailable, "the endpoint was not ready within \(seconds(ready.within)) s", at: url,
          because: last, remedy: "check the service and target.ready.path, or raise its within")
      }
      if saidAt.map({ now - $0 >= Self.logInterval }) ?? true {
        options.say(
          "waiting for \(url), \(seconds(now - start)) of \(seconds(ready.within)) s: \(last)")
        saidAt = now
      }
      try await unlessStopped { try await Task.sleep(for: .nanoseconds(Self.pause.rawValue)) }
    }
  }

  /// The build that answers at a target, nil where the plan does not ask; throws where it asks in
  /// vain.
  func build(at target: TargetPlan) async throws -> String? {
    guard let identity = target.identity else { return nil }
    let url = target.url.template + identity.path
    let outcome = try await fetch(identity.path, from: target, within: Self.tryMax)
    guard case .answered(200..<300, let body) = outcome else {
      throw Failure(
        .unavailable, "the endpoint does not tell which build it is", at: url,
        because: words(outcome, of: target), remedy: "check target.identity.path")
    }
    guard let build = identity.build(in: body) else {
      let member = identity.member?.shortText ?? ""
      throw Failure(
        .unavailable, "the endpoint does not tell which build it is", at: url,
        because: (member.isEmpty ? "an empty reply" : "no text or number at \(member)")
          + " in: " + words(outcome, of: target),
        remedy: "check target.identity.json")
    }
    return build
  }

  /// Throws if another build answers than one of `commits`, or than the one that the plan names.
  func checkBuild(at target: TargetPlan, commits: [String]) async throws {
    guard let build = try await build(at: target) else { return }
    let expected = target.identity?.equals.map { [$0] } ?? commits
    guard !expected.isEmpty else {
      options.say("note: the endpoint is build \(build); no commit is known to hold it against")
      return
    }
    guard !expected.contains(where: { IdentityPlan.isSame(build, $0) }) else {
      options.note("the endpoint is build \(build)")
      return
    }
    throw Failure(
      .cannotEvaluate, "another build answers than the one that is judged",
      at: target.url.template + (target.identity?.path ?? ""),
      because: "it is \(build), wanted is \(expected.joined(separator: " or "))",
      remedy: "wait for the deployment (target.ready), or set target.identity.equals")
  }

  private func fetch(
    _ path: String, from target: TargetPlan, within: Nanos
  ) async throws -> FetchOutcome {
    try await unlessStopped {
      do throws(EngineError) {
        return try await LoadEngine.fetch(path, from: target, within: within)
      } catch {
        throw Failure(error)
      }
    }
  }

  private func unlessStopped<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    guard let signals else { return try await work() }
    return try await signals.unlessStopped(work)
  }

  private func words(_ outcome: FetchOutcome, of target: TargetPlan) -> String {
    let words =
      switch outcome {
      case .failed(let reason): reason
      case .answered(let status, let body):
        "status \(status)"
          + (body.isEmpty
            ? "" : " " + String(decoding: body, as: UTF8.self).prefix(Self.replyShown))
      }
    return HiddenEndpoints([target.url]).masked(words)
  }

  private func seconds(_ time: Nanos) -> Int64 { time.rawValue / 1_000_000_000 }
}
