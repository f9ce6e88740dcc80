import Testing

@testable import Model

@Suite("Numbers are written as their descriptions")
struct NumberTextTests {
  private func text(_ value: Double, _ whole: NumberText.Whole) -> String {
    var bytes: [UInt8] = []
    NumberText.append(value, whole, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What `description` gives, without its `.0` where that is not wanted.
  private func expected(_ value: Double, _ whole: NumberText.Whole) -> String {
    let text = value.description
    return whole == .plain && text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private func expectDescription(_ value: Double) {
    for whole in [NumberText.Whole.plain, .withPoint] {
      for value in [value, -value] {
        let (text, expected) = (text(value, whole), expected(value, whole))
        if text != expected { Issue.record("\(text) instead of \(expected)") }
      }
    }
  }

  @Test("At powers of two and ten and beside them, inside the fast range and around it")
  func edges() {
    for exponent in -80...80 {
      for value in [Double(sign: .plus, exponent: exponent, significand: 1)] {
        for near in [value, value.nextUp, value.nextDown, value.nextUp.nextUp, value * 1.5] {
          expectDescription(near)
        }
      }
    }
    for exponent in -12...20 {
      guard let value = Double("1e\(exponent)") else { continue }
      for factor in [1.0, 2, 5, 9, 1.5, 0.3] {
        let near = value * factor
        for value in [near, near.nextUp, near.nextDown] { expectDescription(value) }
      }
    }
    let others = [
      0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0x1p53 - 1, 0x1p53, 0x1p53 + 2,
      0x1p52 + 0.5, 0x1p52 - 0.5, 123_456.789, 0.1, 0.2, 0.3, 2.0 / 3, 1 / 3.0,
    ]
    for value in others { expectDescription(value) }
  }

  @Test("For random numbers of every size")
  func random() {
    var random = SeededGenerator(seed: 11, label: "numbers")
    for _ in 0..<100_000 {
      let bits = random.next()
      let exponent = Int(random.next() % 70) - 15
      expectDescription(
        Double(sign: .plus, exponent: exponent, significand: 1 + Double(bits >> 12) * 0x1p-52))
      // Short ones, as people write them.
      let unit = [1, 10, 100, 1_000, 1e6, 1e9][Int(bits >> 61) % 6]
      expectDescription(Double(bits % 1_000_000) / unit)
    }
  }

  @Test("Whole numbers are written with all their digits")
  func integers() {
    for value in [0, 1, -1, 9, 10, 99, 100, -12_345, Int64.max, Int64.min] {
      var bytes: [UInt8] = []
      NumberText.append(value, to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == String(value))
    }
  }
}
