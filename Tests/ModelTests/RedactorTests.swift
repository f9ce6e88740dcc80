import Model
import Testing

@Suite("Secrets in foreign text")
struct RedactorTests {
  @Test("A secret is taken out as it is, as JSON writes it, and percent-encoded")
  func forms() {
    let redactor = Redactor(["p\"w/1", "abc"])
    #expect(
      redactor.redact(#"a p"w/1 b p\"w/1 c p%22w%2F1 abcabc"#)
        == "a [redacted] b [redacted] c [redacted] [redacted][redacted]")
    #expect(redactor.redact("p\"w/2 ab") == "p\"w/2 ab")
    #expect(Redactor().redact("abc") == "abc")
  }

  @Test("The longest secret wins, and each long word of a secret is one")
  func longest() {
    #expect(Redactor(["secret", "secret-one"]).redact("secret-one") == "[redacted]")
    #expect(Redactor(["Bearer abcdef"]).redact("the token abcdef") == "the token [redacted]")
  }

  @Test("Secrets of a letter or two are left, for to mark each would tell them")
  func short() {
    #expect(Redactor(["", "a", "ab"]).redact("aab") == "aab")
  }

  @Test("A text that was cut inside a secret ends before it, wherever it was cut")
  func cut() {
    let secret = "eyJhbGciOiJIUzI1NiJ9.e30.x"
    let redactor = Redactor([secret])
    let text = "said: \(secret) again"
    for count in 0...text.utf8.count {
      let out = redactor.redact(String(text.prefix(count)))
      #expect(!out.contains("eyJhbG"), "cut at \(count)")
      #expect(out.hasPrefix(String("said: ".prefix(count))))
    }
  }
}
