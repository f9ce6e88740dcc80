import Foundation
import Model
import TestKit
import Testing

@Suite("A run whose users log in", .waiting)
struct LoginTests {
  private static let account = ["--account", "qa@example.com:open-sesame", "--require-token"]

  private static func plan(_ url: String, _ login: String = "", lines: String = "") -> String {
    let own = """
        login:
          path: /api/auth/login
          accounts: [{ email: "${QA}", password: "${QA_PASS}" }]
          users: 12
          refresh: { path: /api/auth/refresh }
      \(login.isEmpty ? "" : "    \(login)\n")
      """
    return TestPlan.sustained(url: url, rate: 3, lines: lines).replacing(
      "  url: \(url)\n", with: "  url: \(url)\n\(own)")
  }

  private static func product(_ plan: String, password: String = "open-sesame") throws -> Product {
    let product = try Product(plan: plan)
    product.environment = ["QA": "qa@example.com", "QA_PASS": password]
    return product
  }

  @Test("Check and run log in, refresh in mid-run, and report logins apart; no secret is left")
  func whole() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(
      in: folder, options: Self.account + ["--token-lifetime", "8s", "--ttft", "1s"])
    let product = try Self.product(
      Self.plan(
        simulator.url, lines: "objectives: [login.p50 < 5s]\nseed: 3"))
    let check = try product.run("check")
    #expect(check.code == 0 && check.output.contains("the token lives 8 s"), "\(check)")
    let end = try product.run("run", "--out", "out", "--verbose")
    #expect(end.code == 0, "\(end)")
    #expect(end.output.contains("of them refreshes, p50"))
    let result = try JSONReader.parse(try product.bytes("out/result.json"))
    let text = String(decoding: JSONWriter.bytes(result), as: UTF8.self)
    #expect(text.contains("login.p95") && text.contains("login.p50 < 5s"))
    let requests = try simulator.stop()
    #expect(requests.allSatisfy { $0["outcome"]?.stringValue == "complete" })
    #expect(requests.count > 50)
    // Nothing that was sent or got is in what is left behind, the database included.
    let left = try product.contents()
    #expect(left.keys.contains { $0.hasSuffix("results.db") })
    for secret in ["open-sesame", "qa@example.com", "eyJhbGciOiJIUzI1NiI"] {
      #expect(!check.output.contains(secret) && !end.output.contains(secret))
      #expect(!check.errors.contains(secret) && !end.errors.contains(secret))
      for (name, bytes) in left where name != "streamgate.yaml" {
        #expect(bytes.firstRange(of: Array(secret.utf8)) == nil, "\(secret) is in \(name)")
      }
    }
  }

  @Test("A refused login ends before load with 77 and the service's words, without what was sent")
  func refused() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder, options: Self.account)
    let product = try Self.product(Self.plan(simulator.url), password: "wrong-word")
    for command in ["run", "check"] {
      let end = try product.run(command)
      #expect(end.code == 77, "\(end)")
      #expect(end.errors.contains("email or password is wrong") && end.errors.contains("401"))
      #expect(end.errors.contains("account 1 of target.login.accounts"))
      #expect(!end.errors.contains("wrong-word"))
    }
    #expect(try simulator.stop().isEmpty)
  }

  @Test("check logs in with every account once, and names the one that is refused")
  func everyAccount() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(
      in: folder, options: Self.account + ["--account", "two@example.com:second"])
    let two =
      "accounts: [{ email: \"${QA}\", password: \"${QA_PASS}\" },"
      + " { email: two@example.com, password: \"${QA2_PASS}\" }]"
    let plan = Self.plan(simulator.url).replacing(
      "accounts: [{ email: \"${QA}\", password: \"${QA_PASS}\" }]", with: two)
    let product = try Self.product(plan)
    product.environment["QA2_PASS"] = "second"
    let good = try product.run("check")
    #expect(good.code == 0 && good.output.contains("logins: 2 users, the slowest"), "\(good)")
    product.environment["QA2_PASS"] = "wrong-word"
    let bad = try product.run("check")
    #expect(bad.code == 77, "\(bad)")
    #expect(bad.errors.contains("account 2 of target.login.accounts"), "\(bad)")
    _ = try simulator.stop()
  }

  @Test("A login whose reply has no such token, that is not there or takes none, is told apart")
  func wrongLogins() throws {
    let folder = try TemporaryFolder()
    let simulator = try Simulator(in: folder, options: Self.account)
    for (login, code, words) in [
      ("token: data.token", 65, "the reply has access_token, token_type, expires_in"),
      ("url: http://127.0.0.1:1", 69, "takes no connection"),
    ] {
      let end = try Self.product(Self.plan(simulator.url, login)).run("run")
      #expect(end.code == code && end.errors.contains(words), "\(end)")
    }
    let lost = Self.plan(simulator.url).replacing("/api/auth/login", with: "/none")
    let end = try Self.product(lost).run("run")
    #expect(end.code == 65 && end.errors.contains("status 404"), "\(end)")
    #expect(try simulator.stop().isEmpty)
  }
}
