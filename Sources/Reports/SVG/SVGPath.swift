/// The text of a path: commands and places, as bytes, since a path may have 20,000 of them.
struct SVGPath {
  private var bytes: [UInt8] = []

  /// The path as an attribute takes it.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  var isEmpty: Bool { bytes.isEmpty }

  /// Appends a command with a place.
  mutating func append(_ command: Unicode.Scalar, _ x: Double, _ y: Double) {
    append(command)
    append(x)
    append(" ")
    append(y)
  }

  /// Appends a command with one number.
  mutating func append(_ command: Unicode.Scalar, _ value: Double) {
    append(command)
    append(value)
  }

  /// Appends a character.
  mutating func append(_ character: Unicode.Scalar) {
    bytes.append(UInt8(ascii: character))
  }

  /// Appends a number, with one decimal at most.
  mutating func append(_ value: Double) {
    let bounded = max(-99_999, min(99_999, value.isFinite ? value : 0))
    let tenths = Int((bounded * 10).rounded())
    if tenths < 0 { append("-") }
    let size = Int(tenths.magnitude)
    var power = 10
    while size / 10 >= power { power *= 10 }
    while power >= 10 {
      digit(size / power % 10)
      power /= 10
    }
    guard size % 10 > 0 else { return }
    append(".")
    digit(size % 10)
  }

  private mutating func digit(_ value: Int) {
    bytes.append(UInt8(ascii: "0") + UInt8(value))
  }
}
