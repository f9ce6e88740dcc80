import Model
public import Plan

/// The bytes of logins and refreshes.
public struct LoginTemplate: Sendable {
  private let login: LoginPlan

  /// The template of a plan's login.
  public init(_ login: LoginPlan) {
    self.login = login
  }

  /// The body of an account's login: the plan's members, then the account's over them.
  public func login(account: Int) -> [UInt8] {
    let members = login.accounts[account].members.map {
      JSONMember($0.name, .string($0.value.value))
    }
    return encode(expand(login.body).merging(.object(members)))
  }

  /// The body of a refresh with the token that renews; nil where the plan has none.
  public func refresh(token: String) -> [UInt8]? {
    guard let refresh = login.refresh else { return nil }
    return encode(
      expand(refresh.body).merging(.object([JSONMember(refresh.member, .string(token))])))
  }

  /// The media type of both.
  public var contentType: String {
    switch login.form {
    case .json: "application/json"
    case .form: "application/x-www-form-urlencoded"
    }
  }

  private func encode(_ body: JSONValue) -> [UInt8] {
    switch login.form {
    case .json: JSONWriter.bytes(body)
    case .form: Self.form(body)
    }
  }

  private func expand(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): .string(login.bodySecrets.expand(text))
    case .array(let values): .array(values.map { expand($0) })
    case .object(let members):
      .object(members.map { JSONMember($0.name, expand($0.value)) })
    default: value
    }
  }

  /// WHATWG URL, application/x-www-form-urlencoded.
  private static func form(_ body: JSONValue) -> [UInt8] {
    let pairs = (body.objectValue ?? []).map { member -> [UInt8] in
      let text = member.value.stringValue.map { Array($0.utf8) } ?? JSONWriter.bytes(member.value)
      return escaped(Array(member.name.utf8)) + [UInt8(ascii: "=")] + escaped(text)
    }
    return Array(pairs.joined(separator: [UInt8(ascii: "&")]))
  }

  private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: "_"):
        [byte]
      case UInt8(ascii: " "): [UInt8(ascii: "+")]
      default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
  }
}
