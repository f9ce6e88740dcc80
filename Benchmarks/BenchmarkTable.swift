import Foundation
import Model

/// The figures of one benchmark: rows of named numbers, printed as a table or written as JSON.
struct BenchmarkTable {
  /// What was measured.
  let name: String
  /// Names of the numbers, with their units: `events_per_s`.
  let columns: [String]
  private(set) var rows: [(label: String, figures: [Double])] = []

  init(name: String, columns: [String]) {
    self.name = name
    self.columns = columns
  }

  mutating func add(_ label: String, _ figures: [Double]) {
    precondition(figures.count == columns.count, "\(figures.count) figures, \(columns.count) names")
    rows.append((label, figures))
  }

  /// Prints the table, and writes it to a file if one is named.
  func publish(json path: String?) throws {
    let width = (rows.map(\.label.count).max() ?? 0) + 2
    print(name)
    print(pad("", width) + columns.map { pad($0, 18) }.joined())
    for row in rows {
      print(pad(row.label, width) + row.figures.map { pad(text($0), 18) }.joined())
    }
    if let path {
      try Data(JSONWriter.bytes(json, indent: 2)).write(to: URL(filePath: path))
    }
  }

  private var json: JSONValue {
    .object([
      JSONMember("benchmark", .string(name)),
      JSONMember(
        "rows",
        .array(
          rows.map { row in
            .object(
              [JSONMember("case", .string(row.label))]
                + zip(columns, row.figures).map { JSONMember($0, .number($1)) })
          })),
    ])
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private func text(_ figure: Double) -> String {
    figure.magnitude >= 100 ? String(Int64(figure.rounded())) : String(format: "%.3f", figure)
  }
}

/// CPU seconds that this thread has used.
func threadCPUSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The middle one of an odd number of measurements.
func median(_ values: [Double]) -> Double {
  precondition(!values.isEmpty, "no measurement")
  return values.sorted()[values.count / 2]
}
