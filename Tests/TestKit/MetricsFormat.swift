/// Prometheus' text format, as much of it as tests need: what is wrong with a text, and its values.
public enum MetricsFormat {
  /// One line with a value.
  public struct Sample: Equatable, Sendable {
    /// The metric's name, `_bucket` and the like included.
    public var name: String
    /// The labels as they are written between the braces.
    public var labels: String
    /// The value.
    public var value: Double
  }

  /// What the format does not allow; empty for a text that keeps to it.
  public static func problems(of text: String) -> [String] {
    var problems: [String] = []
    if text.last != "\n" { problems.append("no line end at the end") }
    var types: [String: Substring] = [:]
    var seen: Set<String> = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# TYPE "), words.count == 4 {
        if types.updateValue(words[3], forKey: String(words[2])) != nil {
          problems.append("two TYPEs: \(words[2])")
        }
        continue
      }
      if line.hasPrefix("#") { continue }
      guard let sample = sample(line) else {
        problems.append("no sample: \(line)")
        continue
      }
      if types[family(of: sample.name, types)] == nil {
        problems.append("\(sample.name) has no TYPE")
      }
      let key = sample.name + (sample.labels.isEmpty ? "" : "{\(sample.labels)}")
      if !seen.insert(key).inserted { problems.append("twice: \(key)") }
    }
    return problems + histogramProblems(samples(of: text), types)
  }

  /// As `problems(of:)` for OpenMetrics 1.0, as far as gauges go: closed by `# EOF`, nothing after
  /// it, no empty line, every sample below the TYPE of its family.
  public static func openMetricsProblems(of text: String) -> [String] {
    var problems = problems(of: text)
    if !text.hasSuffix("\n# EOF\n") { problems.append("not closed by # EOF") }
    var family: Substring = ""
    for line in text.dropLast("# EOF\n".count).split(
      separator: "\n", omittingEmptySubsequences: false
    ).dropLast() {
      let words = line.split(separator: " ")
      if line.isEmpty {
        problems.append("an empty line")
      } else if line.hasPrefix("# TYPE "), words.count == 4 {
        family = words[2]
        if words[3] != "gauge" { problems.append("\(family) is no gauge") }
      } else if line.hasPrefix("#") {
        if words.count < 4 || words[1] != "HELP" { problems.append("a comment: \(line)") }
      } else if line.prefix(while: { $0 != " " && $0 != "{" }) != family {
        problems.append("not below its TYPE: \(line)")
      }
    }
    return problems
  }

  /// The lines with a value, in their order; those that are none are left out.
  public static func samples(of text: String) -> [Sample] {
    text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap(sample)
  }

  private static func sample(_ line: Substring) -> Sample? {
    // name{label="value",…} number; a value's quotes and backslashes are escaped.
    let pattern =
      #/
      ([a-zA-Z_:][a-zA-Z0-9_:]*)
      (?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})?
      \ (\S+)
      /#
    guard let match = try? pattern.wholeMatch(in: line), let value = Double(String(match.3)) else {
      return nil
    }
    return Sample(name: String(match.1), labels: String(match.2 ?? ""), value: value)
  }

  private static func family(of name: String, _ types: [String: Substring]) -> String {
    for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
      let family = String(name.dropLast(suffix.count))
      if types[family] == "histogram" { return family }
    }
    return name
  }

  private static func histogramProblems(
    _ samples: [Sample], _ types: [String: Substring]
  ) -> [String] {
    var problems: [String] = []
    for family in types.filter({ $0.value == "histogram" }).keys.sorted() {
      var last: [String: (value: Double, isUnbounded: Bool)] = [:]
      for sample in samples where sample.name == family + "_bucket" {
        let parts = sample.labels.split(separator: ",")
        let labels = parts.filter { !$0.hasPrefix("le=") }.joined(separator: ",")
        if let before = last[labels], before.value > sample.value {
          problems.append("\(family){\(labels)} falls")
        }
        last[labels] = (sample.value, sample.labels.contains("le=\"+Inf\""))
      }
      for sample in samples where sample.name == family + "_count" {
        let top = last[sample.labels]
        if top?.isUnbounded != true || top?.value != sample.value {
          problems.append(
            "\(family){\(sample.labels)} has no +Inf bucket that equals its count")
        }
      }
    }
    return problems
  }
}
