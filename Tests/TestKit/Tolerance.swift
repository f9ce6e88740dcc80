public import Model
public import Testing

/// How near two floats must be to count as equal: |a - b| <= absolute + relative·|b|.
public struct Tolerance: Sendable {
  /// The part that does not depend on the size.
  public var absolute: Double
  /// The part that grows with the wanted value.
  public var relative: Double

  /// A tolerance of these parts.
  public init(absolute: Double = 0, relative: Double = 0) {
    self.absolute = absolute
    self.relative = relative
  }

  /// The tolerance that a golden file states: `tol`, or `tol_rel` and `tol_abs`.
  public init(of file: JSONValue) {
    absolute = file["tol"]?.doubleValue ?? file["tol_abs"]?.doubleValue ?? 0
    relative = file["tol_rel"]?.doubleValue ?? 0
  }

  /// True if `got` is near enough to `wanted`. Infinities equal themselves, NaN equals NaN.
  public func accepts(_ got: Double, _ wanted: Double) -> Bool {
    if got.isNaN || wanted.isNaN { return got.isNaN && wanted.isNaN }
    if got == wanted { return true }
    guard got.isFinite, wanted.isFinite else { return false }
    return (got - wanted).magnitude <= absolute + relative * wanted.magnitude
  }

  /// Records an issue that names `what` unless `got` is near enough to `wanted`. A nil equals nil
  /// only.
  public func expect(
    _ got: Double?, _ wanted: Double?, _ what: @autoclosure () -> String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isEqual =
      switch (got, wanted) {
      case (nil, nil): true
      case (let got?, let wanted?): accepts(got, wanted)
      default: false
      }
    if isEqual { return }
    let text = "\(what()): got \(words(got)), wanted \(words(wanted))"
    Issue.record(Comment(rawValue: text), sourceLocation: sourceLocation)
  }
}

private func words(_ value: Double?) -> String { value.map { "\($0)" } ?? "nil" }
