import Glibc
import Model
import Reports
import ResultStore

/// The file whose Markdown a CI system shows on the job's page.
struct StepSummary {
  /// The file; it is made if it is missing.
  var path: String
  /// True if a flag names it, so that a report that does not get there is an error.
  var isAsked: Bool

  /// Bytes below which a report would say nothing.
  private static let bytesMin = 4_096

  /// Appends a report, as far as the file's limit of 1 MiB leaves room, in one write. What was
  /// there stays: other calls write to it too.
  func append(_ model: ReportModel) throws(FileError) {
    let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw problem() }
    defer { Glibc.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw problem() }
    let used = Int(status.st_size)
    let lead = endsLine(descriptor, at: used) ? "" : "\n\n"
    let room = MarkdownReport.summaryBytesMax - used - lead.utf8.count
    guard room >= StepSummary.bytesMin else {
      throw .notWritten(path: path, reason: "the step summary is full: \(used) bytes are in it")
    }
    let bytes = Array(lead.utf8) + MarkdownReport.bytes(model, bytesMax: room)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { throw problem() }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// True if what follows begins a line.
  private func endsLine(_ descriptor: Int32, at end: Int) -> Bool {
    var last = UInt8(ascii: "\n")
    guard end > 0, pread(descriptor, &last, 1, off_t(end - 1)) == 1 else { return true }
    return last == UInt8(ascii: "\n")
  }

  private func problem() -> FileError {
    .notWritten(path: path, reason: String(cString: strerror(errno)))
  }
}
