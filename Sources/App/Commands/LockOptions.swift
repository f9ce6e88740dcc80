import ArgumentParser
import Model
import Plan

/// How long an endpoint is waited for that another run loads.
struct LockOptions: ParsableArguments {
  /// Unless the flag says otherwise.
  static let waitDefault = Nanos.seconds(600)
  /// At most.
  static let waitMax = Nanos.seconds(86_400)

  @Option(
    help: """
      With gate.exclusive, how long to wait for another run that loads the endpoint: 0s to 24h; \
      10m by default. Then the command ends with 69.
      """)
  var lockWait: String?

  func validate() throws { _ = try wait() }

  /// The flag's time, or the default.
  func wait() throws -> Nanos {
    guard let lockWait else { return LockOptions.waitDefault }
    guard let time = Nanos(duration: lockWait), time >= .zero, time <= LockOptions.waitMax else {
      throw ValidationError("--lock-wait \(lockWait): a time from 0s to 24h, such as 30m.")
    }
    return time
  }
}
