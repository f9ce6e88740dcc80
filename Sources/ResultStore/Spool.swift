import Glibc
import Model

/// A run file that grows while the run goes on: its header says that the run is unfinished.
struct Spool: ~Copyable {
  let path: String
  private let file: Int32
  private let writer: SampleLineWriter

  private init(path: String, file: Int32, writer: SampleLineWriter) {
    self.path = path
    self.file = file
    self.writer = writer
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
    let spool = Spool(path: path, file: file, writer: SampleLineWriter(header: header))
    guard writeAll(JSONWriter.bytes(header.unfinished.runFileJSON) + [0x0A], to: file) else {
      throw .notWritten(path: path, reason: String(cString: strerror(errno)))
    }
    return spool
  }

  deinit {
    close(file)
  }

  /// Adds requests.
  func append(_ samples: [StreamSample]) throws(FileError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(samples.count * 700)
    for sample in samples { writer.append(sample, to: &bytes) }
    guard writeAll(bytes, to: file) else {
      throw .notWritten(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
