import Model

/// Who logs in, how, and what becomes of the token.
extension PlanResolver {
  /// Names of members that hold a credential, where one of these is in them.
  private static let credentialWords = [
    "password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "pin", "otp",
  ]

  /// The login, nil where the plan has none or it is unusable.
  mutating func readLogin(_ field: PlanReader.Field) -> LoginPlan? {
    guard field.node != nil else {
      reader.record(field.path, "none", .builtIn)
      return nil
    }
    let section = reader.section(field, .login)
    let path = reader.required(
      section["path"], .urlPath, remedy: "write path: /api/auth/login, or where else one logs in")
    var login = LoginPlan(path: path ?? "/", accounts: [])
    if section["url"].node != nil {
      login.url = reader.secret(section["url"], check: EndpointURL.check)
    }
    login.form = reader.value(section["form"], .choice(), default: .json)
    login.headers = readHeaders(section["headers"], over: [])
    login.accounts = readAccounts(section["accounts"])
    readLoginBody(section["body"], &login) { $0.body = $1 }
    readToken(section, &login)
    login.refresh = readRefresh(section["refresh"], &login)
    login.users = reader.optional(section["users"], .count(1...PlanLimits.stressUsersMax))
    login.timeout = reader.value(
      section["timeout"], .duration(.milliseconds(1)...(.seconds(PlanLimits.timeoutMax))),
      default: LoginPlan.timeoutDefault)
    if let users = login.users, users < login.accounts.count {
      reader.report(
        ValueError(
          "\(users) users cannot use \(login.accounts.count) accounts",
          remedy: "raise users, or leave it out"), section["users"])
    }
    return path == nil || login.accounts.isEmpty ? nil : login
  }

  private mutating func readToken(_ section: PlanReader.Section, _ login: inout LoginPlan) {
    let standard = LoginPlan(path: "/", accounts: [])
    let optionalPath = ValueKind<JSONPath?>(
      parse: { text in
        text == "none" ? .success(nil) : ValueKind<JSONPath>.shortPath.parse(text).map { $0 }
      }, show: { $0?.shortText ?? "none" })
    login.token = reader.value(section["token"], optionalPath, default: standard.token)
    login.expiresIn = reader.value(section["expiresIn"], .shortPath, default: standard.expiresIn)
    let header = ValueKind<String>(parse: { HeaderCheck.name($0) }, show: { $0 })
    login.header = reader.value(section["header"], header, default: standard.header)
    login.prefix = reader.value(
      section["prefix"], .headerPart, default: standard.prefix)
  }

  private mutating func readRefresh(
    _ field: PlanReader.Field, _ login: inout LoginPlan
  ) -> RefreshPlan? {
    guard field.node != nil else {
      reader.record(field.path, "none", .builtIn)
      return nil
    }
    let section = reader.section(field, .loginRefresh)
    let path = reader.required(
      section["path"], .urlPath, remedy: "write path: /api/auth/refresh, or leave refresh out")
    var refresh = RefreshPlan(path: path ?? "/")
    refresh.token = reader.value(section["token"], .shortPath, default: refresh.token)
    refresh.member = reader.value(section["member"], .word, default: refresh.member)
    readLoginBody(section["body"], &login) { refresh.body = $1 }
    return path == nil ? nil : refresh
  }

  /// A body's further members; in a form, values without structure.
  private mutating func readLoginBody(
    _ field: PlanReader.Field, _ login: inout LoginPlan,
    _ put: (inout LoginPlan, JSONValue) -> Void
  ) {
    let body = reader.members(field)
    if login.form == .form {
      for member in body.value.objectValue ?? [] {
        switch member.value {
        case .object, .array:
          reader.report(
            .value, "\(field.path).\(member.name)",
            field.node?[member.name]?.origin ?? field.origin,
            "a form has no lists and no mappings", remedy: "use form: json, or a plain value")
        default: break
        }
      }
    }
    put(&login, body.value)
    login.bodySecrets = login.bodySecrets.merging(body.secrets)
  }

  private mutating func readAccounts(_ field: PlanReader.Field) -> [AccountPlan] {
    let remedy = "write accounts: [{ email: \"${EMAIL}\", password: \"${PASSWORD}\" }]"
    guard field.node != nil else {
      reader.reportMissing(field, remedy: remedy)
      return []
    }
    guard let nodes = reader.list(field) else { return [] }
    if nodes.isEmpty { reader.report(ValueError("nobody can log in", remedy: remedy), field) }
    if nodes.count > PlanLimits.accountsMax {
      reader.report(ValueError("more than \(PlanLimits.accountsMax) accounts"), field)
      return []
    }
    return nodes.enumerated().map { index, node in
      readAccount(
        PlanReader.Field(
          path: "\(field.path)[\(index)]", node: node, sectionOrigin: node.origin))
    }
  }

  private mutating func readAccount(_ field: PlanReader.Field) -> AccountPlan {
    var account = AccountPlan(members: [])
    let entries = reader.mapping(field)
    for entry in entries {
      let member = PlanReader.Field(
        path: "\(field.path).\(entry.key)", node: entry.value, sectionOrigin: entry.origin)
      if entry.key == "headers" {
        account.headers = readHeaders(member, over: [])
      } else if let value = readMember(member, name: entry.key) {
        account.members.append(AccountMember(name: entry.key, value: value))
      }
    }
    // Members that are wrong are said already.
    if entries.allSatisfy({ $0.key == "headers" }), field.node?.isMapping == true {
      reader.report(
        ValueError("the account has no members", remedy: "add email and password"), field)
    }
    return account
  }

  private mutating func readMember(_ field: PlanReader.Field, name: String) -> SecretText? {
    let lower = name.lowercased()
    guard Self.credentialWords.contains(where: { lower.contains($0) }) else {
      return reader.secret(field) { text in
        text.value.utf8.count > HeaderCheck.valueBytesMax
          ? .failure(ValueError("the value is longer than \(HeaderCheck.valueBytesMax) bytes"))
          : .success(text)
      }
    }
    return readCredential(field)
  }

  /// Warns of headers that the login's token takes the place of.
  mutating func warnOfShadowed(
    _ headers: [HeaderPlan], by login: LoginPlan?, _ field: PlanReader.Field
  ) {
    guard let login, login.token != nil, field.node != nil else { return }
    guard headers.has(login.header) else { return }
    warnings.append(
      PlanProblem(
        .value, path: field.path, origin: field.origin,
        what: "the login's token takes the place of the header \(login.header)",
        remedy: "remove one, or name another header in target.login.header"))
  }
}

extension PlanReader {
  /// A mapping as JSON, and what its `${NAME}` stand for.
  mutating func members(_ field: Field) -> (value: JSONValue, secrets: [String: String]) {
    guard let node = field.node else { return (.object([]), [:]) }
    guard node.isMapping else {
      report(.value, field.path, node.origin, "a mapping (key: value) is wanted here")
      return (.object([]), [:])
    }
    var names: Set<String> = []
    let value = json(node, path: field.path, names: &names)
    var secrets: [String: String] = [:]
    for name in names { secrets[name] = environment[name] }
    record(field.path, String(decoding: JSONWriter.bytes(value), as: UTF8.self), node.origin)
    return (value, secrets)
  }
}

extension ValueKind where Value == String {
  /// The beginning of a header's value; may be empty and may end with a space.
  fileprivate static var headerPart: ValueKind {
    ValueKind(
      parse: { text in
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        return isPlain && text.utf8.count <= 256
          ? .success(text)
          : .failure(ValueError("\(quoted(text)) is not up to 256 printable letters of ASCII"))
      }, show: { quoted($0) })
  }
}
