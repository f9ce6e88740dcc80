/// A reproducible generator: the same seed and label give the same numbers on every machine and
/// in every release. Source: Blackman & Vigna, xoshiro256** 1.0, seeded from SHA-256.
public struct SeededGenerator: Sendable, RandomNumberGenerator {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64
  private let key: [UInt8]

  /// A stream of numbers for one purpose; different labels give independent streams.
  public init(seed: UInt64, label: String) {
    self.init(key: SHA256.digest(bigEndianBytes(seed) + Array(label.utf8)))
  }

  private init(key: [UInt8]) {
    func word(_ index: Int) -> UInt64 {
      key[8 * index..<8 * index + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    (s0, s1, s2, s3) = (word(0), word(1), word(2), word(3) | 1)
    self.key = key
  }

  /// A generator for a part of this one's purpose. It depends on the seed and the labels only,
  /// not on how many numbers have been drawn.
  public func fork(_ label: String) -> SeededGenerator {
    SeededGenerator(key: SHA256.digest(key + Array(label.utf8)))
  }

  /// The next 64 uniform bits.
  public mutating func next() -> UInt64 {
    let result = rotl(s1 &* 5, 7) &* 9
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = rotl(s3, 45)
    return result
  }

  /// Puts uniform bits into a list, in its order.
  public mutating func fill(_ words: inout [UInt64]) {
    for index in words.indices { words[index] = next() }
  }

  /// A uniform number in [0, 1), a multiple of 2^-53.
  public mutating func nextUnit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A uniform integer in 0..<bound, without bias; `bound` is positive.
  public mutating func nextIndex(below bound: Int) -> Int {
    precondition(bound > 0, "bound \(bound) is not positive")
    let limit = UInt64(bound)
    let cutoff = UInt64.max - UInt64.max % limit
    while true {
      let bits = next()
      if bits < cutoff { return Int(bits % limit) }
    }
  }

  /// Puts the elements into a uniformly random order (Fisher–Yates). O(n).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for i in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(i, nextIndex(below: i + 1))
    }
  }
}

private func rotl(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }

private func bigEndianBytes(_ value: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
}
