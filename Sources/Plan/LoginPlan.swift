public import Model

/// How users log in before load, and how what they got is kept fresh.
///
/// A login is a POST of an account's members; its reply's token goes into a header of every request
/// of the users who have that account. Cookies that the service sets are kept for each user.
public struct LoginPlan: Sendable, Equatable {
  /// Scheme, host and port of the login where they are not the target's; nil: the target's.
  public var url: SecretText?
  /// The login's path, starting with a slash.
  public var path: String
  /// How the body is written.
  public var form: LoginForm
  /// Headers of logins and refreshes; the target's own do not go with them.
  public var headers: [HeaderPlan]
  /// Who logs in, at least one.
  public var accounts: [AccountPlan]
  /// Members of each login's body besides the account's, `${NAME}` unexpanded.
  public var body: JSONValue
  /// What the `${NAME}` in `body` and `refresh.body` stand for; only the transport reads it.
  public var bodySecrets: SecretValues
  /// Where a reply holds the token; nil where cookies alone make the session.
  public var token: JSONPath?
  /// Where a reply holds the token's life in seconds; without it only a 401 renews a token.
  public var expiresIn: JSONPath
  /// The request header that carries the token.
  public var header: String
  /// What stands before the token in that header.
  public var prefix: String
  /// How a token is renewed; nil: by logging in again.
  public var refresh: RefreshPlan?
  /// Users who log in, each for itself; nil: as many as accounts, or as stress has users if that
  /// is more. Accounts are spread over them evenly.
  public var users: Int?
  /// To the end of the reply of a login or refresh.
  public var timeout: Nanos

  /// A login with the documented defaults.
  public init(
    path: String, accounts: [AccountPlan], url: SecretText? = nil, form: LoginForm = .json,
    headers: [HeaderPlan] = [], body: JSONValue = .object([]),
    bodySecrets: SecretValues = SecretValues(),
    token: JSONPath? = JSONPath.member("access_token"),
    expiresIn: JSONPath = JSONPath.member("expires_in"), header: String = "Authorization",
    prefix: String = "Bearer ", refresh: RefreshPlan? = nil, users: Int? = nil,
    timeout: Nanos = LoginPlan.timeoutDefault
  ) {
    self.path = path
    self.accounts = accounts
    self.url = url
    self.form = form
    self.headers = headers
    self.body = body
    self.bodySecrets = bodySecrets
    self.token = token
    self.expiresIn = expiresIn
    self.header = header
    self.prefix = prefix
    self.refresh = refresh
    self.users = users
    self.timeout = timeout
  }

  /// The time-out where the plan names none.
  public static let timeoutDefault = Nanos.seconds(10)
}

/// How a login's body is written.
public enum LoginForm: String, Sendable, CaseIterable {
  /// A JSON object.
  case json
  /// `application/x-www-form-urlencoded`.
  case form
}

/// Somebody who can log in.
public struct AccountPlan: Sendable, Equatable {
  /// The members of the login's body, in the order of the file, each sent as a text.
  public var members: [AccountMember]
  /// Headers of the account's requests, put over the target's: a tenant's id, for example.
  public var headers: [HeaderPlan]

  /// An account.
  public init(members: [AccountMember], headers: [HeaderPlan] = []) {
    self.members = members
    self.headers = headers
  }
}

/// One member of an account.
public struct AccountMember: Sendable, Equatable {
  /// Its name in the login's body.
  public var name: String
  /// Its text.
  public var value: SecretText

  /// A member.
  public init(name: String, value: SecretText) {
    self.name = name
    self.value = value
  }
}

/// How a token is renewed.
public struct RefreshPlan: Sendable, Equatable {
  /// The path, starting with a slash, at the login's host.
  public var path: String
  /// Where a login's reply holds the token that renews.
  public var token: JSONPath
  /// The member of the refresh's body that carries it.
  public var member: String
  /// Further members of that body, `${NAME}` unexpanded.
  public var body: JSONValue

  /// A refresh with the documented defaults.
  public init(
    path: String, token: JSONPath = JSONPath.member("refresh_token"),
    member: String = "refresh_token", body: JSONValue = .object([])
  ) {
    self.path = path
    self.token = token
    self.member = member
    self.body = body
  }
}

extension Plan {
  /// Users who log in; 0 without a login.
  public var loginUsers: Int {
    guard let login = target.login else { return 0 }
    let stress = profiles.contains(.stress) ? stressUsers ?? 0 : 0
    return login.users ?? max(login.accounts.count, stress)
  }
}

extension LoginPlan {
  /// What must never be shown: what `${NAME}` stand for, and credentials in the plan itself.
  public var secrets: [String] {
    var found = (url?.secrets ?? []) + bodySecrets.secrets
    found += headers.flatMap(\.value.secrets)
    for account in accounts {
      found += account.members.flatMap(\.value.secrets) + account.headers.flatMap(\.value.secrets)
    }
    return found
  }

  /// Every value for the plan's digest, secrets as `${NAME}`.
  var json: JSONValue {
    func names(_ headers: [HeaderPlan]) -> JSONValue {
      .object(headers.map { JSONMember($0.name, .string($0.value.template)) })
    }
    let members: [JSONMember?] = [
      url.map { JSONMember("url", .string($0.template)) },
      JSONMember("path", .string(path)), JSONMember("form", .string(form.rawValue)),
      JSONMember("headers", names(headers)), JSONMember("body", body),
      JSONMember(
        "accounts",
        .array(
          accounts.map { account in
            .object([
              JSONMember("headers", names(account.headers)),
              JSONMember(
                "members",
                .object(account.members.map { JSONMember($0.name, .string($0.value.template)) })),
            ])
          })),
      token.map { JSONMember("token", .string($0.text)) },
      JSONMember("expiresIn", .string(expiresIn.shortText)), JSONMember("header", .string(header)),
      JSONMember("prefix", .string(prefix)),
      refresh.map { refresh in
        JSONMember(
          "refresh",
          .object([
            JSONMember("path", .string(refresh.path)),
            JSONMember("token", .string(refresh.token.shortText)),
            JSONMember("member", .string(refresh.member)), JSONMember("body", refresh.body),
          ]))
      },
      users.map { JSONMember("users", .integer(Int64($0))) },
      JSONMember("timeout", .integer(timeout.rawValue)),
    ]
    return .object(members.compactMap { $0 })
  }
}
