import Testing

@testable import Plan

@Suite("Endpoints whose addresses are secrets")
struct HiddenEndpointTests {
  private func secret(_ template: String, _ value: String, _ secrets: String...) -> SecretText {
    SecretText(template: template, value: value, secrets: secrets)
  }

  @Test(
    "A text tells the plan's words instead of host and port, and longer names stay",
    arguments: [
      ("Could not resolve host: Box.Example", "Could not resolve host: ${URL}"),
      (
        "Failed to connect to box.example port 8443 after 0 ms",
        "Failed to connect to ${URL} after 0 ms"
      ),
      ("connect to 10.0.0.1 port 8443 failed", "connect to 10.0.0.1 its port failed"),
      ("https://box.example:8443/health", "https://${URL}/health"),
      ("(box.example)", "(${URL})"), ("mailbox.example port 84431", "mailbox.example port 84431"),
      ("box.example-2, box", "box.example-2, box"), ("::1 and [::1]:99", "${V6} and ${V6}"),
      ("", ""),
    ])
  func text(said: String, masked: String) {
    let hidden = HiddenEndpoints([
      secret("${URL}", "https://box.example:8443", "https://box.example:8443"),
      secret("${V6}", "http://[::1]:99", "http://[::1]:99"), SecretText("http://plain.example"),
    ])
    #expect(hidden.masked(said) == masked)
    #expect(hidden.masked("plain.example port 80") == "plain.example port 80")
  }

  @Test("A place goes by the plan's words where the URL has a variable, whatever part it is")
  func place() {
    let hidden = HiddenEndpoints([
      secret("http://${HOST}", "http://Box.example", "Box.example"),
      secret("http://plain.example:${PORT}", "http://plain.example:81", "81"),
      SecretText("http://open.example:82"),
    ])
    #expect(hidden.name(host: "box.example") == "http://${HOST}")
    #expect(hidden.name(host: "box.example", port: 80) == "http://${HOST}")
    #expect(hidden.name(host: "box.example", port: 81) == nil)
    #expect(hidden.name(host: "plain.example", port: 81) == "http://plain.example:${PORT}")
    #expect(hidden.name(host: "open.example", port: 82) == nil)
    #expect(HiddenEndpoints.none.name(host: "box.example") == nil)
  }

  @Test("A plan hides its target's, its login's and main's")
  func plan() throws {
    var plan = try resolve(scenario: #""prompts": ["x"]"#).plan
    plan.target.url = secret("${A}", "http://a.example:1", "http://a.example:1")
    plan.gate.baselineTarget = secret("${B}", "http://b.example:2", "http://b.example:2")
    let hidden = HiddenEndpoints(of: plan)
    #expect(hidden.masked("a.example b.example") == "${A} ${B}")
  }
}
