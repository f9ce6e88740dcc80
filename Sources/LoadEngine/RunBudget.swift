public import Plan

/// What requests have used of a service.
public struct RunUse: Sendable, Equatable {
  /// Requests handed to the transport.
  public var requests: Int
  /// Prompt tokens of ended requests: the service's count, else a quarter of the body's bytes.
  public var inputTokens: Int
  /// Output tokens: the service's count for ended streams that had one, else events with a token.
  public var outputTokens: Int

  /// A use; nothing by default.
  public init(requests: Int = 0, inputTokens: Int = 0, outputTokens: Int = 0) {
    self.requests = requests
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
  }

  /// Bytes of a request's body that stand for a prompt token where the service counts none.
  static let bytesPerToken = 4

  /// What it costs in the unit of the prices.
  public func cost(_ prices: Prices) -> Double {
    (Double(inputTokens) * prices.input + Double(outputTokens) * prices.output) / 1e6
  }
}

/// What a run may use: the plan's limits, its prices, and what was used before it began.
public struct RunBudget: Sendable, Equatable {
  /// The limits; those of streams at once are none of use.
  public var limits: RunLimits
  /// The prices, nil where the plan has none.
  public var prices: Prices?
  /// What was used before, such as by a warm pass.
  public var before: RunUse

  /// A budget; without limits by default.
  public init(
    limits: RunLimits = RunLimits(), prices: Prices? = nil, before: RunUse = RunUse()
  ) {
    self.limits = limits
    self.prices = prices
    self.before = before
  }

  /// True if one more request may be sent after `use`.
  func allowsRequest(after use: RunUse) -> Bool {
    limits.requests.map { before.requests + use.requests < $0 } ?? true
  }

  /// The limit that `use` has reached, nil while there is none.
  func reached(by use: RunUse) -> LimitHit? {
    let all = RunUse(
      requests: before.requests + use.requests,
      inputTokens: before.inputTokens + use.inputTokens,
      outputTokens: before.outputTokens + use.outputTokens)
    if let limit = limits.outputTokens, all.outputTokens >= limit {
      return LimitHit(path: "limits.outputTokens", limit: "\(limit)", used: "\(all.outputTokens)")
    }
    if let limit = limits.cost, let prices, all.cost(prices) >= limit {
      let cost = (all.cost(prices) * 1e4).rounded() / 1e4
      return LimitHit(path: "limits.cost", limit: "\(limit)", used: "\(cost)")
    }
    return nil
  }
}

/// A limit of the plan that ended a run.
public struct LimitHit: Sendable, Equatable {
  /// Where the plan says it: `limits.outputTokens`.
  public var path: String
  /// The limit.
  public var limit: String
  /// What had been used.
  public var used: String

  /// In words.
  public var text: String { "\(path) (\(limit)) was reached: \(used) used" }
}
