import Model
import Plan
import Testing
import Workload

@Suite("Logins as bytes")
struct LoginBytesTests {
  private func account(_ members: (String, String)...) -> AccountPlan {
    AccountPlan(members: members.map { AccountMember(name: $0.0, value: SecretText($0.1)) })
  }

  private func text(_ bytes: [UInt8]?) -> String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("A login sends the plan's members and the account's over them, as JSON or as a form")
  func login() {
    var plan = LoginPlan(
      path: "/l", accounts: [account(("email", "ä+b@x"), ("password", "p w&="))],
      body: .object([
        JSONMember("email", .string("?")), JSONMember("key", .string("${KEY}")),
        JSONMember("n", .integer(1)),
      ]), bodySecrets: SecretValues(["KEY": "k\"1"]))
    #expect(
      text(LoginTemplate(plan).login(account: 0))
        == #"{"email":"ä+b@x","key":"k\"1","n":1,"password":"p w&="}"#)
    #expect(LoginTemplate(plan).refresh(token: "r") == nil)
    plan.form = .form
    plan.refresh = RefreshPlan(
      path: "/r", member: "token", body: .object([JSONMember("grant_type", .string("again"))]))
    let template = LoginTemplate(plan)
    #expect(
      text(template.login(account: 0)) == "email=%C3%A4%2Bb%40x&key=k%221&n=1&password=p+w%26%3D")
    #expect(text(template.refresh(token: "r/1")) == "grant_type=again&token=r%2F1")
    #expect(template.contentType == "application/x-www-form-urlencoded")
  }

  private func read(
    _ body: String, status: Int = 200, _ change: (inout LoginPlan) -> Void = { _ in }
  ) -> Result<LoginGrant, LoginFailure> {
    var plan = LoginPlan(path: "/l", accounts: [account(("email", "a"))])
    plan.refresh = RefreshPlan(path: "/r")
    change(&plan)
    return LoginReply.read(
      status: status, body: Array(body.utf8), login: plan,
      redactor: Redactor(secrets: ["hush-hush"]))
  }

  @Test("A reply's token, life and refresh token are found by their paths")
  func grant() {
    let reply = #"{"access_token":"t","expires_in":90,"refresh_token":"r"}"#
    #expect(
      read(reply)
        == .success(LoginGrant(token: "t", refreshToken: "r", lifetime: .seconds(90))))
    #expect(
      read(#"{"access_token":"t","expires_in":"1.5"}"#)
        == .success(LoginGrant(token: "t", lifetime: .milliseconds(1_500))))
    for life in ["0", "-1", "null", "1e300", "\"soon\"", "{}"] {
      #expect(
        read(#"{"access_token":"t","expires_in":\#(life)}"#) == .success(LoginGrant(token: "t")))
    }
    #expect(
      read(reply) { $0.refresh = nil } == .success(LoginGrant(token: "t", lifetime: .seconds(90))))
  }

  @Test("Where cookies alone make the session, the reply may be anything")
  func cookies() {
    for body in ["", "<html>", "{}"] {
      #expect(read(body, status: 204) { $0.token = nil } == .success(LoginGrant(token: nil)))
    }
  }

  @Test("A reply without the token says what names were there, and never a value")
  func noToken() {
    let reply = #"{"data":{"token":"hush","life":9},"ok":true}"#
    let failure = LoginFailure.noToken(
      path: "access_token", seen: ["data.token", "data.life", "ok"])
    #expect(read(reply) == .failure(failure))
    #expect(
      "\(failure)" == "nothing at access_token; the reply has data.token, data.life, ok")
    #expect(
      read(#"{"access_token":""}"#)
        == .failure(.noToken(path: "access_token", seen: ["access_token"])))
    #expect(
      read(#"{"access_token":7}"#)
        == .failure(.noToken(path: "access_token", seen: ["access_token"])))
    #expect(read("[]") == .failure(.noToken(path: "access_token", seen: [])))
    #expect(read("hush") == .failure(.notJSON(status: 200)))
  }

  @Test(
    "A token that cannot stand in a header is refused", arguments: ["a\\r\\nX: 1", "ä", "a\\u0000"])
  func unusable(token: String) {
    #expect(
      read(#"{"access_token":"\#(token)"}"#) == .failure(.unusableToken(path: "access_token")))
  }

  @Test("A refusal's words are one line, short, without control characters and secrets")
  func words() {
    func words(_ body: String) -> String? {
      if case .failure(.refused(401, let words)) = read(body, status: 401) { words } else { nil }
    }
    #expect(words("no\r\n  hush-hush\u{1B}[31m here\u{202E}") == "no ********* [31m here")
    #expect(words("") == "")
    // A secret across the place where words are cut leaves nothing of itself.
    let long = words(String(repeating: "x", count: 195) + "hush-hush" + "y") ?? ""
    #expect(!long.contains("hush") && long.utf8.count <= LoginReply.wordsMax + 3)
  }

  @Test("Only failures that may pass by themselves are tried again")
  func passing() {
    let passing = [408, 429, 500, 503].map { LoginFailure.refused(status: $0, words: "") }
    #expect(passing.allSatisfy(\.isPassing) && LoginFailure.timedOut(.seconds(1)).isPassing)
    let lasting = [302, 400, 401, 403, 404].map { LoginFailure.refused(status: $0, words: "") }
    #expect(!lasting.contains(where: \.isPassing) && !LoginFailure.notJSON(status: 200).isPassing)
  }

  @Test("Accounts are spread evenly over users, by the seed, and renewals over time")
  func roster() {
    let roster = LoginRoster(users: 10, accounts: 3, seed: 1)
    let counts = (0..<3).map { account in roster.accounts.count { $0 == account } }
    #expect(counts.sorted() == [3, 3, 4])
    #expect(roster == LoginRoster(users: 10, accounts: 3, seed: 1))
    let orders = (1...20).map { LoginRoster(users: 10, accounts: 3, seed: $0).accounts }
    #expect(Set(orders).count == 6)
    #expect(roster.spreads.sorted() == (0..<10).map { Double($0) / 9 })
    #expect(roster.spreads != roster.spreads.sorted())
    #expect(LoginRoster(users: 0, accounts: 3, seed: 1).accounts.isEmpty)
    #expect(Set(roster.prefix(3).accounts) == [0, 1, 2])
    #expect(roster.prefix(3).spreads == Array(roster.spreads.prefix(3)))
    #expect(roster.prefix(99) == roster)
  }

  @Test("As many users log in as there are accounts, or users of stress, or as the plan says")
  func users() {
    var plan = samplePlan(stressUsers: 40)
    #expect(plan.loginUsers == 0)
    plan.target.login = LoginPlan(path: "/l", accounts: [account(("email", "a"))])
    #expect(plan.loginUsers == 40)
    plan.profiles = [.sustained]
    #expect(plan.loginUsers == 1)
    plan.target.login?.users = 7
    #expect(plan.loginUsers == 7)
  }
}
