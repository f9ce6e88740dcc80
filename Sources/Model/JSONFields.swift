/// The members of an object, read by name with a typed error for each that is missing or wrong.
///
/// A member that is `null` counts as absent. Members that nobody asks for are ignored. Reading in
/// the order of the text is O(1) a member.
public struct JSONFields {
  private let members: [JSONMember]
  private var next = 0

  /// The members of `value`; throws if it is no object.
  public init(_ value: JSONValue) throws(FieldError) {
    guard case .object(let members) = value else {
      throw FieldError(field: "", what: "is no object")
    }
    self.members = members
  }

  /// The member, `null` too; nil if there is none.
  public mutating func member(_ name: String) -> JSONValue? {
    for offset in 0..<members.count {
      let index = (next + offset) % members.count
      if members[index].name == name {
        next = index + 1
        return members[index].value
      }
    }
    return nil
  }

  /// The member; nil if it is absent or `null`.
  public mutating func value(_ name: String) -> JSONValue? {
    guard let value = member(name), value != .null else { return nil }
    return value
  }

  /// What `read` makes of a member, nil if it is absent; throws `is no <kind>` if `read` fails.
  public mutating func optional<Value>(
    _ name: String, _ kind: String, _ read: (JSONValue) -> Value?
  ) throws(FieldError) -> Value? {
    guard let value = value(name) else { return nil }
    guard let read = read(value) else { throw FieldError(field: name, what: "is no \(kind)") }
    return read
  }

  /// A string that must be there.
  public mutating func string(_ name: String) throws(FieldError) -> String {
    try required(name, optionalString(name))
  }

  /// A string, nil if it is absent.
  public mutating func optionalString(_ name: String) throws(FieldError) -> String? {
    try optional(name, "string") { $0.stringValue }
  }

  /// Strings; empty if they are absent.
  public mutating func strings(_ name: String) throws(FieldError) -> [String] {
    let texts = try optional(name, "list of strings") { value -> [String]? in
      guard let values = value.arrayValue else { return nil }
      let texts = values.compactMap { $0.stringValue }
      return texts.count == values.count ? texts : nil
    }
    return texts ?? []
  }

  /// A truth value, nil if it is absent.
  public mutating func optionalBool(_ name: String) throws(FieldError) -> Bool? {
    try optional(name, "truth value") { $0.boolValue }
  }

  /// A number that must be there; the string `Infinity` is positive infinity.
  public mutating func number(_ name: String) throws(FieldError) -> Double {
    try required(name, optionalNumber(name))
  }

  /// A number, nil if it is absent; the string `Infinity` is positive infinity.
  public mutating func optionalNumber(_ name: String) throws(FieldError) -> Double? {
    try optional(name, "number") { $0 == .string("Infinity") ? .infinity : $0.doubleValue }
  }

  /// A whole number of at least 0 that must be there.
  public mutating func count(_ name: String) throws(FieldError) -> Int {
    try required(name, optionalCount(name))
  }

  /// A whole number of 0 to 2^53, also written with a fraction of zero; nil if it is absent.
  public mutating func optionalCount(_ name: String) throws(FieldError) -> Int? {
    try optional(name, "whole number of at least 0") { value in
      guard let number = value.doubleValue, (0...9_007_199_254_740_992).contains(number) else {
        return nil
      }
      return Int(exactly: number)
    }
  }

  /// A number of seconds that must be there.
  public mutating func seconds(_ name: String) throws(FieldError) -> Nanos {
    try required(name, optionalSeconds(name))
  }

  /// A number of seconds, nil if it is absent; exact to the nanosecond below `secondsMax`.
  public mutating func optionalSeconds(_ name: String) throws(FieldError) -> Nanos? {
    try optional(name, "number of seconds below \(Int(JSONFields.secondsMax))") { value in
      guard let number = value.doubleValue, number.magnitude <= JSONFields.secondsMax else {
        return nil
      }
      return Nanos(seconds: number)
    }
  }

  /// Elements of a list, each read by `read`; empty if the list is absent.
  public mutating func list<Element>(
    _ name: String, _ read: (JSONValue) throws(FieldError) -> Element
  ) throws(FieldError) -> [Element] {
    let values = try optional(name, "list") { $0.arrayValue } ?? []
    var elements: [Element] = []
    elements.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      do {
        elements.append(try read(value))
      } catch {
        throw error.inside("\(name)[\(index)]")
      }
    }
    return elements
  }

  /// The largest time that a field may hold: 46 days. Up to here a binary64 number of seconds
  /// tells every nanosecond apart.
  public static let secondsMax: Double = 4_000_000

  private func required<Value>(_ name: String, _ value: Value?) throws(FieldError) -> Value {
    guard let value else { throw FieldError(field: name, what: "is missing") }
    return value
  }
}

extension JSONFields {
  /// A time in RFC 3339, nil if it is absent.
  public mutating func optionalTime(_ name: String) throws(FieldError) -> UnixNanos? {
    try optional(name, "RFC 3339 time") { value in
      value.stringValue.flatMap { UnixNanos(iso8601: $0) }
    }
  }

  /// Numbers by name, those that are `null` left out; empty if they are absent.
  public mutating func numbersByName(_ name: String) throws(FieldError) -> [String: Double] {
    guard let value = value(name) else { return [:] }
    guard let members = value.objectValue else {
      throw FieldError(field: name, what: "is no object")
    }
    var numbers: [String: Double] = [:]
    for member in members where member.value != .null {
      guard let number = member.value.doubleValue else {
        throw FieldError(field: "\(name).\(member.name)", what: "is no number")
      }
      numbers[member.name] = number
    }
    return numbers
  }
}

/// A field that is missing or not what it should be.
public struct FieldError: Error, Sendable, Equatable {
  /// The field's name, with those around it: `self_check.sent`; empty for the value itself.
  public var field: String
  /// What is wrong, a phrase that follows the name: `is missing`.
  public var what: String

  /// An error.
  public init(field: String, what: String) {
    self.field = field
    self.what = what
  }

  /// The same error, seen from the object around it.
  public func inside(_ outer: String) -> FieldError {
    FieldError(field: field.isEmpty ? outer : "\(outer).\(field)", what: what)
  }
}
