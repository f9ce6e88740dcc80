import Foundation
import Model
import TestKit
import Testing

@Suite("Logins", .waiting)
struct LoginTests {
  private static let account = "--account a@example.com:secret --account b@example.com:p:w"
  private static let credentials = #"{"email":"a@example.com","password":"secret"}"#

  private func post(
    _ simulator: Simulator, _ path: String, _ body: String, header: String = ""
  ) throws -> RawResponse {
    let connection = try simulator.connect()
    connection.send(Wire.post(path, body, header: header))
    return try connection.response()
  }

  /// A login's fields.
  private func login(
    _ simulator: Simulator, _ body: String = credentials
  ) throws -> (fields: JSONValue, cookie: String) {
    let response = try post(simulator, "/api/auth/login", body)
    #expect(response.status == 200)
    let cookie = try #require(response.headers["set-cookie"]?.split(separator: ";").first)
    return (try JSONReader.parse(Array(response.body.utf8)), String(cookie))
  }

  private func text(_ value: JSONValue, _ name: String) throws -> String {
    try #require(value[name]?.stringValue)
  }

  private func chat(_ simulator: Simulator, _ header: String) throws -> Int {
    try post(simulator, Wire.chat, Wire.body(maxTokens: 1), header: header).status
  }

  @Test("A login gives a JSON Web Token signed by HS256, with its end")
  func token() throws {
    let simulator = try Simulator("--token-lifetime 90s \(LoginTests.account)")
    let fields = try login(simulator).fields
    #expect(fields["token_type"] == .string("bearer"))
    #expect(fields["expires_in"] == .integer(90))
    let parts = try text(fields, "access_token").split(separator: ".").map(String.init)
    #expect(parts.count == 3)
    #expect(try decoded(parts[0])["alg"] == .string("HS256"))
    let key = SHA256.digest("streamgate-sim/token/1".utf8)
    let code = SHA256.hmac(key: key, "\(parts[0]).\(parts[1])".utf8)
    #expect(try bytes(parts[2]) == code)
    let claims = try decoded(parts[1])
    #expect(claims["sub"] == .string("a@example.com"))
    let length = (claims["exp"]?.doubleValue ?? 0) - (claims["iat"]?.doubleValue ?? 0)
    #expect(abs(length - 90) < 0.002)
  }

  private func decoded(_ part: String) throws -> JSONValue {
    try JSONReader.parse(bytes(part))
  }

  private func bytes(_ part: String) throws -> [UInt8] {
    let plain = part.replacing("-", with: "+").replacing("_", with: "/")
    let padded = plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)
    return Array(try #require(Data(base64Encoded: padded)))
  }

  @Test("A chat needs a token of this service that has not expired, if told so")
  func required() throws {
    let simulator = try Simulator("--require-token \(LoginTests.account)")
    let fields = try login(simulator).fields
    let token = try text(fields, "access_token")
    #expect(try chat(simulator, "Authorization: Bearer \(token)\r\n") == 200)
    let refresh = try text(fields, "refresh_token")
    let altered = token.dropLast() + (token.hasSuffix("A") ? "B" : "A")
    for header in [
      "", "Authorization: Basic x\r\n", "Authorization: Bearer x.y.z\r\n",
      "Authorization: Bearer \(altered)\r\n", "Authorization: Bearer \(refresh)\r\n",
    ] { #expect(try chat(simulator, header) == 401) }
    _ = try simulator.stop()
    let requests = try simulator.requests()
    #expect(requests.filter { $0["chat"] != .null }.count == 1)
    #expect(requests[1]["account"] == .string("a@example.com"))
    #expect(requests.suffix(5).allSatisfy { $0["outcome"] == .string("auth") })
  }

  @Test("An expired token is refused, and a refresh gives a new one")
  func expiry() throws {
    let simulator = try Simulator("--require-token --token-lifetime 1ns \(LoginTests.account)")
    let fields = try login(simulator).fields
    let response = try post(
      simulator, Wire.chat, Wire.body(),
      header: "Authorization: Bearer \(try text(fields, "access_token"))\r\n")
    #expect(response.status == 401 && response.body.contains("the token has expired"))
    #expect(response.headers["www-authenticate"] == "Bearer")
    let refresh = #"{"refresh_token":"\#(try text(fields, "refresh_token"))"}"#
    let renewed = try post(simulator, "/api/auth/refresh", refresh)
    #expect(renewed.status == 200)
    let token = try JSONReader.parse(Array(renewed.body.utf8))["access_token"]
    #expect(token != nil && token != fields["access_token"])
    #expect(try post(simulator, "/api/auth/refresh", #"{"refresh_token":"x"}"#).status == 401)
    let end = try simulator.stop()
    let logins = try simulator.requests().compactMap { $0["login"]?.stringValue }
    #expect(logins == ["granted", "refreshed", "refused"])
    #expect(end.errors.contains("logins    granted 1, refreshed 1, refused 1\n"))
  }

  @Test("A form logs in as JSON does, and what is wrong is refused by its status")
  func forms() throws {
    let simulator = try Simulator(LoginTests.account)
    let form = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
    func status(_ body: String, _ header: String = "") throws -> Int {
      try post(simulator, "/api/auth/login", body, header: header).status
    }
    #expect(try status("email=b%40example.com&password=p%3Aw", form) == 200)
    #expect(try status("username=a@example.com&password=secret", form) == 200)
    #expect(try status("email=a%40example.com&password=wrong", form) == 401)
    #expect(try status(#"{"email":"c@example.com","password":"secret"}"#) == 401)
    #expect(try status(#"{"email":"a@example.com"}"#) == 400)
    #expect(try status("email=a") == 400)
    let connection = try simulator.connect()
    connection.send(Wire.get("/api/auth/login"))
    #expect(try connection.response().status == 405)
  }

  @Test("Each account has a cookie of its own, and a chat needs that of its token's")
  func cookies() throws {
    let simulator = try Simulator("--require-token --require-cookie \(LoginTests.account)")
    let a = try login(simulator)
    let b = try login(simulator, #"{"email":"b@example.com","password":"p:w"}"#)
    let bearer = "Authorization: Bearer \(try text(a.fields, "access_token"))\r\n"
    #expect(try chat(simulator, bearer + "Cookie: other=1; \(a.cookie)\r\n") == 200)
    #expect(try chat(simulator, bearer + "Cookie: \(b.cookie)\r\n") == 401)
    #expect(try chat(simulator, bearer) == 401)
    let alone = try Simulator("--require-cookie \(LoginTests.account)")
    #expect(try chat(alone, "Cookie: \(try login(alone).cookie)\r\n") == 200)
    #expect(try chat(alone, "Cookie: session=x.y\r\n") == 401)
  }

  @Test("A login takes as long as it is told to")
  func delay() throws {
    let simulator = try Simulator("--login-delay 30ms \(LoginTests.account)")
    _ = try login(simulator)
    _ = try simulator.stop()
    let request = try #require(try simulator.requests().first)
    let received = try #require(request["received_ns"]?.intValue)
    #expect(try #require(request["ended_ns"]?.intValue) - received >= 30_000_000)
  }
}
