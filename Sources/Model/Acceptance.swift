/// What a person accepted of a run of main, with the reason; it holds until it expires.
public struct Acceptance: Sendable, Equatable {
  /// What of it.
  public enum Kind: String, Sendable, CaseIterable, Comparable {
    /// Its verdict was FAIL: it serves in the baseline all the same.
    case run
    /// What changed with it: a segment begins with it, and what was before tells the variance.
    case changePoint = "change_point"

    /// By name.
    public static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
  }

  /// What.
  public var kind: Kind
  /// The run, unique together with the kind.
  public var runID: String
  /// Why, in the words of the person who accepted it.
  public var reason: String
  /// Who, nil where that is not known.
  public var acceptedBy: String?
  /// When it was accepted.
  public var acceptedAt: UnixNanos
  /// From when on it is without effect; nil: never.
  public var expiresAt: UnixNanos?

  /// An acceptance.
  public init(
    kind: Kind, runID: String, reason: String, acceptedBy: String? = nil,
    acceptedAt: UnixNanos = UnixNanos(0), expiresAt: UnixNanos? = nil
  ) {
    self.kind = kind
    self.runID = runID
    self.reason = reason
    self.acceptedBy = acceptedBy
    self.acceptedAt = acceptedAt
    self.expiresAt = expiresAt
  }

  /// True from the moment of its expiry on.
  public func isExpired(at time: UnixNanos) -> Bool {
    expiresAt.map { $0 <= time } ?? false
  }
}

extension Acceptance {
  /// One object; what has no bound is left out, times in RFC 3339.
  public var json: JSONValue {
    var members = [
      JSONMember("kind", .string(kind.rawValue)), JSONMember("run_id", .string(runID)),
      JSONMember("reason", .string(reason)),
    ]
    if let acceptedBy { members.append(JSONMember("accepted_by", .string(acceptedBy))) }
    members.append(JSONMember("accepted_at", .string(acceptedAt.iso8601Exact)))
    if let expiresAt {
      members.append(JSONMember("expires_at", .string(expiresAt.iso8601Exact)))
    }
    return .object(members)
  }

  /// Reads what `json` writes; `kind`, `run_id` and `reason` must be there.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    guard let kind = Kind(rawValue: try fields.string("kind")) else {
      throw FieldError(field: "kind", what: "is nothing that can be accepted of a run")
    }
    self.init(
      kind: kind, runID: try fields.string("run_id"), reason: try fields.string("reason"),
      acceptedBy: try fields.optionalString("accepted_by"),
      acceptedAt: try fields.optionalTime("accepted_at") ?? UnixNanos(0),
      expiresAt: try fields.optionalTime("expires_at"))
  }
}

/// What a person accepted, as a judgement found it.
public struct AcceptedChange: Sendable, Equatable {
  /// What was accepted.
  public enum Change: Sendable, Equatable {
    /// A regression.
    case waiver(Waiver)
    /// A run of main, or what changed with it.
    case run(Acceptance)
  }

  /// What.
  public var change: Change
  /// True if it was over when the verdict was made: listed, and without effect.
  public var isExpired: Bool

  /// An accepted change.
  public init(_ change: Change, isExpired: Bool) {
    self.change = change
    self.isExpired = isExpired
  }
}
