import Model
import Testing

@Suite("Base64")
struct Base64Tests {
  @Test(
    "The test vectors of RFC 4648 hold both ways",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func vectors(plain: String, text: String) {
    #expect(Base64.text(Array(plain.utf8)) == text)
    #expect(Base64.bytes(text) == Array(plain.utf8))
  }

  @Test("Every byte survives")
  func allBytes() {
    let bytes = (0...255).map { UInt8($0) } + [0]
    #expect(Base64.bytes(Base64.text(bytes)) == bytes)
  }

  @Test(
    "What is no Base64 is refused",
    arguments: ["Zg", "Zg=", "Z===", "Zh==", "Zm9v!", "=Zm9", "Zm9\n"])
  func wrong(text: String) {
    #expect(Base64.bytes(text) == nil)
  }
}
