public import Foundation
public import Model
public import Testing

/// The files of `Tests/Golden`: vectors that code is held against and texts that outputs must
/// equal.
public enum Golden {
  /// The folder `Tests/Golden` of the checkout that was built.
  public static let folder = testsFolder.appending(path: "Golden", directoryHint: .isDirectory)

  /// The root of the checkout that was built.
  public static let checkout = testsFolder.deletingLastPathComponent()

  private static let testsFolder = URL(filePath: #filePath)
    .deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Where the golden file `name` is, or would be.
  public static func url(_ name: String) -> URL {
    folder.appending(path: name, directoryHint: .notDirectory)
  }

  /// The bytes of a golden file.
  public static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url(name)))
  }

  /// A golden file as text.
  public static func text(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }

  /// A golden file as JSON.
  public static func json(_ name: String) throws -> JSONValue {
    try JSONReader.parse(try bytes(name))
  }

  /// A golden JSON Lines file, a value a line.
  public static func jsonLines(_ name: String) throws -> [JSONValue] {
    try bytes(name).split(separator: 0x0A).map { try JSONReader.parse(Array($0)) }
  }

  /// The vectors of one function: `cases` and the tolerance that the file states.
  public static func vectors(_ name: String) throws -> GoldenVectors {
    let file = try json(name)
    guard let cases = file["cases"]?.arrayValue, !cases.isEmpty else {
      throw GoldenError(what: "\(name) has no cases")
    }
    return GoldenVectors(file: file, cases: cases, tolerance: Tolerance(of: file))
  }

  /// Records an issue unless `text` equals the golden file, byte for byte. The text is then kept
  /// beside it with `.got` added to the name, to be looked at and moved over the file if it is
  /// right; a file that is missing counts as different.
  public static func expect(
    _ text: String, equals name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try expect(Array(text.utf8), equals: name, sourceLocation: sourceLocation)
  }

  /// As `expect(_:equals:sourceLocation:)`, for bytes.
  public static func expect(
    _ bytes: [UInt8], equals name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let got = url(name + ".got")
    let wanted = try? self.bytes(name)
    if wanted == bytes {
      try? FileManager.default.removeItem(at: got)
      return
    }
    try FileManager.default.createDirectory(
      at: got.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: got)
    Issue.record(
      Comment(rawValue: difference(wanted, bytes, name)), sourceLocation: sourceLocation)
  }

  /// Where two texts part, in words.
  private static func difference(_ wanted: [UInt8]?, _ got: [UInt8], _ name: String) -> String {
    guard let wanted else { return "\(name) does not exist; the text is in \(name).got" }
    let lines = (lines(wanted), lines(got))
    let first = zip(lines.0, lines.1).prefix { $0 == $1 }.count
    let (old, new) = (line(lines.0, first), line(lines.1, first))
    return """
      \(name) differs in line \(first + 1), see \(name).got
      golden: \(old)
      got:    \(new)
      """
  }

  private static func lines(_ bytes: [UInt8]) -> [Substring] {
    String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  private static func line(_ lines: [Substring], _ index: Int) -> String {
    index < lines.count ? String(lines[index].debugDescription.prefix(300)) : "(no such line)"
  }
}

/// The vectors of one golden file.
public struct GoldenVectors: Sendable {
  /// The whole file.
  public let file: JSONValue
  /// Its cases, at least one.
  public let cases: [JSONValue]
  /// How near a float must come.
  public let tolerance: Tolerance
}

/// A golden file that is not what its reader expects.
public struct GoldenError: Error {
  /// What is wrong.
  public let what: String

  /// An error.
  public init(what: String) {
    self.what = what
  }
}

extension JSONValue {
  /// The number, also where it is not finite: golden files write these as strings.
  public var golden: Double? {
    switch self {
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    case .string("NaN"): .nan
    default: doubleValue
    }
  }

  /// The member as a number; throws with its name where it is none.
  public func double(_ name: String) throws -> Double {
    guard let value = self[name]?.golden else { throw GoldenError(what: "no number \(name)") }
    return value
  }

  /// The member as a whole number; throws with its name where it is none.
  public func int(_ name: String) throws -> Int {
    guard let value = self[name]?.intValue else { throw GoldenError(what: "no integer \(name)") }
    return value
  }

  /// The member as a string; throws with its name where it is none.
  public func string(_ name: String) throws -> String {
    guard let value = self[name]?.stringValue else { throw GoldenError(what: "no text \(name)") }
    return value
  }

  /// The member as an array of numbers; throws with its name where it is none.
  public func doubles(_ name: String) throws -> [Double] {
    guard let values = self[name]?.arrayValue else { throw GoldenError(what: "no array \(name)") }
    return try values.map {
      guard let value = $0.golden else { throw GoldenError(what: "\(name) is not all numbers") }
      return value
    }
  }
}
