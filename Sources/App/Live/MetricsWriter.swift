import LoadEngine

/// Lines of Prometheus' text format, with its escaping.
struct MetricsWriter {
  enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  private(set) var text = ""
  private var name = ""

  /// Begins a metric: the samples that follow are its.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    text += "# HELP \(name) \(MetricsWriter.escaped(help, quotes: false))\n"
    text += "# TYPE \(name) \(kind.rawValue)\n"
  }

  /// One value.
  mutating func sample(_ value: Double, _ labels: [(String, String)] = []) {
    line(name, labels, MetricsWriter.number(value))
  }

  /// A histogram whose bounds are shown in a unit of so many of its own: seconds for nanoseconds.
  mutating func histogram(
    _ histogram: BucketHistogram, _ labels: [(String, String)], unit: Int64 = 1_000_000_000
  ) {
    var below = 0
    for (index, count) in histogram.counts.enumerated() {
      below += count
      let bound =
        index < histogram.bounds.count
        ? MetricsWriter.number(Double(histogram.bounds[index]) / Double(unit)) : "+Inf"
      line(name + "_bucket", labels + [("le", bound)], String(below))
    }
    line(name + "_sum", labels, MetricsWriter.number(Double(histogram.sum) / Double(unit)))
    line(name + "_count", labels, String(below))
  }

  private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0)=\"\(MetricsWriter.escaped($1, quotes: true))\"" }
      text += "{" + pairs.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  /// Whole numbers without a point, as clients write them.
  private static func number(_ value: Double) -> String {
    Int64(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    text.reduce(into: "") { out, character in
      switch character {
      case "\\": out += "\\\\"
      case "\n", "\r\n": out += "\\n"
      case "\"" where quotes: out += "\\\""
      default: out.append(character)
      }
    }
  }
}
