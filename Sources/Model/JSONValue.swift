/// A JSON text as a value; members keep their order (RFC 8259).
public enum JSONValue: Sendable, Equatable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A number without fraction and exponent that fits.
  case integer(Int64)
  /// Any other number; finite.
  case number(Double)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object; names are unique.
  case object([JSONMember])

  /// The first member of that name, nil if there is none or this is no object. O(members).
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The string, nil for another kind.
  public var stringValue: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number, nil for another kind.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The whole number, nil for another kind.
  public var intValue: Int? {
    if case .integer(let value) = self { Int(value) } else { nil }
  }

  /// The truth value, nil for another kind.
  public var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The elements, nil for another kind.
  public var arrayValue: [JSONValue]? {
    if case .array(let values) = self { values } else { nil }
  }

  /// The members, nil for another kind.
  public var objectValue: [JSONMember]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// This object with `other`'s members put over it, objects member by member, anything else
  /// whole; a member that is `null` in `other` is removed (RFC 7396, JSON Merge Patch).
  public func merging(_ other: JSONValue) -> JSONValue {
    guard case .object(let patch) = other else { return other }
    var members = objectValue ?? []
    for item in patch {
      let index = members.firstIndex { $0.name == item.name }
      if item.value == .null {
        if let index { members.remove(at: index) }
      } else if let index {
        members[index].value = members[index].value.merging(item.value)
      } else {
        members.append(JSONMember(item.name, JSONValue.object([]).merging(item.value)))
      }
    }
    return .object(members)
  }
}

/// A name and a value in an object.
public struct JSONMember: Sendable, Equatable {
  /// The name.
  public var name: String
  /// The value.
  public var value: JSONValue

  /// A member.
  public init(_ name: String, _ value: JSONValue) {
    self.name = name
    self.value = value
  }
}
