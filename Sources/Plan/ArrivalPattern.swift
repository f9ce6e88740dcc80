/// How the arrivals of an open loop are spread over time, given how many there are.
public enum ArrivalPattern: Sendable, Equatable {
  /// Independent arrivals: the gaps between them are exponential.
  case poisson
  /// One arrival every 1/rate seconds.
  case constant
  /// Gaps from a gamma distribution of this shape, 0.1...100: below 1 they are burstier than
  /// Poisson, 1 is Poisson, above 1 they are more even. The gaps' coefficient of variation is
  /// 1/sqrt(shape). It is what `--burstiness` of vLLM's benchmark and `--arrival-smoothness` of
  /// aiperf mean.
  case gamma(shape: Double)
}

extension ArrivalPattern {
  /// Shapes that a plan may have: gaps of 3.2 down to 0.1 of their mean.
  static let shapes = 0.1...100.0

  /// `poisson`, `constant`, `gamma 0.25`.
  static var kind: ValueKind<ArrivalPattern> {
    ValueKind(parse: parse, show: \.text)
  }

  /// The pattern as a plan writes it.
  public var text: String {
    switch self {
    case .poisson: "poisson"
    case .constant: "constant"
    case .gamma(let shape): "gamma \(numberText(shape))"
    }
  }

  private static func parse(_ text: String) -> Result<ArrivalPattern, ValueError> {
    let words = text.split(separator: " ")
    guard words.first == "gamma" else {
      return choose(text, from: ["poisson", "constant", "gamma 0.25"]) {
        ["poisson": .poisson, "constant": .constant][$0]
      }
    }
    guard words.count == 2 else {
      return .failure(
        ValueError(
          "\(quoted(text)) does not name one shape",
          remedy: "write gamma and a number, such as gamma 0.25: 1 is Poisson, less is burstier"))
    }
    return parseNumber(String(words[1])).inRange(shapes, numberText)
      .map { .gamma(shape: $0) }
      .mapError { error in
        ValueError(
          error.what,
          remedy: error.remedy ?? "1 is Poisson, less is burstier; constant is exactly even")
      }
  }
}
