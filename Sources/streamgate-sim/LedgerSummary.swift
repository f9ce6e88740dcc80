import Glibc
import Model

/// What a ledger says as a whole.
struct LedgerSummary {
  /// Bytes of a line beyond which a file is refused.
  static let lineBytesMax = 16 << 20

  private(set) var requests = 0
  private(set) var chats = 0
  private(set) var tokens = 0
  private(set) var bytesSent = 0
  private var lateness = Histogram()
  private var ttft = Histogram()
  /// How often each end of a login came, by its name.
  private var logins: [String: Int] = [:]
  /// How often each kind of end came, by its name.
  private var kinds: [String: Int] = [:]
  /// From the first chat completion's arrival to the last one's end, nil if not known.
  var busy: BusyInterval?

  /// Nothing yet.
  init() {}

  /// The summary of a file.
  init(file: String) throws(SimulatorError) {
    guard let stream = fopen(file, "re") else { throw .system("cannot read \(file)", errno) }
    defer { fclose(stream) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var lineNumber = 0
    while true {
      let length = getline(&line, &capacity, stream)
      guard length > 0, let line else { break }
      lineNumber += 1
      guard length <= LedgerSummary.lineBytesMax else {
        throw .badLedger(file, lineNumber, "the line is too long")
      }
      let bytes = UnsafeRawBufferPointer(start: line, count: length)
      do {
        try add(line: try JSONReader.parse(bytes.bindMemory(to: UInt8.self)))
      } catch let error as LedgerFieldError {
        throw .badLedger(file, lineNumber, "the field \(error.field) is missing or wrong")
      } catch let error as JSONError {
        throw .badLedger(file, lineNumber, error.what)
      } catch {
        throw .badLedger(file, lineNumber, "not a line of a ledger")
      }
    }
  }

  private mutating func add(line: JSONValue) throws(LedgerFieldError) {
    switch line["type"]?.stringValue {
    case "request":
      add(try LedgerRecord(line: line))
    case "end":
      busy = BusyInterval(
        wall: Nanos(Int64(try line.integer("busy_ns"))),
        cpu: Nanos(Int64(try line.integer("busy_cpu_ns"))))
    case "start":
      break
    default:
      throw LedgerFieldError(field: "type")
    }
  }

  /// Adds a request.
  mutating func add(_ record: LedgerRecord) {
    requests += 1
    bytesSent += record.bytesSent
    if let login = record.login { logins[login.rawValue, default: 0] += 1 }
    guard record.chat != nil else { return }
    chats += 1
    tokens += record.tokenSent.count
    for (due, sent) in zip(record.tokenDue, record.tokenSent) { lateness.add(sent - due) }
    if let first = record.tokenSent.first { ttft.add(first - record.received) }
    let kind = record.end == .scripted ? record.outcome.name : record.end.rawValue
    kinds[kind, default: 0] += 1
  }

  /// The summary as lines.
  var text: String {
    var lines = ["requests  \(requests), of them chat completions \(chats)"]
    let ends = kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    lines.append("ended     \(ends.isEmpty ? "none" : ends.joined(separator: ", "))")
    if !logins.isEmpty {
      let ends = logins.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      lines.append("logins    \(ends.joined(separator: ", "))")
    }
    lines.append("sent      \(tokens) tokens, \(bytesSent) bytes")
    lines.append("late      \(quantiles(lateness)) (send - due, a token)")
    lines.append("ttft      \(quantiles(ttft)) (first send - received)")
    if let busy, busy.wall > .zero {
      let share = busy.cpu.seconds / busy.wall.seconds
      lines.append(
        "cpu       \(decimals(share, 3)) of a core over \(decimals(busy.wall.seconds, 1)) s")
    } else {
      lines.append("cpu       not known")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func quantiles(_ histogram: Histogram) -> String {
    guard let p50 = histogram.quantile(0.5), let p99 = histogram.quantile(0.99) else {
      return "none"
    }
    return [("p50", p50), ("p99", p99), ("max", histogram.largest)]
      .map { "\($0.0) \(decimals($0.1.milliseconds, 3)) ms" }.joined(separator: ", ")
  }
}

/// How long the server had work, and the CPU time that it took then.
struct BusyInterval {
  var wall: Nanos
  var cpu: Nanos
}

private func decimals(_ value: Double, _ places: Int) -> String {
  let scale = pow(10, Double(places))
  let scaled = Int((value * scale).rounded())
  let fraction = String(abs(scaled) % Int(scale))
  return (scaled < 0 ? "-" : "") + "\(abs(scaled) / Int(scale))."
    + String(repeating: "0", count: places - fraction.count) + fraction
}
