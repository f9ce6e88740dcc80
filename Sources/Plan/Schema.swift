/// The keys of one mapping of the plan.
struct Schema {
  /// Where the mapping stands, for messages: `target`, `scenarios.short`.
  var keys: [String]
  /// Keys of the design that this version does not run.
  var later: [String]

  init(_ keys: [String], later: [String] = []) {
    self.keys = keys
    self.later = later
  }

  static let top = Schema(
    [
      "version", "project", "target", "scenarios", "promptCache", "rate", "arrivals",
      "stressUsers", "profiles", "size", "samples", "seed", "abort", "objectives", "limits",
      "prices", "gate",
      "store", "recorder", "reports",
    ], later: ["regions"])

  /// What a scenario may override of the target.
  static let overridable = [
    "path", "dialect", "custom", "stream", "model", "headers", "body", "timeouts", "endMarker",
  ]

  static let target = Schema(
    ["url"] + overridable + ["tls", "login", "ready", "identity", "connections"],
    later: ["auth", "regions"])

  static let timeouts = Schema(["connect", "firstToken", "stall", "total"])

  static let tls = Schema(["ca", "cert", "key", "keyPassword", "verify"])

  static let custom = Schema([
    "framing", "contentType", "content", "reasoning", "finish", "usage", "error", "end",
  ])

  static let customUsage = Schema(["output", "input", "cached"])

  static let customEnd = Schema(["data", "event", "path", "equals"])

  static let ready = Schema(["path", "within"])

  static let identity = Schema(["path", "json", "equals"])

  static let login = Schema([
    "path", "url", "form", "headers", "accounts", "body", "token", "expiresIn", "header", "prefix",
    "refresh", "users", "timeout",
  ])

  static let loginRefresh = Schema(["path", "token", "member", "body"])

  static let scenario = Schema(
    [
      "weight", "prompts", "system", "maxTokens", "turns", "history", "think", "conversation",
    ] + overridable,
    later: ["accounts", "login", "auth"])

  static let conversation = Schema(["header", "body"])

  static let promptSource = Schema([
    "file", "format", "column", "split", "texts", "synthetic", "prefix", "prefixTokens",
  ])

  static let synthetic = Schema(["tokens", "sigma", "count"])

  static let abort = Schema(["error", "over"])

  static let limits = Schema(["requests", "outputTokens", "cost", "inFlight"])

  static let prices = Schema(["input", "output"])

  static let gate = Schema([
    "branch", "environment", "baselineRuns", "historyRuns", "maxLooks", "inconclusive",
    "onNewEnvironment", "baselineTarget", "exclusive", "effects",
  ])

  static let reports = Schema(["junit", "markdown", "json", "html", "openMetrics"])

  /// The paths that a `STREAMGATE_*` variable can set: every value of a fixed name.
  static let variablePaths: [String] = {
    func leaves(_ path: String, _ schema: Schema) -> [String] {
      schema.keys.map { "\(path).\($0)" }
    }
    let sections = [
      "target", "scenarios", "abort", "limits", "prices", "gate", "reports", "objectives",
      "version",
    ]
    let structured = [
      "target.headers", "target.body", "target.timeouts", "target.tls", "target.login",
      "target.ready", "target.identity", "target.custom", "gate.effects",
    ]
    let paths =
      top.keys.filter { !sections.contains($0) }
      + leaves("target", target) + leaves("target.timeouts", timeouts)
      + leaves("target.tls", tls) + leaves("target.ready", ready)
      + leaves("target.identity", identity) + leaves("abort", abort) + leaves("limits", limits)
      + leaves("prices", prices) + leaves("gate", gate) + leaves("reports", reports)
    return paths.filter { !structured.contains($0) }
  }()

  /// The variable that sets a path: `gate.maxLooks` is `STREAMGATE_GATE_MAX_LOOKS`.
  static func variable(_ path: String) -> String {
    var name = "STREAMGATE_"
    for scalar in path.unicodeScalars {
      switch scalar {
      case ".": name += "_"
      case "A"..."Z": name += "_" + String(scalar)
      default: name += String(scalar).uppercased()
      }
    }
    return name
  }
}
