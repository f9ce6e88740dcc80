/// Ids of runs: UUIDs of version 7 (RFC 9562 section 5.7), which sort by their time.
public enum UUIDv7 {
  /// Random bytes that one id needs.
  public static let randomBytes = 10

  /// The id of a time, in lowercase; `random` holds at least `randomBytes` bytes, of which 74
  /// bits enter. Times before 1970 count as 1970.
  public static func make(at time: UnixNanos, random: [UInt8]) -> String {
    precondition(random.count >= randomBytes, "\(random.count) random bytes")
    let milliseconds = UInt64(max(0, time.rawValue)) / 1_000_000
    var bytes = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) }
    bytes += random.prefix(randomBytes)
    bytes[6] = bytes[6] & 0x0F | 0x70
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Array(SHA256.hex(bytes))
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return groups.map { String(digits[$0]) }.joined(separator: "-")
  }
}
