import Model

/// Everything that one server is started with.
struct Settings {
  /// Seconds that any one duration may have.
  static let durationSecondsMax = 86_400.0
  /// Tokens that a reply may have.
  static let tokensMax = 100_000
  /// Tokens that may leave in one send.
  static let burstMax = 1_024
  /// Blocks of prompts that may be remembered.
  static let promptCacheBlocksMax = 1_000_000

  var host: String
  var port: UInt16
  var commit: String
  var ledgerPath: String?
  var timing: TimingSettings
  /// Requests in work at once; 0 means any number.
  var slots: Int
  /// Tokens a send.
  var burst: Int
  /// True: head and role chunk leave on arrival.
  var hasEarlyHead: Bool
  /// True: a token's text is its send time.
  var hasStamps: Bool
  var faults: FaultSettings
  var access: AccessSettings
  /// Blocks of prompts that are remembered; 0: there is no cache.
  var promptCacheBlocks: Int
  /// How long it answers 503 after its start.
  var readyAfter: Nanos

  /// What is wrong with them, one sentence each.
  var problems: [String] {
    var problems: [String] = []
    func demand(_ holds: Bool, _ what: String) {
      if !holds { problems.append(what) }
    }
    let sigmas = [timing.ttftSigma, timing.gapSigma, timing.tokensSigma, timing.runDrift]
    demand(sigmas.allSatisfy { (0...3).contains($0) }, "A sigma must lie in 0...3.")
    demand(timing.ttftFactor > 0 && timing.gapFactor > 0, "Slower by -100% leaves no time.")
    demand(
      timing.ttftFactor <= 1_000 && timing.gapFactor <= 1_000, "Slower by at most 99900%.")
    demand(
      (1...Settings.tokensMax).contains(timing.tokens),
      "--tokens must lie in 1...\(Settings.tokensMax).")
    demand(
      (1...Settings.burstMax).contains(burst), "--burst must lie in 1...\(Settings.burstMax).")
    demand(
      (0...Settings.promptCacheBlocksMax).contains(promptCacheBlocks),
      "--prompt-cache must lie in 0...\(Settings.promptCacheBlocksMax).")
    demand(access.tokenLifetime > .zero, "--token-lifetime must be more than 0.")
    demand(slots >= 0, "--slots must not be negative.")
    demand(faults.after.map { $0 >= 1 } ?? true, "--fault-after must be at least 1.")
    demand(faults.retryAfterSeconds >= 0, "--retry-after must not be negative.")
    demand(faults.shares.reduce(0) { $0 + $1.share } <= 1, "The shares of --fault exceed 100%.")
    return problems
  }
}

/// How long replies take and how long they are.
struct TimingSettings {
  var seed: UInt64
  var ttft: Nanos
  var ttftSigma: Double
  var ttftFactor: Double
  var gap: Nanos
  var gapSigma: Double
  var gapFactor: Double
  var tokens: Int
  var tokensSigma: Double
  var prefillPerToken: Nanos
  var decodeBatchCost: Nanos
  var runDrift: Double
}

/// Who may chat.
struct AccessSettings {
  var accounts: [Account]
  var tokenLifetime: Nanos
  var loginDelay: Nanos
  /// True if a chat needs a bearer token that has not expired.
  var requiresToken: Bool
  /// True if a chat needs the session cookie, with a token that of the same account.
  var requiresCookie: Bool
}

/// Who can log in.
struct Account: Equatable {
  var email: String
  var password: String
}

/// Which replies go wrong, and how.
struct FaultSettings {
  var shares: [FaultShare]
  /// Tokens before a fault in mid-stream; nil draws them.
  var after: Int?
  var stall: Nanos
  var retryAfterSeconds: Int
}

/// A fault and the share of replies that have it.
struct FaultShare {
  var fault: Fault
  var share: Double
}
