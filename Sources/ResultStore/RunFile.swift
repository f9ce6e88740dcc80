public import Model

/// Run files `streamgate-run/1`: JSON Lines, the run and then its requests and logins, also
/// packed by gzip.
public enum RunFile {
  /// Requests a file beyond which it is refused.
  public static let samplesMax = 20_000_000

  /// Reads a run with its samples, without cells.
  ///
  /// The order of the lines does not matter, nor do empty lines and carriage returns. The file of
  /// a run that did not finish may end in the middle of a line, which is left out.
  public static func read(_ path: String) throws(FileError) -> RunRecord {
    var lines = try LineReader(path: path)
    var reader = SampleLineReader()
    var header: RunHeader?
    var logins = LoginLog()
    while let line = try lines.next() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      let number = lines.number
      let value: JSONValue
      do {
        value = try JSONReader.parse(line)
      } catch {
        if lines.isCut, header?.isFinished == false { break }
        throw .wrong(
          path: path, line: number, what: "is no JSON at byte \(error.offset): \(error.what)")
      }
      do throws(FieldError) {
        if value["type"] == nil {
          try reader.read(value)
        } else if let type = value["type"]?.stringValue, LoginLog.lineTypes.contains(type) {
          try logins.read(line: value)
        } else if header == nil {
          header = try RunHeader(runFileJSON: value)
        } else {
          throw FieldError(field: "type", what: "comes twice: one run a file")
        }
      } catch {
        throw .wrong(path: path, line: number, what: error.phrase)
      }
      guard reader.count <= samplesMax else {
        throw .wrong(path: path, line: number, what: "more than \(samplesMax) requests")
      }
    }
    guard var header else {
      throw .wrong(path: path, line: nil, what: "has no line {\"type\":\"run\",…}")
    }
    do {
      let samples = try reader.finish(header: &header)
      var record = RunRecord(header: header, samples: samples)
      record.logins = logins
      return record
    } catch {
      throw .wrong(path: path, line: nil, what: error.phrase)
    }
  }

  /// The id of the run in a file whose first line is the run's, as in those that `write` makes; nil
  /// for any other file. O(line).
  public static func runID(in path: String) -> String? {
    guard var lines = try? LineReader(path: path), let line = try? lines.next() else { return nil }
    return (try? JSONReader.parse(line)).flatMap { try? RunHeader(runFileJSON: $0) }?.runID
  }

  /// Writes a run and its samples, packed if the path ends in `.gz`: whole or not at all, and the
  /// same bytes for the same run.
  public static func write(_ record: RunRecord, to path: String) throws(FileError) {
    let text = bytes(record)
    guard path.hasSuffix(".gz") else { return try WholeFile.write(text, to: path) }
    guard let packed = gzip(text) else {
      throw .notWritten(path: path, reason: "zlib cannot pack it")
    }
    try WholeFile.write(packed, to: path)
  }

  /// The text of a run file.
  public static func bytes(_ record: RunRecord) -> [UInt8] {
    var bytes = JSONWriter.bytes(record.header.runFileJSON)
    bytes.append(0x0A)
    let samples = record.samples ?? []
    bytes.reserveCapacity(bytes.count + samples.count * 700)
    let writer = SampleLineWriter(header: record.header)
    for sample in samples { writer.append(sample, to: &bytes) }
    for line in record.logins.lines { bytes += JSONWriter.bytes(line) + [0x0A] }
    return bytes
  }
}

extension FieldError {
  /// Name and what is wrong with it.
  var phrase: String { field.isEmpty ? what : "\(field) \(what)" }
}
