public import Model

extension StreamMeter {
  /// The reader stood still for `pause`, up to `end`: what came in that time was not read, so it is
  /// left out of the gap that is open. A gap that we made is no stall of the service. Stamps, and
  /// so latencies, stay as they are.
  public mutating func excuse(_ pause: Nanos, until end: MonotonicNanos) {
    guard let from = gapFrom else { return }
    gapFrom = max(from, min(from + pause, end))
  }
}
