import Foundation
import Model
import TestKit
import Testing

@testable import Forge

@Suite("Asking a forge")
struct ForgeClientTests {
  private func limited(_ status: Int, _ headers: String...) -> ForgeServer.Fault {
    .answer(status, headers: headers, body: #"{"message":"slow down"}"#)
  }

  @Test("Faults that pass are waited out: 5xx, rate limits, resets, nonsense")
  func passing() throws {
    let fixture = try ForgeFixture(.github)
    fixture.server.fail(
      "GET", .answer(502, headers: [], body: "<html>"), .reset, limited(429, "Retry-After: 0"),
      limited(403, "Retry-After: 0"), .answer(500, headers: [], body: ""),
      .answer(200, headers: [], body: "{"), limited(403, "X-RateLimit-Remaining: 0"))
    let patience = ForgePatience(
      attemptsMax: 8, firstPause: .milliseconds(1), requestTimeMax: .seconds(60),
      timeMax: .seconds(120))
    try fixture.post("text", nil, patience)
    #expect(fixture.server.comments.count == 1)
  }

  @Test("A creation whose answer is lost is looked for before it is done again")
  func lostAnswer() throws {
    let fixture = try ForgeFixture(.github)
    fixture.server.fail("POST", .doneAndReset)
    try fixture.post("once")
    #expect(fixture.server.comments.count == 1)
    #expect(fixture.server.requests.count { $0.method == "POST" } == 1)
    // One that was not done is.
    fixture.server.clear()
    fixture.server.fail("POST", .reset, .answer(503, headers: [], body: ""))
    try fixture.post("once")
    #expect(fixture.server.comments.count == 1)
    #expect(fixture.server.requests.count { $0.method == "POST" } == 3)
  }

  @Test("An errand whose time is over asks no more, and its error is what went wrong")
  func overTime() throws {
    let fixture = try ForgeFixture(.github)
    for _ in 0..<20 { fixture.server.fail("POST", .answer(503, headers: [], body: "")) }
    // The first pause alone is longer than all the time there is.
    let patience = ForgePatience(
      attemptsMax: 5, firstPause: .seconds(200), requestTimeMax: .seconds(60),
      timeMax: .seconds(120))
    #expect(throws: ForgeError.unreachable(reason: "it answers with status 503")) {
      try fixture.post("text", nil, patience)
    }
    #expect(fixture.server.requests.count { $0.method == "POST" } == 1)
    let over = ForgePatience(requestTimeMax: .seconds(60), timeMax: .zero)
    #expect {
      _ = try fixture.client(over).send(.init(path: "/user"))
    } throws: { error in
      guard case .unreachable(let reason) = error as? ForgeError else { return false }
      return !reason.contains("timed out") && !reason.contains("millisecond")
    }
  }

  @Test("A pause that is longer than the time that is left is not waited for")
  func longPause() throws {
    let fixture = try ForgeFixture(.github)
    fixture.server.fail("GET", limited(429, "Retry-After: 3600"))
    #expect(throws: ForgeError.busy(pause: .seconds(3_600))) { try fixture.post("text") }
    #expect(fixture.server.requests.count == 1)
  }

  @Test("A date of Retry-After counts by the forge's own clock, in each form of a date")
  func dated() throws {
    let fixture = try ForgeFixture(.github)
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT"
    for later in ["Sun, 06 Nov 1994 09:49:37 GMT", "Sun Nov  6 09:49:37 1994"] {
      fixture.server.fail("GET", limited(429, "Retry-After: " + later, date))
      #expect(throws: ForgeError.busy(pause: .seconds(3_600))) { try fixture.post("text") }
    }
    // A moment that is over is no pause, whoever's clock tells it.
    fixture.server.fail(
      "GET", limited(429, "Retry-After: Sun, 06 Nov 1994 08:49:30 GMT", date),
      limited(403, "Retry-After: Sun, 06 Nov 1994 08:49:30 GMT"))
    try fixture.post("text")
    #expect(fixture.server.comments.count == 1)
  }

  @Test("The moment of GitHub's next hour is a pause")
  func reset() throws {
    let fixture = try ForgeFixture(.github)
    let moment = Int(Date().timeIntervalSince1970) + 3_000
    fixture.server.fail(
      "GET", limited(403, "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: \(moment)"))
    #expect {
      try fixture.post("text")
    } throws: { error in
      guard case .busy(let pause) = error as? ForgeError else { return false }
      return pause > .seconds(1_000) && pause <= .seconds(3_002)
    }
  }

  @Test("A forge that stays down is given up after so many attempts")
  func down() throws {
    let fixture = try ForgeFixture(.gitea)
    for _ in 0..<9 { fixture.server.fail("GET", .answer(503, headers: [], body: "")) }
    #expect(throws: ForgeError.unreachable(reason: "it answers with status 503")) {
      try fixture.post(
        "text", nil,
        ForgePatience(
          attemptsMax: 1, firstPause: .milliseconds(1), requestTimeMax: .seconds(60),
          timeMax: .seconds(120)))
    }
    #expect(fixture.server.comments.isEmpty)
  }

  @Test("A creation is asked again where nobody took the connection, and given up in the end")
  func refusedConnection() throws {
    let fixture = try ForgeFixture(.github)
    let listener = try RawServer { connection, _ in connection.close() }
    let url = listener.url
    listener.stop()
    let patience = ForgePatience(attemptsMax: 3, firstPause: .milliseconds(1))
    #expect {
      _ = try CheckRun.start(
        "a", commit: "b", runURL: nil, mark: "m", client: try fixture.client(patience, apiURL: url))
    } throws: { error in
      guard case .unreachable = error as? ForgeError else { return false }
      return true
    }
  }

  @Test("A forge that never answers is given up")
  func silence() throws {
    let fixture = try ForgeFixture(.gitlab)
    fixture.server.fail("GET", .silence)
    let patience = ForgePatience(
      attemptsMax: 1, firstPause: .milliseconds(1), requestTimeMax: .milliseconds(50),
      timeMax: .seconds(120))
    #expect {
      _ = try fixture.client(patience).send(.init(path: "/user"))
    } throws: { error in
      guard case .unreachable = error as? ForgeError else { return false }
      return true
    }
  }

  @Test(
    "A refusal is said at once, in the forge's words",
    arguments: [
      (401, #"{"message":"Bad credentials"}"#, "Bad credentials"),
      (
        403, #"{"message":"Resource not accessible by integration"}"#,
        "Resource not accessible by integration"
      ),
      (404, #"{"error":"404 Project Not Found"}"#, "404 Project Not Found"),
      (422, #"{"message":{"body":["is too long"]}}"#, #"{"body":["is too long"]}"#),
      (404, "<html>", ""),
      (
        403, #"{"message":"the token s3cret-t0ken-0123456789 is stale"}"#,
        "the token *********************** is stale"
      ),
    ])
  func refusals(status: Int, body: String, said: String) throws {
    let fixture = try ForgeFixture(.github)
    fixture.server.fail("POST", .answer(status, headers: [], body: body))
    #expect(throws: ForgeError.refused(status: status, said: said)) { try fixture.post("text") }
    #expect(fixture.server.requests.count { $0.method == "POST" } == 1)
  }

  @Test("A token that is wrong is said before anything is listed")
  func wrongToken() throws {
    let fixture = try ForgeFixture(.gitlab)
    let token = try ForgeToken(for: .gitlab, in: ["GITLAB_TOKEN": "other"])
    let client = ForgeClient(
      try fixture.client().address, token: token, patience: .short)
    let comment = StickyComment(in: 7, client: client, mark: fixture.mark()) { _, _ in "text" }
    #expect(throws: ForgeError.refused(status: 401, said: "Bad credentials")) {
      try comment.post()
    }
    #expect(fixture.server.requests.count == 1)
  }

  @Test("A redirect within the origin is followed; to another host the token does not go")
  func redirects() throws {
    let fixture = try ForgeFixture(.github)
    let other = try ForgeFixture(.github)
    let path = "/api/v3/repos/acme/gateway/issues/7/comments?per_page=100&page=1"
    // A repository that was renamed.
    fixture.server.fail(
      "GET", .answer(301, headers: ["Location: \(path)"], body: ""),
      .answer(307, headers: ["Location: \(fixture.server.url)\(path)"], body: ""))
    let answer = try fixture.client().send(.init(path: "/repos/acme/old/issues/7/comments"))
    #expect(answer.value == .array([]))
    for status in [301, 302, 307, 308] {
      fixture.server.fail(
        "GET", .answer(status, headers: ["Location: \(other.server.url)\(path)"], body: ""))
      #expect(throws: ForgeError.redirected(to: other.server.url)) {
        _ = try fixture.client().send(.init(path: "/user"))
      }
    }
    #expect(other.server.requests.isEmpty)
    // A creation that became a GET would be none.
    fixture.server.fail("POST", .answer(302, headers: ["Location: \(path)"], body: ""))
    #expect(throws: ForgeError.refused(status: 302, said: "a redirect of a POST")) {
      try fixture.post("text")
    }
    for _ in 0..<5 {
      fixture.server.fail("GET", .answer(301, headers: ["Location: \(path)"], body: ""))
    }
    #expect(throws: ForgeError.unexpected(what: "more than 3 redirects")) {
      _ = try fixture.client().send(.init(path: "/user"))
    }
  }

  @Test("A certificate of an authority that is not trusted is refused at once, and taken from one")
  func authority() throws {
    let certificates = try Certificates(in: TemporaryFolder())
    let server = try TLSServer(certificates)
    let address = try #require(
      ForgeAddress(kind: .github, apiURL: server.url, repository: "acme/gateway"))
    let token = try ForgeToken(for: .github, in: ["GITHUB_TOKEN": ForgeFixture.token])
    for file in [nil, certificates.path("other.pem")] {
      // No patience could make it better: many attempts would take for ever.
      let patience = ForgePatience(attemptsMax: .max, firstPause: .seconds(3_600))
      let client = ForgeClient(address, token: token, caFile: file, patience: patience)
      #expect {
        _ = try client.send(.init(path: "/user"))
      } throws: { error in
        guard case .untrusted(let reason) = error as? ForgeError else { return false }
        return reason.contains("certificate") && !reason.contains(ForgeFixture.token)
      }
    }
    let client = ForgeClient(
      address, token: token, caFile: certificates.path("ca.pem"), patience: .short)
    let trusted = try client.send(.init(method: "POST", path: "/login", body: .object([])))
    #expect(trusted.value["access_token"]?.stringValue == "t")
  }

  @Test("What speaks no TLS is sent no token")
  func certificate() throws {
    let fixture = try ForgeFixture(.github)
    // What speaks no TLS has no certificate at all.
    let url = "https://127.0.0.1:" + (fixture.server.url.split(separator: ":").last ?? "")
    let patience = ForgePatience(attemptsMax: 1, firstPause: .milliseconds(1))
    #expect {
      _ = try fixture.client(patience, apiURL: url + "/api/v3").send(.init(path: "/user"))
    } throws: { error in
      guard case .unreachable = error as? ForgeError else { return false }
      return true
    }
    #expect(!fixture.server.requests.contains { $0.head.contains(ForgeFixture.token) })
  }

  @Test("A token shows as stars, and one that would break a header is none")
  func token() throws {
    let token = try ForgeToken(for: .github, in: ["GITHUB_TOKEN": "abc"])
    var dumped = ""
    dump(token, to: &dumped)
    #expect("\(token)" == "***" && String(reflecting: token) == "***")
    #expect(!dumped.contains("abc"))
    for text in ["a\r\nX: y", "a b", "ä", "a\u{0}"] {
      #expect(throws: ForgeTokenError.malformed(variable: "GITHUB_TOKEN")) {
        try ForgeToken(for: .github, in: ["GITHUB_TOKEN": text])
      }
    }
    #expect(throws: ForgeTokenError.missing) {
      try ForgeToken(for: .gitlab, in: ["GITHUB_TOKEN": "abc", "CI_JOB_TOKEN": "x"])
    }
    let both = ["STREAMGATE_FORGE_TOKEN": "own", "GITLAB_TOKEN": "other"]
    #expect(try ForgeToken(for: .gitlab, in: both).variable == "STREAMGATE_FORGE_TOKEN")
  }

  @Test("The line ends after a token that was read from a file are none of it")
  func tokenOfFile() throws {
    let fixture = try ForgeFixture(.github)
    for end in ["\n", "\r\n", "\n\n"] {
      let token = try ForgeToken(for: .github, in: ["GITHUB_TOKEN": ForgeFixture.token + end])
      let client = ForgeClient(try fixture.client().address, token: token, patience: .short)
      #expect(try client.send(.init(path: "/user")).status == 200)
    }
    // What is nothing but a line end is as unset.
    let variables = ["STREAMGATE_FORGE_TOKEN": "\n", "GITHUB_TOKEN": "abc"]
    #expect(try ForgeToken(for: .github, in: variables).variable == "GITHUB_TOKEN")
  }

  @Test(
    "An address is a web address, and a repository has an owner and no steps",
    arguments: [
      ("https://api.github.com", "acme/gateway/x"), ("https://api.github.com", "acme"),
      ("https://api.github.com", "acme/.."), ("https://api.github.com", "acme/a b"),
      ("https://api.github.com", "acme/a?b"), ("ftp://x", "acme/gateway"),
      ("https://me:pass@x", "acme/gateway"), ("file:///etc", "acme/gateway"),
      ("https://x/?q=", "acme/gateway"),
    ])
  func addresses(url: String, repository: String) {
    #expect(ForgeAddress(kind: .github, apiURL: url, repository: repository) == nil)
    #expect(
      ForgeAddress(kind: .github, apiURL: "https://x/", repository: "acme/g")?.apiURL
        == "https://x")
  }
}
