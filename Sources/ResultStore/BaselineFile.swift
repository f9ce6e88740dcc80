public import Model

/// Baseline files `streamgate-baseline/1`: the runs of main of one environment, in git.
public struct BaselineFile: Sendable, Equatable {
  /// The format that the file names.
  public static let format = "streamgate-baseline/1"

  /// The project's name.
  public var project: String
  /// The environment's key.
  public var environment: String
  /// The frozen median output tokens of each scenario.
  public var referenceTokens: [String: Double]
  /// The frozen bound of a stall, nil if none is frozen.
  public var stallGap: Nanos?
  /// Ids of the runs that begin a new segment.
  public var segments: [String]
  /// Accepted regressions.
  public var waivers: [Waiver]
  /// Runs of main and change points that people accepted.
  public var acceptances: [Acceptance]
  /// The runs, without samples.
  public var runs: [RunRecord]

  /// A file of these parts.
  public init(
    project: String, environment: String, referenceTokens: [String: Double] = [:],
    stallGap: Nanos? = nil, segments: [String] = [], waivers: [Waiver] = [],
    acceptances: [Acceptance] = [], runs: [RunRecord] = []
  ) {
    self.project = project
    self.environment = environment
    self.referenceTokens = referenceTokens
    self.stallGap = stallGap
    self.segments = segments
    self.waivers = waivers
    self.acceptances = acceptances
    self.runs = runs
  }

  /// The frozen reference that the file carries, nil if it carries none.
  public var reference: EnvironmentReference? {
    stallGap.map {
      EnvironmentReference(
        project: project, environment: environment, referenceTokens: referenceTokens,
        stallGap: $0, frozenBy: "")
    }
  }

  /// Reads a file; the order of its runs does not matter.
  public static func read(_ path: String) throws(FileError) -> BaselineFile {
    var bytes: [UInt8] = []
    var reader = try ByteReader(path: path)
    while true {
      let more = try reader.next()
      if more.isEmpty { break }
      bytes += more
      guard bytes.count <= bytesMax else {
        throw .wrong(path: path, line: nil, what: "holds more than \(bytesMax) bytes")
      }
    }
    let value: JSONValue
    do {
      value = try JSONReader.parse(bytes)
    } catch {
      let line = 1 + bytes[..<min(error.offset, bytes.count)].count { $0 == 0x0A }
      throw .wrong(path: path, line: line, what: "is no JSON: \(error.what)")
    }
    do {
      return try BaselineFile(json: value)
    } catch {
      throw .wrong(path: path, line: nil, what: error.phrase)
    }
  }

  /// Bytes beyond which a file is refused.
  public static let bytesMax = 256 << 20

  /// Writes the file, whole or not at all.
  public func write(to path: String) throws(FileError) {
    try WholeFile.write(bytes, to: path)
  }

  /// The text: one run a line, sorted by start and id, so that two branches' files merge.
  public var bytes: [UInt8] {
    var text: [UInt8] = []
    func append(_ piece: String) { text.append(contentsOf: piece.utf8) }
    func append(_ name: String, _ value: JSONValue) {
      append("\"\(name)\":")
      text.append(contentsOf: JSONWriter.bytes(value))
      append(",\n")
    }
    func append(_ name: String, lines: [JSONValue]) {
      append("\"\(name)\":[")
      for (index, line) in lines.enumerated() {
        append(index == 0 ? "\n" : ",\n")
        text.append(contentsOf: JSONWriter.bytes(line))
      }
      append(lines.isEmpty ? "]" : "\n]")
    }
    append("{")
    append("format", .string(BaselineFile.format))
    append("project", .string(project))
    append("environment", .string(environment))
    append("n_ref_tokens", RunColumns.numbers(referenceTokens))
    append("stall_gap_s", stallGap.map { .number($0.seconds) } ?? .null)
    append("segments", .array(segments.map { .string($0) }))
    append("waivers", lines: waivers.sorted { $0.id < $1.id }.map(\.json))
    append(",\n")
    if !acceptances.isEmpty {
      let sorted = acceptances.sorted { ($0.kind, $0.runID) < ($1.kind, $1.runID) }
      append("acceptances", lines: sorted.map(\.json))
      append(",\n")
    }
    append("runs", lines: sortedRuns.map(\.json))
    append("}\n")
    return text
  }

  private var sortedRuns: [RunRecord] {
    runs.sorted { a, b in
      a.header.startedAt == b.header.startedAt
        ? a.header.runID < b.header.runID : a.header.startedAt < b.header.startedAt
    }
  }

  private init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    guard try fields.string("format") == BaselineFile.format else {
      throw FieldError(field: "format", what: "is not \"\(BaselineFile.format)\"")
    }
    self.init(
      project: try fields.string("project"), environment: try fields.string("environment"))
    referenceTokens = try fields.numbersByName("n_ref_tokens")
    stallGap = try fields.optionalSeconds("stall_gap_s")
    segments = try fields.strings("segments")
    waivers = try fields.list("waivers", Waiver.init(json:))
    acceptances = try fields.list("acceptances", Acceptance.init(json:))
    runs = try fields.list("runs", RunRecord.init(json:))
    runs = sortedRuns
    for (run, next) in zip(runs, runs.dropFirst()) where run.header.runID == next.header.runID {
      throw FieldError(field: "runs", what: "have \(run.header.runID) twice")
    }
  }
}
