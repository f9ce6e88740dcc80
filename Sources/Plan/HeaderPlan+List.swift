// Headers as a list: names have no case (RFC 9110, 5.1).
extension [HeaderPlan] {
  /// True if a header has this name.
  public func has(_ name: String) -> Bool {
    let name = name.lowercased()
    return contains { $0.name.lowercased() == name }
  }

  /// These, and those of `others` whose names are none of theirs.
  public func completed(by others: [HeaderPlan]) -> [HeaderPlan] {
    self + others.filter { !has($0.name) }
  }
}
