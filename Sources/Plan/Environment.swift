extension Plan {
  /// Version of the rules that make a schedule from a plan. It is in the environment key: a change
  /// of the generator is a new environment.
  public static let scheduleVersion = 1
}
