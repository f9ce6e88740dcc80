import ArgumentParser
import Plan

/// The flags that leave the plan's fixed profile for once.
struct LoadOptions: ParsableArguments {
  @Option(
    help: """
      Streams per second for once, not the fixed profile: such a run is held to its objectives and \
      compared with nothing. --set rate=12 makes another plan with a history of its own.
      """)
  var rate: String?

  @Option(help: "Users of the stress profile for once, not the fixed profile.")
  var users: String?

  @Option(
    help: "The length of every profile for once, such as 60s, not the fixed profile.")
  var duration: String?

  func validate() throws {
    do throws(LoadOverrideError) {
      _ = try overrides()
    } catch {
      throw ValidationError(error.description)
    }
  }

  /// What the flags put over the plan, nil without any.
  func overrides() throws(LoadOverrideError) -> LoadOverrides? {
    flags.isEmpty ? nil : try LoadOverrides(rate: rate, users: users, duration: duration)
  }

  /// The names of those that were given.
  var flags: [String] {
    [("--rate", rate), ("--users", users), ("--duration", duration)]
      .compactMap { $0.1 == nil ? nil : $0.0 }
  }
}
