/// Objects of one shape whose members are all numbers, for lists of very many: what stands between
/// the numbers is made once, and an object goes into the text at once.
public struct JSONNumbers: Sendable {
  /// What stands before each number.
  fileprivate let before: [[UInt8]]
  fileprivate let end: [UInt8]
  /// Bytes of an object at most.
  fileprivate let bytesMax: Int

  /// Takes the numbers of one object in the order of its members; all are to come.
  public struct Values: ~Copyable {
    fileprivate let shape: JSONNumbers
    fileprivate let text: UnsafeMutableBufferPointer<UInt8>
    fileprivate let digits: UnsafeMutableBufferPointer<UInt8>
    fileprivate var count = 0
    fileprivate var member = 0

    /// The next member's number.
    public mutating func add(_ value: Double) {
      begin()
      put(UnsafeRawBufferPointer(JSONWriter.text(of: value, in: digits)))
    }

    /// The next member's whole number.
    public mutating func add(_ value: Int) {
      begin()
      put(UnsafeRawBufferPointer(NumberText.text(of: Int64(value), in: digits)))
    }

    private mutating func begin() {
      shape.before[member].withUnsafeBytes { put($0) }
      member += 1
    }

    fileprivate mutating func put(_ bytes: UnsafeRawBufferPointer) {
      let rest = UnsafeMutableRawBufferPointer(text)[count...]
      UnsafeMutableRawBufferPointer(rebasing: rest).copyMemory(from: bytes)
      count += bytes.count
    }
  }
}

extension JSONWriter {
  /// The shape of such objects where the next value goes, with members of these names, which are
  /// our own and need no escape.
  public func shape(_ names: [StaticString]) -> JSONNumbers {
    var line: [UInt8] = indent == nil ? [] : [0x0A]
    line += [UInt8](repeating: 0x20, count: (indent ?? 0) * (depth + 1))
    let colon: [UInt8] = indent == nil ? [0x22, 0x3A] : [0x22, 0x3A, 0x20]
    let before = names.enumerated().map { index, name in
      [index == 0 ? 0x7B : 0x2C] + line + [0x22] + Array(name.description.utf8) + colon
    }
    let end = line.dropLast(indent ?? 0) + [0x7D]
    let most = before.reduce(end.count) { $0 + $1.count + NumberText.bytesMax }
    return JSONNumbers(before: before, end: Array(end), bytesMax: most)
  }

  /// Appends an object of that shape; `body` adds its numbers.
  public mutating func object(_ shape: JSONNumbers, _ body: (inout JSONNumbers.Values) -> Void) {
    let room = shape.bytesMax + NumberText.bytesMax
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { buffer in
      let digits = UnsafeMutableBufferPointer(rebasing: buffer[shape.bytesMax...])
      var values = JSONNumbers.Values(shape: shape, text: buffer, digits: digits)
      body(&values)
      precondition(values.member == shape.before.count, "\(values.member) numbers")
      shape.end.withUnsafeBytes { values.put($0) }
      append(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(buffer)[..<values.count]))
    }
  }
}
