import Model

/// What `streamgate init` asks.
public struct PlanAnswers: Sendable, Equatable {
  /// The project's name, `[a-z0-9._-]{1,40}`.
  public var project: String
  /// Scheme, host and port.
  public var url: String
  /// The model's name, empty where the endpoint needs none.
  public var model: String
  /// Streams per second.
  public var rate: Double
  /// Users of the stress profile.
  public var stressUsers: Int

  /// Answers; without `stressUsers`, what the rate proposes.
  public init(
    project: String, url: String, model: String, rate: Double, stressUsers: Int? = nil
  ) {
    self.project = project
    self.url = url
    self.model = model
    self.rate = rate
    self.stressUsers = stressUsers ?? Self.stressUsers(rate: rate, replySeconds: 3)
  }

  /// Users of a closed loop that ask twice as much as `rate` does, by Little's law with a reply of
  /// `replySeconds` and a pause of 2 s; at least 2.
  public static func stressUsers(rate: Double, replySeconds: Double) -> Int {
    let users = (2 * rate * (replySeconds + 2)).rounded(.up)
    return Int(min(max(2, users), Double(PlanLimits.stressUsersMax)))
  }
}

extension PlanAnswers {
  /// The project name nearest to a text, such as a folder's name: lowercase, other characters as
  /// `-`; `project` where nothing is left.
  public static func projectName(from text: String) -> String {
    let letters = text.lowercased().unicodeScalars.map { scalar -> Character in
      let isPlain =
        ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
        || [".", "_", "-"].contains(scalar)
      return isPlain ? Character(scalar) : "-"
    }
    let name = String(letters.drop { $0 == "-" }.prefix(40))
    return name.isEmpty ? "project" : name
  }

  /// A commented `streamgate.yaml` that these answers resolve to.
  public var planText: String {
    """
    # The plan of a streamgate run. Every key: docs/plan.md; every value and where it comes from:
    # streamgate plan.
    version: 1
    project: \(yaml(project))

    target:
      url: \(yaml(url))
      path: /v1/chat/completions
      dialect: openai-chat
      model: \(yaml(model))
      # ${NAME} is a variable of the pipeline: it never reaches a log, report or store.
      # headers: { Authorization: "Bearer ${API_TOKEN}" }
      # login: { path: /api/auth/login, accounts: [{ email: "${QA}", password: "${QA_PASS}" }] }
      timeouts: { connect: 5s, firstToken: 30s, stall: 10s, total: 120s }

    # What is sent, and how often: weights are shares of the mix.
    scenarios:
      short:
        weight: 3
        prompts:
          - "Define vector embeddings in two sentences."
          - "What is prompt injection? Answer briefly."
          - "Name three uses of a hash function."
        maxTokens: 120
      long:
        weight: 1
        prompts:
          - "Explain how a B-tree splits a page, step by step."
          - "Write a short story about a lighthouse keeper who repairs radios."
        maxTokens: 400

    promptCache: bust          # bust: a nonce leads each prompt, so that none is cached; as-is
    rate: \(numberText(rate))                    # streams per second of ramp-up and sustained
    # arrivals: gamma 0.25     # bursts; 1 is Poisson, the default, less is burstier; or constant
    stressUsers: \(stressUsers)            # users of stress, who think 1-3 s between requests
    profiles: [ramp-up, sustained, stress]
    size: standard             # quick (1 min), standard (8 min), soak (65 min)
    # samples: 200             # stretch the profiles until every cell has so many requests

    # What must hold, whatever main does. Latencies count from the time a request was due.
    objectives:
      - error < 1%
      - truncated < 1%
      # - ttft.p95 < 1.5s
      # - "stress/short: ttft.p95 < 4s"

    limits: { inFlight: 2000 } # also: requests, outputTokens, cost (with prices)

    gate:
      branch: main             # its runs are what others are compared with
      environment: default     # name the machine class: figures compare only within one
      inconclusive: warn       # warn: exit 0; block: exit 1; code: exit 2

    # store: ${DATABASE_URL}   # PostgreSQL; without it SQLite at .streamgate/results.db
    # recorder: timing         # full keeps the text of the worst and of failed streams; off

    """
  }

  /// A text as a YAML scalar in double quotes, which JSON's strings are.
  private func yaml(_ text: String) -> String {
    String(decoding: JSONWriter.bytes(.string(text)), as: UTF8.self)
  }
}
