public import Gate
public import Model

/// `result.json`, format `streamgate-result/1`: the verdict, and everything that it came from.
///
/// Judging the decoded input and encoding again gives the same bytes. Members are explained in
/// `docs/schema.md`; unknown ones are ignored.
public struct ResultFile: Sendable {
  /// The format that the file names.
  public static let format = "streamgate-result/1"
  /// Bytes of a file at most that is read: 60 runs of many cells are a tenth of it.
  public static let bytesMax = 64 << 20

  /// The verdict's inputs.
  public var input: GateInput
  /// The facts of the invocation that wrote the file.
  public var facts: ReportFacts
  /// The verdict that the file states; another version may judge otherwise.
  public var kind: VerdictKind

  /// The file of a report, indented, UTF-8, with a line feed at its end.
  public static func encode(_ report: Report) -> [UInt8] {
    let model = report.model
    let value = JSONValue.object([
      JSONMember("format", .string(format)),
      JSONMember("verdict_line", .string(model.verdictLine)),
      JSONMember("exit_code", .count(report.facts.exitCode)),
      JSONMember("client_error", model.clientErrorValue),
      JSONMember("verdict", VerdictJSON.value(report.verdict)),
      JSONMember("facts", report.facts.json),
      JSONMember("input", report.input.json),
    ])
    return JSONWriter.bytes(value, indent: 1) + [0x0A]
  }

  /// Reads a file; throws what is wrong with it and where.
  public static func decode(_ bytes: [UInt8]) throws(ResultFileError) -> ResultFile {
    guard bytes.count <= bytesMax else { throw .tooLarge(bytes: bytes.count) }
    let value: JSONValue
    do { value = try JSONReader.parse(bytes) } catch { throw .notJSON(error) }
    guard let found = value["format"]?.stringValue else { throw .notAResult }
    guard found == format else { throw .otherFormat(found) }
    do {
      return try ResultFile(value)
    } catch {
      throw .wrongField(error)
    }
  }

  private init(_ value: JSONValue) throws(FieldError) {
    guard let input = value["input"] else { throw FieldError(field: "input", what: "is missing") }
    guard let facts = value["facts"] else { throw FieldError(field: "facts", what: "is missing") }
    guard let kind = value["verdict"]?["kind"]?.stringValue.flatMap(VerdictKind.init(rawValue:))
    else { throw FieldError(field: "verdict.kind", what: "is no verdict") }
    self.kind = kind
    do { self.input = try GateInput(json: input) } catch { throw error.inside("input") }
    do { self.facts = try ReportFacts(json: facts) } catch { throw error.inside("facts") }
    guard let exitCode = value["exit_code"]?.intValue else {
      throw FieldError(field: "exit_code", what: "is missing")
    }
    self.facts.exitCode = exitCode
  }
}

/// Why a file is no `result.json` that this version reads.
public enum ResultFileError: Error, Sendable, Equatable {
  /// Larger than `ResultFile.bytesMax`.
  case tooLarge(bytes: Int)
  /// No JSON.
  case notJSON(JSONError)
  /// JSON, but of something else.
  case notAResult
  /// A result in a format that this version does not know.
  case otherFormat(String)
  /// A field is missing or wrong.
  case wrongField(FieldError)
}

extension ReportFacts {
  /// The facts without the exit code, which stands at the top of the file.
  fileprivate var json: JSONValue {
    var members = [
      JSONMember("host", .string(hostName)),
      JSONMember("version", .string(version)),
      JSONMember("baseline_branch", .string(baselineBranch)),
      JSONMember("repeated", .bool(isRepeated)),
      JSONMember("differences_only", .bool(isDifference)),
      JSONMember("restart_reason", restartReason.map { .string($0) } ?? .null),
      JSONMember("notes", .array(notes.map { .string($0) })),
    ]
    if !streams.isEmpty { members.append(JSONMember("streams", .array(streams.map(\.json)))) }
    return .object(members)
  }

  fileprivate init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(
      exitCode: 0, hostName: try fields.optionalString("host") ?? "",
      version: try fields.optionalString("version") ?? "",
      baselineBranch: try fields.optionalString("baseline_branch") ?? "main",
      isRepeated: try fields.optionalBool("repeated") ?? false,
      isDifference: try fields.optionalBool("differences_only") ?? false,
      restartReason: try fields.optionalString("restart_reason"),
      notes: try fields.strings("notes"),
      streams: try fields.list("streams", StreamNote.init(json:)))
  }
}
