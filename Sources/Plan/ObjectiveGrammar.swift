import Model

extension Objective {
  /// The objective as a plan writes it, in one normal form: `stress/short: ttft.p95 < 4s`.
  /// `Objective.parse` reads the same value back.
  public var text: String {
    var prefix = ""
    if let profile { prefix = profile.rawValue + (scenario.map { "/\($0)" } ?? "") + ": " }
    let (name, bound): (String, String) =
      switch metric {
      case .latency(let latency, let quantile):
        (
          "\(latency.rawValue).p\(shareText(quantile).dropLast())",
          durationText(Nanos(seconds: self.bound))
        )
      case .rate(let rate):
        (rate.rawValue, comparison == .equal ? numberText(self.bound) : shareText(self.bound))
      }
    return "\(prefix)\(name) \(comparison.rawValue) \(bound)"
  }

  /// The objective that `text` gave, nil for a text that is none.
  public init?(text: String) {
    guard case .success(let objective) = Objective.parse(text) else { return nil }
    self = objective
  }

  /// The objective of a text, `[profile[/scenario]:] metric[.pNN] (<|<=|==) value`: a latency needs
  /// `.pNN` and a duration, a rate a share as in `1%`, and `==` a count.
  static func parse(_ text: String) -> Result<Objective, ValueError> {
    var rest = trimmed(text)
    var objective = Objective(metric: .rate(.error), comparison: .less, bound: 0)
    if let colon = rest.firstIndex(of: ":") {
      let prefix = trimmed(String(rest[..<colon]))
      rest = trimmed(String(rest[rest.index(after: colon)...]))
      if let error = objective.readPrefix(prefix) { return .failure(error) }
    }
    guard let sign = rest.firstIndex(where: { "<=>!".contains($0) }) else {
      return .failure(
        ValueError("\(quoted(text)) has no <, <= or ==", remedy: "write it as in ttft.p95 < 1.5s"))
    }
    let metric = trimmed(String(rest[..<sign]))
    let symbol = String(rest[sign...].prefix { "<=>!".contains($0) })
    let bound = trimmed(String(rest[sign...].dropFirst(symbol.count)))
    guard let comparison = ObjectiveComparison(rawValue: symbol) else {
      return .failure(ValueError("\(quoted(symbol)) is not <, <= or =="))
    }
    objective.comparison = comparison
    return objective.reading(metric: metric, bound: bound)
  }

  private mutating func readPrefix(_ prefix: String) -> ValueError? {
    let parts = prefix.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    switch choose(name, from: ProfileKind.allCases.map(\.rawValue), { ProfileKind(rawValue: $0) }) {
    case .failure(let error): return ValueError("profile \(error.what)", remedy: error.remedy)
    case .success(let kind): profile = kind
    }
    guard parts.count > 1 else { return nil }
    switch checkName(String(parts[1])) {
    case .failure(let error): return ValueError("scenario \(error.what)", remedy: error.remedy)
    case .success(let name): scenario = name
    }
    return nil
  }

  private func reading(metric text: String, bound: String) -> Result<Objective, ValueError> {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    let quantile = parts.count > 1 ? String(parts[1]) : nil
    var objective = self
    if let rate = RateMetric(rawValue: name) {
      guard quantile == nil else {
        return .failure(
          ValueError("\(name) is a rate and has no quantile", remedy: "write \(name)"))
      }
      objective.metric = .rate(rate)
      return rateBound(bound).map {
        objective.bound = $0
        return objective
      }
    }
    guard let latency = ObjectiveLatency(rawValue: name) else {
      let names = ObjectiveLatency.allCases.map(\.rawValue)
      let known = choose(name, from: names + RateMetric.allCases.map(\.rawValue)) { _ in
        Objective?.none
      }
      return known.mapError { ValueError("metric \($0.what)", remedy: $0.remedy) }
    }
    if latency == .login, profile != nil {
      return .failure(
        ValueError(
          "logins belong to the whole run and to no profile", remedy: "remove what leads to the :"))
    }
    return latencyQuantile(name, quantile).flatMap { quantile in
      objective.metric = .latency(latency, quantile: quantile)
      return latencyBound(bound)
    }.map {
      objective.bound = $0
      return objective
    }
  }

  private func latencyQuantile(_ name: String, _ text: String?) -> Result<Double, ValueError> {
    let error = ValueError(
      "the latency \(name) needs a quantile between p1 and p99.99", remedy: "write \(name).p95")
    guard let text, text.utf8.first == UInt8(ascii: "p"),
      let (number, rest) = Decimal.prefix(of: String(text.dropFirst())), rest.isEmpty,
      number.scale <= 2
    else { return .failure(error) }
    let quantile = number.double(overTenTo: 2)
    return quantile >= 0.01 && quantile < 1 ? .success(quantile) : .failure(error)
  }

  private func latencyBound(_ text: String) -> Result<Double, ValueError> {
    guard comparison != .equal else {
      return .failure(ValueError("a latency is never exactly a value", remedy: "write < or <="))
    }
    return parseDuration(text).map(\.seconds)
  }

  private func rateBound(_ text: String) -> Result<Double, ValueError> {
    guard comparison == .equal else { return parseShare(text) }
    guard text.hasSuffix("%") else { return parseCount(text).map(Double.init) }
    return .failure(
      ValueError("== takes a count, not a share", remedy: "write == 0, or < with a share"))
  }
}
