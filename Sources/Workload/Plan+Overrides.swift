import Model
public import Plan

extension Plan {
  /// This plan under another load, and what of the load is other, such as `rate 12 instead of 5`:
  /// nil where the overrides are what the plan has anyway, which then stays as it is.
  ///
  /// Throws for an override that no profile of the plan would feel, or that leaves nothing to
  /// measure.
  public func under(
    _ overrides: LoadOverrides
  ) throws(LoadOverrideError) -> (plan: Plan, exploration: String?) {
    var plan = self
    var changes: [String] = []
    if let rate = overrides.rate {
      guard profiles.contains(where: { $0 != .stress }) else {
        throw LoadOverrideError(
          flag: "--rate", what: "the plan has no open-loop profile, and stress has no rate",
          remedy: "give --users, or name ramp-up or sustained in profiles")
      }
      plan.rate = rate
      if rate != self.rate {
        changes.append("rate \(Plan.text(rate: rate)) instead of \(Plan.text(rate: self.rate))")
      }
    }
    if let users = overrides.users {
      guard profiles.contains(.stress) else {
        throw LoadOverrideError(
          flag: "--users", what: "the plan has no stress profile, and the others have no users",
          remedy: "give --rate, or name stress in profiles")
      }
      plan.stressUsers = users
      if users != stressUsers {
        changes.append("users \(users) instead of \(stressUsers.map { "\($0)" } ?? "none")")
      }
    }
    if let duration = overrides.duration {
      let shapes = profiles.map { ProfileShape(kind: $0, plan: self) }
      let warmup = shapes.map(\.warmup).max() ?? .zero
      guard duration > warmup else {
        throw LoadOverrideError(
          flag: "--duration",
          what: "\(Plan.text(duration: duration)) is not longer than the warm-up of "
            + "\(Plan.text(duration: warmup)), and nothing would be measured",
          remedy: size == .quick
            ? "give more, such as --duration 20s" : "give more, or --size quick with its 2s")
      }
      plan.profileDuration = duration
      let lengths = shapes.map(\.duration)
      if lengths.contains(where: { $0 != duration }) {
        let own = Set(lengths).count == 1 ? Array(lengths.prefix(1)) : lengths
        changes.append(
          "duration \(Plan.text(duration: duration)) instead of "
            + own.map { Plan.text(duration: $0) }.joined(separator: ", "))
      }
    }
    return changes.isEmpty ? (self, nil) : (plan, changes.joined(separator: ", "))
  }
}
