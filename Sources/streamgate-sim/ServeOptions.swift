import ArgumentParser
import Model

/// The flags of `serve`.
struct ServeOptions: ParsableArguments {
  @Option(help: "IPv4 address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "Port; 0 takes a free one.")
  var port: UInt16 = 8080

  @Option(help: "What GET /version reports as the commit.")
  var commit = "unknown"

  @Option(help: "Seed of every draw.")
  var seed: UInt64 = 1

  @Option(help: "Time to first token; its median with --ttft-sigma.")
  var ttft = DurationFlag(.milliseconds(200))

  @Option(help: "Standard deviation of the logarithm of the time to first token.")
  var ttftSigma = 0.0

  @Option(help: "Makes every time to first token so much longer; negative: shorter.")
  var slowerTtft = ShareFlag(0)

  @Option(help: "Time between two tokens; its median with --gap-sigma.")
  var gap = DurationFlag(.milliseconds(20))

  @Option(help: "Standard deviation of the logarithm of a gap.")
  var gapSigma = 0.0

  @Option(help: "Makes every gap so much longer; negative: shorter.")
  var slowerGap = ShareFlag(0)

  @Option(help: "Tokens a reply, at most what max_tokens allows; their median with --tokens-sigma.")
  var tokens = 100

  @Option(help: "Standard deviation of the logarithm of a reply's tokens.")
  var tokensSigma = 0.0

  @Option(help: "Tokens that leave together in one send, each its own event; the rate stays.")
  var burst = 1

  @Option(help: "Requests that are worked on at once; others wait in a queue. 0: no queue.")
  var slots = 0

  @Option(help: "Time that each prompt token (4 bytes) adds to the first token.")
  var prefillPerToken = DurationFlag(.zero)

  @Option(help: "Time that each other stream in decoding adds to a gap.")
  var decodeBatchCost = DurationFlag(.zero)

  @Option(help: "Standard deviation of one factor that slows or speeds this whole process.")
  var runDrift = ShareFlag(0)

  @Flag(help: "Send head and role chunk on arrival, not with the first token.")
  var earlyHead = false

  @Flag(help: "Make each token `@` and its send time in 19 digits of monotonic nanoseconds.")
  var stamps = false

  @Option(help: "NAME=SHARE: so many of the replies have this fault. May be repeated.")
  var fault: [FaultShareFlag] = []

  @Option(help: "Tokens before a fault in mid-stream; absent: drawn for each request.")
  var faultAfter: Int?

  @Option(help: "How long the stall fault stops.")
  var stall = DurationFlag(.seconds(30))

  @Option(help: "Seconds in Retry-After of http_429.")
  var retryAfter = 1

  @Option(help: "EMAIL:PASSWORD: one who can log in at /api/auth/login. May be repeated.")
  var account: [AccountFlag] = []

  @Option(help: "How long a token is good.")
  var tokenLifetime = DurationFlag(.seconds(3_600))

  @Option(help: "How long a login takes.")
  var loginDelay = DurationFlag(.zero)

  @Flag(help: "Refuse a chat without a good bearer token by 401.")
  var requireToken = false

  @Flag(help: "Refuse a chat without the session cookie of its account's login by 401.")
  var requireCookie = false

  @Option(help: "Blocks of 16 prompt tokens that are remembered and cost no time. 0: none.")
  var promptCache = 0

  @Option(help: "How long after its start /health and chats are answered by 503.")
  var readyAfter = DurationFlag(.zero)

  @Option(help: "Write one JSON line a request to this file.")
  var ledger: String?
}

extension ServeOptions {
  /// The flags as the server takes them.
  var settings: Settings {
    Settings(
      host: host, port: port, commit: commit, ledgerPath: ledger,
      timing: TimingSettings(
        seed: seed, ttft: ttft.value, ttftSigma: ttftSigma, ttftFactor: 1 + slowerTtft.value,
        gap: gap.value, gapSigma: gapSigma, gapFactor: 1 + slowerGap.value, tokens: tokens,
        tokensSigma: tokensSigma, prefillPerToken: prefillPerToken.value,
        decodeBatchCost: decodeBatchCost.value, runDrift: runDrift.value),
      slots: slots, burst: burst, hasEarlyHead: earlyHead, hasStamps: stamps,
      faults: FaultSettings(
        shares: fault.map { FaultShare(fault: $0.fault, share: $0.share) }, after: faultAfter,
        stall: stall.value, retryAfterSeconds: retryAfter),
      access: AccessSettings(
        accounts: account.map(\.account), tokenLifetime: tokenLifetime.value,
        loginDelay: loginDelay.value, requiresToken: requireToken,
        requiresCookie: requireCookie),
      promptCacheBlocks: promptCache, readyAfter: readyAfter.value)
  }
}

/// A length of time on the command line: a number and `ns`, `us`, `ms`, `s` or `m`.
struct DurationFlag: ExpressibleByArgument {
  let value: Nanos

  init(_ value: Nanos) {
    self.value = value
  }

  init?(argument: String) {
    let units: [(suffix: String, seconds: Double)] = [
      ("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60),
    ]
    guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
      let count = Double(argument.dropLast(unit.suffix.count)), count.isFinite, count >= 0,
      count * unit.seconds <= Settings.durationSecondsMax
    else { return nil }
    value = Nanos(seconds: count * unit.seconds)
  }

  var defaultValueDescription: String {
    value.rawValue % 1_000_000_000 == 0
      ? "\(value.rawValue / 1_000_000_000)s"
      : "\(value.milliseconds)ms"
  }
}

/// A share on the command line: `5%`, or `0.05`.
struct ShareFlag: ExpressibleByArgument {
  let value: Double

  init(_ value: Double) {
    self.value = value
  }

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    guard let number = Double(isPercent ? argument.dropLast() : argument[...]), number.isFinite
    else { return nil }
    value = isPercent ? number / 100 : number
  }

  var defaultValueDescription: String { "\(value * 100)%" }
}

/// An account on the command line: `user@example.com:password`.
struct AccountFlag: ExpressibleByArgument {
  let account: Account

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    account = Account(email: String(parts[0]), password: String(parts[1]))
  }
}

/// A fault and its share on the command line: `truncate=5%`.
struct FaultShareFlag: ExpressibleByArgument {
  let fault: Fault
  let share: Double

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let fault = Fault.named(parts[0]),
      let share = ShareFlag(argument: String(parts[1]))?.value, (0...1).contains(share)
    else { return nil }
    self.fault = fault
    self.share = share
  }
}
