import Forge
import Model

/// How the time that a forge which is down may cost a job's end is dealt out: what is said there,
/// and the second who tries to say it, share one budget.
struct ForgeBudget: Sendable {
  /// What the companion has at least: it is the second who tries to end a check run.
  private static let companionLeast = Nanos.seconds(15)
  /// What ending a check run has at least.
  private static let checkLeast = Nanos.seconds(15)

  private let total: Nanos
  private let begunAt: MonotonicNanos
  /// True if there is a check run to end after the comment.
  private let hasCheck: Bool

  /// A budget that counts from now.
  init(_ patience: ForgePatience = ForgePatience(), hasCheck: Bool, now: MonotonicNanos) {
    total = patience.timeMax
    begunAt = now
    self.hasCheck = hasCheck
  }

  /// For the comment: leaves what a check run needs.
  var comment: Nanos {
    hasCheck ? total - ForgeBudget.checkLeast - ForgeBudget.companionLeast : total
  }

  /// For ending the check run ourselves.
  func check(now: MonotonicNanos) -> Nanos {
    max(left(now) - ForgeBudget.companionLeast, ForgeBudget.checkLeast)
  }

  /// For the companion, which is waited for.
  func companion(now: MonotonicNanos) -> Nanos {
    min(max(left(now), .seconds(1)), ForgeBudget.companionLeast)
  }

  private func left(_ now: MonotonicNanos) -> Nanos { total - (now - begunAt) }
}

extension ForgePatience {
  /// This patience, for no longer than that.
  func within(_ time: Nanos) -> ForgePatience {
    var patience = self
    patience.timeMax = min(timeMax, time)
    return patience
  }
}
