/// One series of a block, as bytes: what `block_value.data` holds.
///
/// The first byte says how many bytes a count has (2, 4 or 8); the values follow as binary64, NaN
/// where a run has none, then the counts, all little-endian and in the order of the block's runs.
struct BlockColumn {
  private let bytes: UnsafeRawBufferPointer
  private let countBytes: Int
  /// Runs of the block.
  let runs: Int

  /// Views bytes that live longer than this; nil if they are not such a column. O(1).
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first, [2, 4, 8].contains(first) else { return nil }
    let runBytes = 8 + Int(first)
    guard (bytes.count - 1) % runBytes == 0 else { return nil }
    self.bytes = bytes
    countBytes = Int(first)
    runs = (bytes.count - 1) / runBytes
  }

  /// The value of a run by its place, below `runs`; NaN where it has none.
  func value(_ place: Int) -> Double {
    Double(bitPattern: load(at: 1 + 8 * place, as: UInt64.self))
  }

  /// What is behind that value.
  func count(_ place: Int) -> Int {
    let start = 1 + 8 * runs + countBytes * place
    return switch countBytes {
    case 2: Int(load(at: start, as: UInt16.self))
    case 4: Int(load(at: start, as: UInt32.self))
    default: Int(load(at: start, as: Int64.self))
    }
  }

  private func load<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Number.Type
  ) -> Number {
    Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// The bytes of values with their counts. O(runs).
  static func bytes(values: [Double], counts: [Int]) -> [UInt8] {
    let least = counts.min() ?? 0
    let most = counts.max() ?? 0
    let countBytes =
      least < 0 || most > Int(UInt32.max) ? 8 : most > Int(UInt16.max) ? 4 : 2
    var bytes: [UInt8] = [UInt8(countBytes)]
    bytes.reserveCapacity(1 + (8 + countBytes) * values.count)
    for value in values { append(value.bitPattern, 8, to: &bytes) }
    for count in counts { append(UInt64(bitPattern: Int64(count)), countBytes, to: &bytes) }
    return bytes
  }

  private static func append(_ word: UInt64, _ count: Int, to bytes: inout [UInt8]) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * index))) }
  }
}
