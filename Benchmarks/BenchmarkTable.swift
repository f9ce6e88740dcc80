import ArgumentParser
import Foundation
import Model
import Statistics

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

  /// Adds a row; NaN stands for a figure that there is not.
  mutating func add(_ label: String, _ figures: [Double]) {
    precondition(figures.count == columns.count, "\(figures.count) figures, \(columns.count) names")
    rows.append((label, figures))
  }

  /// Prints tables, and writes them to a file if one is named, as a JSON list.
  static func publish(_ tables: [BenchmarkTable], json path: String?) throws {
    for table in tables { table.printText() }
    guard let path else { return }
    let list = JSONValue.array(tables.map(\.json))
    try Data(JSONWriter.bytes(list, indent: 2)).write(to: URL(filePath: path))
  }

  private func printText() {
    let width = (rows.map(\.label.count).max() ?? 0) + 2
    print(name)
    print(pad("", width) + columns.map { pad($0, 18) }.joined())
    for row in rows {
      print(pad(row.label, width) + row.figures.map { pad(text($0), 18) }.joined())
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
                + zip(columns, row.figures).map { JSONMember($0, $1.isNaN ? .null : .number($1)) })
          })),
    ])
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private func text(_ figure: Double) -> String {
    if figure.isNaN { return "-" }
    return figure.magnitude >= 100
      ? String(Int64(figure.rounded())) : String(format: "%.3f", figure)
  }
}

/// CPU seconds that this thread has used.
func threadCPUSeconds() -> Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

/// CPU seconds that this process has used, all its threads.
func processCPUSeconds() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

/// CPU seconds that the processes used that this one started and that ended.
func childrenCPUSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
  return [usage.ru_utime, usage.ru_stime].reduce(0) {
    $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
  }
}

/// A count of a flag.
func atLeastOne(_ text: String) throws -> Int {
  guard let count = Int(text), count > 0 else {
    throw ValidationError("\(text): a whole number from 1 on.")
  }
  return count
}

/// The most memory that this process ever had resident.
func residentMegabytes() -> Double {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return line.flatMap { Double($0.filter(\.isNumber)) }.map { $0 / 1_024 } ?? 0
}

/// Seconds of the monotonic clock.
func wallSeconds() -> Double { seconds(CLOCK_MONOTONIC) }

private func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The middle one of an odd number of measurements.
func median(_ values: [Double]) -> Double {
  precondition(!values.isEmpty, "no measurement")
  return values.sorted()[values.count / 2]
}

/// A quantile by linear interpolation; NaN without values.
func quantile(_ values: [Double]?, _ q: Double) -> Double {
  guard let values, !values.isEmpty else { return .nan }
  return Quantile.type7(values, q)
}
