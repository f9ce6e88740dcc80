import Model

extension Objective: CustomStringConvertible {
  /// The normal form, `[profile[/scenario]: ]metric[.pNN] comparison value`: the same objective,
  /// the same text. Latencies are in ms below a second, else in s; rates in %, counts bare.
  public var description: String { prefix + metric.name + " \(comparison.rawValue) " + value }

  /// This objective with that profile as its prefix, if it has none of its own.
  public func inProfile(_ profile: ProfileKind) -> Objective {
    var copy = self
    copy.profile = self.profile ?? profile
    return copy
  }

  private var prefix: String {
    guard let profile else { return scenario.map { "/\($0): " } ?? "" }
    return profile.rawValue + (scenario.map { "/" + $0 } ?? "") + ": "
  }

  private var value: String {
    switch metric {
    case .latency:
      bound < 1 ? decimal(bound * 1_000) + "ms" : decimal(bound) + "s"
    case .rate:
      comparison == .equal ? decimal(bound) : decimal(bound * 100) + "%"
    }
  }
}

extension ObjectiveMetric {
  /// `ttft.p95`, `error`: as plans write it.
  public var name: String {
    switch self {
    case .latency(let latency, let quantile):
      latency.rawValue + ".p" + decimal(quantile * 100)
    case .rate(let rate): rate.rawValue
    }
  }
}

/// The shortest decimal that is right to nine places: 0.95 · 100 is written 95.
private func decimal(_ value: Double) -> String {
  let rounded = (value * 1e9).rounded() / 1e9
  let text = rounded.description
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
