import Model
import Testing

@Suite("Redactor")
struct RedactorTests {
  private func masked(_ text: String, _ secrets: String...) -> String {
    Redactor(secrets: secrets).masked(text)
  }

  @Test("A secret is masked at its length, wherever and however often it stands")
  func plain() {
    #expect(masked("key=sk-12345, again sk-12345", "sk-12345") == "key=********, again ********")
    #expect(masked("nothing here", "sk-12345") == "nothing here")
    #expect(masked("sk-12345", "", "sk-12345") == "********")
    #expect(masked("as it is", "") == "as it is")
  }

  @Test(
    "A secret is found as JSON, percent encoding and forms write it",
    arguments: [
      (#"a"b\c/d é"#, #"a\"b\\c\/d \u00e9"#), (#"a"b\c/d é"#, #"a\"b\\c/d \u00E9"#),
      (#"a"b\c/d é"#, #"a\\\"b\\\\c\\/d é"#), (#"a"b\c/d é"#, "a%22b%5Cc%2fd%20%C3%A9"),
      (#"a"b\c/d é"#, "a%22b%5cc/d+%c3%a9"), ("p+q%r s", "p+q%r s"), ("p+q%r s", "p%2Bq%25r+s"),
      ("<k&y>😀", #"\u003ck\u0026y\u003e\ud83d\uDE00"#), ("tab\there", #"tab\there"#),
      (#"C:\new\x"#, #"C:\\new\\x"#), (#"C:\new\x"#, #"C:\new\x"#), ("abcdef", #"\u0061bcdef"#),
    ])
  func encodings(secret: String, text: String) {
    let found = masked("<" + text + ">", secret)
    #expect(found == "<" + String(repeating: "*", count: text.utf8.count) + ">")
  }

  @Test("What only looks like a secret stays", arguments: ["sk-1234", "sk-12346", #"sk-\u00312"#])
  func others(text: String) {
    #expect(masked("x \(text) y", "sk-12345") == "x \(text) y")
  }

  @Test("A secret that comes later is masked from then on")
  func added() {
    var redactor = Redactor(secrets: ["one"])
    #expect(redactor.masked("one two") == "*** two")
    redactor.add("two")
    redactor.add("")
    #expect(redactor.masked("one two") == "*** ***")
  }

  @Test("Each long word of a secret is one, and secrets of a letter or two are left")
  func words() {
    #expect(masked("the token abcdef", "Bearer abcdef") == "the token ******")
    #expect(masked("aab", "", "a", "ab") == "aab")
  }

  @Test("Secrets that overlap are both masked")
  func overlap() {
    #expect(masked("..abcdef..", "abcd", "cdef") == "..******..")
  }

  @Test("A secret that a text's end or start cuts is masked from four characters on")
  func cuts() {
    let redactor = Redactor(secrets: ["secret-token"])
    #expect(redactor.masked("it is secret-to") == "it is *********")
    #expect(redactor.masked("it is secr") == "it is ****")
    #expect(redactor.masked("it is sec") == "it is sec")
    #expect(redactor.masked(#"it is secret\u002"#) == "it is ***********")
    var tail = Array("t-token is it".utf8)
    redactor.mask(&tail, isStartCut: true)
    #expect(String(decoding: tail, as: UTF8.self) == "******* is it")
    var escaped = Array(#"02dtoken is it"#.utf8)
    redactor.mask(&escaped, isStartCut: true)
    #expect(String(decoding: escaped, as: UTF8.self) == "******** is it")
    var whole = Array("token is it".utf8)
    redactor.mask(&whole)
    #expect(String(decoding: whole, as: UTF8.self) == "token is it")
  }

  @Test("However a text with a secret is cut in two, neither half shows five of its characters")
  func anyCut() {
    let secret = "q7!Zk\"p9\\w-x"
    let text = #"{"error":{"message":"bad key q7!Zk\"p9\\w-x given"}}"#
    let redactor = Redactor(secrets: [secret])
    for cut in 0...text.utf8.count {
      var head = Array(text.utf8.prefix(cut))
      var tail = Array(text.utf8.dropFirst(cut))
      redactor.mask(&head)
      redactor.mask(&tail, isStartCut: true)
      let shown =
        String(decoding: head, as: UTF8.self) + "|" + String(decoding: tail, as: UTF8.self)
      for part in ["q7!Zk", "7!Zk\\\"", "!Zk\\\"p", "p9\\\\w-", "9\\\\w-x"] {
        #expect(!shown.contains(part), "cut at \(cut): \(shown)")
      }
    }
  }
}
