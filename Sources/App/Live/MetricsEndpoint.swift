import ArgumentParser
import LoadEngine
import Model
import Plan

/// The flag of the commands that drive load.
struct MetricsOptions: ParsableArguments {
  @Option(
    name: .customLong("metrics"),
    help: """
      Serve Prometheus metrics on this port of 127.0.0.1 while the command runs; 0 for a free \
      port, which is printed.
      """)
  var port: Int?

  func validate() throws {
    guard let port, !(0...65_535).contains(port) else { return }
    throw ValidationError("--metrics \(port): a port from 1 to 65535, or 0 for a free one.")
  }

  /// Begins to serve, and says where; nil where nobody asked.
  func open(for plan: Plan, options: GlobalOptions) throws -> MetricsEndpoint? {
    guard let port else { return nil }
    let endpoint = try MetricsEndpoint(port: port, plan: plan)
    // A free port is told also where progress is not: nobody could find it.
    if port == 0 {
      Console.error("metrics: \(endpoint.url)")
    } else {
      options.say("metrics: \(endpoint.url)")
    }
    return endpoint
  }
}

/// What a command has done so far, served while it goes on: the counters go on over all its runs.
final class MetricsEndpoint: Sendable {
  private struct State: Sendable {
    /// The counters of the runs that have ended.
    var ended = EngineProgress()
    /// The run under way, nil between two.
    var now: EngineProgress?
    var facts: LoadFacts?
  }

  private let state: Locked<State>
  private let server: MetricsServer

  /// Serves on a port of loopback; throws a failure if that cannot be.
  init(port: Int, plan: Plan) throws {
    let state = Locked(State())
    let scenarios = plan.scenarios.map(MetricsScenario.init)
    self.state = state
    do {
      server = try MetricsServer(port: port) {
        let (progress, facts) = MetricsEndpoint.figures(state.withLock { $0 })
        return MetricsText(progress: progress, facts: facts, scenarios: scenarios).bytes
      }
    } catch {
      throw Failure(error)
    }
  }

  deinit { server.stop() }

  /// Where the metrics are.
  var url: String { "http://127.0.0.1:\(server.port)\(MetricsRequest.path)" }

  /// Takes how far the run under way is.
  func update(_ progress: EngineProgress, _ facts: LiveFacts) {
    state.withLock { state in
      state.now = progress
      if case .loading(let load) = facts.place { state.facts = load }
    }
  }

  /// Takes the last of a run that has ended.
  func finish(_ progress: EngineProgress) {
    state.withLock { state in
      (state.now, state.facts) = (nil, nil)
      state.ended.merge(progress)
      state.ended.forgetPlace()
    }
  }

  private static func figures(_ state: State) -> (EngineProgress, LoadFacts?) {
    guard var progress = state.now else { return (state.ended, nil) }
    progress.merge(state.ended)
    return (progress, state.facts)
  }
}

extension EngineProgress {
  /// Leaves the counters, which outlast a run.
  fileprivate mutating func forgetPlace() {
    profile = nil
    inFlight = 0
    lateBy = .zero
    targetRate = 0
    targetUsers = 0
  }
}
