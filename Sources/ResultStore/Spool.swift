import Glibc
import Model

/// A run file that grows while the run goes on: its header says that the run is unfinished.
struct Spool: ~Copyable {
  let path: String
  private let file: Int32
  private let writer: SampleLineWriter
  /// Bytes of the whole lines.
  private var size: Int

  private init(path: String, file: Int32, writer: SampleLineWriter, size: Int) {
    self.path = path
    self.file = file
    self.writer = writer
    self.size = size
  }

  /// Makes `folder/spool/<run id>.jsonl` with its first line.
  static func create(_ header: RunHeader, folder: String) throws(FileError) -> Spool {
    let name = String(header.runID.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
    let spools = folder + "/spool"
    for folder in [folder, spools] where mkdir(folder, 0o755) != 0 && errno != EEXIST {
      throw .notWritten(path: folder, reason: String(cString: strerror(errno)))
    }
    let path = "\(spools)/\(name).jsonl"
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw .notWritten(path: path, reason: String(cString: strerror(errno)))
    }
    let line = JSONWriter.bytes(header.unfinished.runFileJSON) + [0x0A]
    let spool = Spool(
      path: path, file: file, writer: SampleLineWriter(header: header), size: line.count)
    guard writeAll(line, to: file) else {
      throw .notWritten(path: path, reason: String(cString: strerror(errno)))
    }
    return spool
  }

  deinit {
    close(file)
  }

  /// Adds requests, all or none.
  mutating func append(_ samples: [StreamSample]) throws(FileError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(samples.count * 700)
    for sample in samples { writer.append(sample, to: &bytes) }
    guard writeAll(bytes, to: file) else {
      let reason = String(cString: strerror(errno))
      _ = ftruncate(file, size)
      throw .notWritten(path: path, reason: reason)
    }
    size += bytes.count
  }

  /// The requests so far, sorted by profile and position. By the open file: whoever removes the
  /// spool while the run goes on does not take its requests. O(n log n).
  func read() throws(FileError) -> [StreamSample] {
    do {
      return try RunFile.read("/proc/self/fd/\(file)").samples ?? []
    } catch {
      switch error {
      case .unreadable(_, let reason): throw .unreadable(path: path, reason: reason)
      case .wrong(_, let line, let what): throw .wrong(path: path, line: line, what: what)
      case .notWritten(_, let reason): throw .notWritten(path: path, reason: reason)
      }
    }
  }
}
