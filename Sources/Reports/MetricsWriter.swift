/// Lines of Prometheus' text format, with its escaping.
///
/// Gauges alone are OpenMetrics too, once `end` has closed the text
/// (https://prometheus.io/docs/specs/om/open_metrics_spec/); counters and histograms are named and
/// typed as version 0.0.4 of the older format wants them.
public struct MetricsWriter {
  /// What the values of a metric are.
  public enum Kind: String, Sendable {
    /// Only rises.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts by upper bounds.
    case histogram
  }

  /// The text so far.
  public private(set) var text = ""
  private var name = ""

  /// An empty text.
  public init() {}

  /// Begins a metric: the samples that follow are its.
  public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    text += "# HELP \(name) \(MetricsWriter.escaped(help, quotes: false))\n"
    text += "# TYPE \(name) \(kind.rawValue)\n"
  }

  /// One value of the metric that was begun; `suffix` is added to its name.
  public mutating func sample(
    _ value: Double, _ labels: [(String, String)] = [], suffix: String = ""
  ) {
    text += name + suffix
    if !labels.isEmpty {
      let pairs = labels.map { "\($0)=\"\(MetricsWriter.escaped($1, quotes: true))\"" }
      text += "{" + pairs.joined(separator: ",") + "}"
    }
    text += " \(MetricsWriter.number(value))\n"
  }

  /// Closes the text, as OpenMetrics demands: a file without it was cut off.
  public mutating func end() { text += "# EOF\n" }

  /// As a value is written: whole numbers without a point, as clients write them.
  public static func number(_ value: Double) -> String {
    if value == .infinity { return "+Inf" }
    return Int64(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    text.unicodeScalars.reduce(into: "") { out, scalar in
      switch scalar {
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\"" where quotes: out += "\\\""
      default: out.unicodeScalars.append(scalar)
      }
    }
  }
}
