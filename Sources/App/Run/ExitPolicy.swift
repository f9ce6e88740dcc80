import Model
import Plan

/// What a verdict exits with.
struct ExitPolicy: Equatable {
  var inconclusive: InconclusivePolicy
  var onNewEnvironment: NewEnvironmentPolicy

  /// The code of a verdict alone, whatever else went wrong.
  func code(for verdict: Verdict) -> ExitCode {
    switch verdict.kind {
    case .pass: return .pass
    case .fail: return .fail
    case .cannotEvaluate: return .cannotEvaluate
    case .inconclusive:
      // Whether a gate without credentials blocks is decided by itself, and is in the verdict.
      if verdict.isUnmeasured { return .pass }
      if onNewEnvironment == .block, verdict.reasons.contains(.newEnvironment) { return .fail }
      switch inconclusive {
      case .warn: return .pass
      case .block: return .fail
      case .code: return .inconclusive
      }
    }
  }
}

extension ExitPolicy {
  /// The plan's, but for what a flag says.
  init(_ gate: GatePlan?, inconclusive flag: InconclusivePolicy? = nil) {
    inconclusive = flag ?? gate?.inconclusive ?? .warn
    onNewEnvironment = gate?.onNewEnvironment ?? .warn
  }
}

extension Verdict {
  /// True if no load was sent for want of credentials.
  var isUnmeasured: Bool {
    reasons.contains { if case .noCredentials = $0 { true } else { false } }
  }
}

extension ExitCode {
  /// The code as `git bisect run` reads it: 0 good, 1 bad, 125 cannot tell, 128 stop; a signal's
  /// code stays.
  var forBisect: ExitCode {
    switch self {
    case .pass, .fail, .interrupted, .terminated: self
    case .inconclusive, .cannotEvaluate, .unavailable: .bisectSkip
    default: .bisectStop
    }
  }
}
