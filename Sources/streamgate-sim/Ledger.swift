import Glibc
import Model

/// Writes the ledger: a line at the start, one a request in the order of their ends, one at the
/// end. Lines wait in memory and are written while nothing is due.
struct Ledger {
  /// Bytes that wait at most before they are written whatever is due.
  static let waitingBytesMax = 128 << 10

  private let descriptor: Int32?
  private var waiting: [UInt8] = []
  /// What all records so far say.
  private(set) var summary = LedgerSummary()

  /// Creates the file, if there is to be one, and writes its first line.
  init(path: String?, settings: Settings, drift: Double) throws(SimulatorError) {
    guard let path else {
      descriptor = nil
      return
    }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .system("cannot write the ledger \(path)", errno) }
    descriptor = file
    line(
      .object([
        JSONMember("type", .string("start")),
        JSONMember("format", .string("streamgate-sim-ledger/1")),
        JSONMember("pid", .integer(Int64(getpid()))),
        JSONMember("seed", .string(String(settings.timing.seed))),
        JSONMember("commit", .string(settings.commit)),
        JSONMember("drift_factor", .number(drift)),
      ]))
    try flush()
  }

  /// True if lines wait to be written.
  var hasWaiting: Bool { !waiting.isEmpty }

  /// True if so many lines wait that they must be written now.
  var isFull: Bool { waiting.count > Ledger.waitingBytesMax }

  /// Notes the end of a request.
  mutating func append(_ record: LedgerRecord) {
    summary.add(record)
    guard descriptor != nil else { return }
    record.write(to: &waiting)
    waiting.append(0x0A)
  }

  /// Writes the last line and everything that waits.
  mutating func finish() throws(SimulatorError) {
    if descriptor != nil, let busy = summary.busy {
      line(
        .object([
          JSONMember("type", .string("end")),
          JSONMember("busy_ns", .integer(busy.wall.rawValue)),
          JSONMember("busy_cpu_ns", .integer(busy.cpu.rawValue)),
        ]))
    }
    try flush()
  }

  /// Notes the CPU time used in the busy interval.
  mutating func noteBusy(wall: Nanos, cpu: Nanos) {
    summary.busy = BusyInterval(wall: wall, cpu: cpu)
  }

  /// Writes everything that waits.
  mutating func flush() throws(SimulatorError) {
    guard let descriptor else { return }
    var written = 0
    while written < waiting.count {
      let count = waiting[written...].withUnsafeBytes {
        write(descriptor, $0.baseAddress, $0.count)
      }
      guard count >= 0 || errno == EINTR else {
        throw .system("the ledger cannot be written", errno)
      }
      written += max(count, 0)
    }
    waiting.removeAll(keepingCapacity: true)
  }

  private mutating func line(_ value: JSONValue) {
    waiting.append(contentsOf: JSONWriter.bytes(value))
    waiting.append(0x0A)
  }
}
