import Model
import Testing

@Suite("HMAC-SHA256")
struct HMACTests {
  struct Vector: Sendable {
    let key: [UInt8]
    let message: [UInt8]
    let mac: String
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// RFC 4231 section 4, cases 1 to 4, 6 and 7.
  static let vectors: [Vector] = [
    Vector(
      key: .init(repeating: 0x0B, count: 20), message: text("Hi There"),
      mac: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    Vector(
      key: text("Jefe"), message: text("what do ya want for nothing?"),
      mac: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    Vector(
      key: .init(repeating: 0xAA, count: 20), message: .init(repeating: 0xDD, count: 50),
      mac: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    Vector(
      key: Array(1...25), message: .init(repeating: 0xCD, count: 50),
      mac: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    Vector(
      key: .init(repeating: 0xAA, count: 131),
      message: text("Test Using Larger Than Block-Size Key - Hash Key First"),
      mac: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    Vector(
      key: .init(repeating: 0xAA, count: 131),
      message: text(
        "This is a test using a larger than block-size key and a larger than block-size data. "
          + "The key needs to be hashed before being used by the HMAC algorithm."),
      mac: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
  ]

  @Test("The codes of RFC 4231's messages are the RFC's", arguments: vectors)
  func vector(vector: Vector) {
    #expect(SHA256.hex(SHA256.hmac(key: vector.key, vector.message)) == vector.mac)
  }
}
