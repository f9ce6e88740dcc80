import Model

/// Counts lengths of time in bins of at most 1/1024 of their value: bounded memory for any number
/// of tokens, and quantiles at most 0.1 % too large. The largest is exact.
struct Histogram {
  private static let subBinBits = 10
  private var bins = [Int](repeating: 0, count: 64 << Histogram.subBinBits)
  private(set) var count = 0
  private(set) var largest = Nanos.zero

  /// Counts a length; a negative one as zero.
  mutating func add(_ length: Nanos) {
    let value = UInt64(max(length.rawValue, 0))
    bins[Histogram.bin(value)] += 1
    count += 1
    largest = max(largest, length)
  }

  /// The upper edge of the bin in which the quantile lies, nil if nothing was counted.
  func quantile(_ p: Double) -> Nanos? {
    guard count > 0 else { return nil }
    let rank = Int((p * Double(count)).rounded(.up))
    var seen = 0
    for (bin, n) in bins.enumerated() where n > 0 {
      seen += n
      if seen >= rank { return min(Histogram.upperEdge(bin), largest) }
    }
    return largest
  }

  private static func bin(_ value: UInt64) -> Int {
    let top = UInt64.bitWidth - 1 - (value | 1).leadingZeroBitCount
    guard top >= subBinBits else { return Int(value) }
    let shift = top - subBinBits
    return (shift + 1) << subBinBits + Int(value >> shift) & (1 << subBinBits - 1)
  }

  private static func upperEdge(_ bin: Int) -> Nanos {
    guard bin >= 1 << subBinBits else { return Nanos(Int64(bin)) }
    let shift = bin >> subBinBits - 1
    let mantissa = UInt64(bin & (1 << subBinBits - 1) | 1 << subBinBits)
    return Nanos(Int64(truncatingIfNeeded: (mantissa + 1) << UInt64(shift) - 1))
  }
}
