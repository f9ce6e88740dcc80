extension Int {
  /// The whole part of a figure that is a count: not below 0, not beyond 1e15, 0 for NaN.
  public init(clamping value: Double) {
    self = value.isNaN ? 0 : Int(Swift.min(Swift.max(value, 0), 1e15))
  }
}
