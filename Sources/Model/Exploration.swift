extension RunHeader {
  /// What a run is called whose load is not the one that the plan fixes.
  public static let explorationName = "not the fixed profile"

  /// Why such a run serves as no baseline, `not the fixed profile: rate 12 instead of 5`; nil for a
  /// run of the fixed profile.
  public var explorationReason: String? {
    exploration.map { "\(RunHeader.explorationName): \($0)" }
  }

  /// True if the run was measured as it should be: usable, or not usable for its load alone, which
  /// keeps it out of every comparison and not from being held to its objectives.
  public var isJudgeable: Bool {
    isUsable || (exploration != nil && unusableReason == explorationReason)
  }
}
