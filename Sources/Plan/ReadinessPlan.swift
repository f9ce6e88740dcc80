public import Model

/// A path of the endpoint that answers with a success once the service can take load.
public struct ReadyPlan: Sendable, Equatable {
  /// The path, starting with a slash.
  public var path: String
  /// How long to wait for it, from the first try.
  public var within: Nanos

  /// A path and a wait; by default five minutes.
  public init(path: String, within: Nanos = .seconds(300)) {
    self.path = path
    self.within = within
  }
}

/// A path of the endpoint that tells which build answers.
public struct IdentityPlan: Sendable, Equatable {
  /// The path, starting with a slash.
  public var path: String
  /// Where the build is in a JSON reply; nil: the whole reply is it, without the white space around
  /// it.
  public var member: JSONPath?
  /// The build that is judged; nil: the run's commit.
  public var equals: String?

  /// A path and what to read there.
  public init(path: String, member: JSONPath? = nil, equals: String? = nil) {
    self.path = path
    self.member = member
    self.equals = equals
  }

  /// Characters from which on the start of a commit's name stands for it.
  public static let shortCommitMin = 7

  /// The build that a reply tells of, nil where it does not: numbers as their text.
  public func build(in reply: [UInt8]) -> String? {
    let found: String
    if let member {
      guard let json = try? JSONReader.parse(reply), let value = member.value(in: json)
      else { return nil }
      switch value {
      case .string(let text): found = text
      case .integer(let number): found = "\(number)"
      case .number(let number): found = "\(number)"
      case .null, .bool, .array, .object: return nil
      }
    } else {
      found = String(decoding: reply, as: UTF8.self)
    }
    let text = trimmed(String(found.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) }))
    return text.isEmpty || text.utf8.count > wordBytesMax ? nil : text
  }

  /// True if a build is the expected one: the same text, or one the start of the other where both
  /// are a commit's name of at least `shortCommitMin` hexadecimal digits.
  public static func isSame(_ build: String, _ expected: String) -> Bool {
    let (a, b) = (build.lowercased(), expected.lowercased())
    if a == b { return build == expected || isCommit(a) }
    guard isCommit(a), isCommit(b) else { return false }
    return a.hasPrefix(b) || b.hasPrefix(a)
  }

  private static func isCommit(_ text: String) -> Bool {
    text.utf8.count >= shortCommitMin
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
