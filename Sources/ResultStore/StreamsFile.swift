import Glibc
public import Model

/// What the flight recorder kept of a run, format `streamgate-streams/1`: JSON Lines packed by
/// gzip, a line on the run and then one a stream. Readable for its owner only.
public struct StreamsFile: Sendable, Equatable {
  /// The format that the first line names.
  public static let format = "streamgate-streams/1"
  /// Streams of a file beyond which it is refused.
  public static let streamsMax = 10_000

  /// The run.
  public var header: RunHeader
  /// What was kept of each stream.
  public var mode: RecorderMode
  /// The streams, in the order of the schedule.
  public var streams: [RecordedStream]

  /// The file of a run.
  public init(header: RunHeader, mode: RecorderMode, streams: [RecordedStream]) {
    self.header = header
    self.mode = mode
    self.streams = streams
  }

  /// Reads a file.
  public static func read(_ path: String) throws(FileError) -> StreamsFile {
    var lines = try LineReader(path: path)
    var file: StreamsFile?
    while let line = try lines.next() {
      do {
        let value = try JSONReader.parse(line)
        guard let header = file?.header else {
          file = try StreamsFile(firstLine: value)
          continue
        }
        file?.streams.append(try RecordedStream(json: value, header: header))
      } catch let error as FieldError {
        throw .wrong(path: path, line: lines.number, what: error.phrase)
      } catch {
        throw .wrong(path: path, line: lines.number, what: "is no JSON")
      }
      guard lines.number <= streamsMax else {
        throw .wrong(path: path, line: lines.number, what: "more than \(streamsMax) streams")
      }
    }
    guard let file else {
      throw .wrong(path: path, line: nil, what: "has no line {\"type\":\"streams\",…}")
    }
    return file
  }

  /// Writes the file with mode 0600: whole or not at all, the same bytes for the same streams.
  public func write(to path: String) throws(FileError) {
    guard let packed = gzip(bytes) else {
      throw .notWritten(path: path, reason: "zlib cannot pack it")
    }
    try WholeFile.write(packed, to: path, mode: 0o600)
  }

  private var bytes: [UInt8] {
    let first = JSONValue.object([
      JSONMember("type", .string("streams")), JSONMember("format", .string(StreamsFile.format)),
      JSONMember("recorder", .string(mode.rawValue)), JSONMember("run", header.runFileJSON),
    ])
    var bytes = JSONWriter.bytes(first) + [0x0A]
    for stream in streams { bytes += JSONWriter.bytes(stream.json(header)) + [0x0A] }
    return bytes
  }

  private init(firstLine value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    guard try fields.optionalString("format") == StreamsFile.format else {
      throw FieldError(field: "format", what: "is not \"\(StreamsFile.format)\"")
    }
    guard let mode = RecorderMode(rawValue: try fields.string("recorder")) else {
      throw FieldError(field: "recorder", what: "is no mode of the recorder")
    }
    guard let run = value["run"] else { throw FieldError(field: "run", what: "is missing") }
    self.init(header: try RunHeader(runFileJSON: run), mode: mode, streams: [])
  }
}

/// The folder where the streams files of this machine's latest runs are, one a run, by run id.
public struct StreamsFolder: Sendable {
  /// Files that are kept; the oldest go first.
  public static let filesMax = 100
  /// Bytes of all files that are kept; the newest stays whatever its size.
  public static let bytesMax = 256 << 20

  private let folder: String

  /// The folder `streams` in a folder.
  public init(in folder: String) {
    self.folder = folder + "/streams"
  }

  /// Where the file of a run is, if it is there; nil for an id that is no name of a file.
  public func path(_ runID: String) -> String? {
    let isName = !runID.isEmpty && !runID.hasPrefix(".")
    guard isName, runID.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "/") }) else {
      return nil
    }
    return "\(folder)/\(runID)\(StreamsFolder.ending)"
  }

  private static let ending = ".jsonl.gz"

  /// Writes the file of a run, and removes the oldest of others beyond the limits.
  public func write(
    _ file: StreamsFile, filesMax: Int = filesMax, bytesMax: Int = bytesMax
  ) throws(FileError) {
    guard let path = path(file.header.runID) else {
      throw .notWritten(path: folder, reason: "the run's id is no name of a file")
    }
    for (name, mode) in [(String(folder.dropLast("/streams".count)), 0o755), (folder, 0o700)]
    where mkdir(name, mode_t(mode)) != 0 && errno != EEXIST {
      throw .notWritten(path: name, reason: String(cString: strerror(errno)))
    }
    try file.write(to: path)
    keepNewest(filesMax: filesMax, bytesMax: bytesMax)
  }

  /// Removes the file of a run, if there is one.
  public func remove(_ runID: String) {
    if let path = path(runID) { unlink(path) }
  }

  /// Removes the files that were written before a time; how many.
  public func prune(writtenBefore time: UnixNanos) -> Int {
    let old = entries().filter { $0.writtenAt < time }
    for entry in old { unlink(entry.path) }
    return old.count
  }

  private struct Entry {
    var path: String
    var bytes: Int
    var writtenAt: UnixNanos
  }

  private func keepNewest(filesMax: Int, bytesMax: Int) {
    var total = 0
    let newestFirst = entries().sorted { ($1.writtenAt, $1.path) < ($0.writtenAt, $0.path) }
    for (index, entry) in newestFirst.enumerated() {
      total += entry.bytes
      if index > 0, index >= filesMax || total > bytesMax { unlink(entry.path) }
    }
  }

  private func entries() -> [Entry] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var entries: [Entry] = []
    while let item = readdir(directory) {
      let name = withUnsafeBytes(of: item.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      let path = "\(folder)/\(name)"
      var status = stat()
      guard name.hasSuffix(StreamsFolder.ending), lstat(path, &status) == 0 else { continue }
      let written = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
      entries.append(
        Entry(path: path, bytes: Int(status.st_size), writtenAt: UnixNanos(written)))
    }
    return entries
  }
}
