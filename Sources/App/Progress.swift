import LoadEngine
import Model
import Plan

/// How far a run is, on stderr: one line in place at a terminal, else a plain line every ten
/// seconds; nothing when silence was asked for.
struct Progress {
  /// Between two looks at the engine.
  static let interval = Nanos.milliseconds(200)
  /// Between two lines in a log.
  static let logInterval = Nanos.seconds(10)

  private let isQuiet: Bool
  private let isLive: Bool
  private let label: String
  /// What is under way where that is not the profile, such as a warm pass.
  private let phase: String?
  private var lastLine: MonotonicNanos
  private var isLineOpen = false

  /// Progress under a label such as `look 2 of 3`.
  init(
    label: String, phase: String? = nil, isQuiet: Bool, isLive: Bool, now: MonotonicNanos
  ) {
    self.label = label
    self.phase = phase
    self.isQuiet = isQuiet
    self.isLive = isLive && !isQuiet
    lastLine = now
  }

  /// Shows what there is to show at this moment.
  mutating func update(_ progress: EngineProgress, now: MonotonicNanos) {
    guard !isQuiet else { return }
    if isLive {
      // A line that wraps would not be overwritten by the next one.
      let line = Progress.line(progress, label: label, phase: phase).prefix(
        Console.errorColumns - 1)
      Console.errorPart("\r\u{1B}[K" + line)
      isLineOpen = true
    } else if now - lastLine >= Progress.logInterval {
      Console.error(Progress.line(progress, label: label, phase: phase))
      lastLine = now
    }
  }

  /// Leaves the line in place behind.
  mutating func end() {
    if isLineOpen { Console.errorPart("\r\u{1B}[K") }
    isLineOpen = false
  }

  /// One line: where the run is, what is open, what ended, the latest first tokens.
  static func line(
    _ progress: EngineProgress, label: String, phase: String? = nil
  ) -> String {
    guard let profile = progress.profile else {
      return progress.users == 0
        ? "\(label): connecting"
        : "\(label): logging in, \(progress.loggedIn) of \(progress.users) users"
    }
    let failed = progress.ended.filter { !$0.key.isSuccess }.map(\.value).reduce(0, +)
    let ended = progress.ended.values.reduce(0, +)
    let time = "\(seconds(progress.elapsed))/\(seconds(progress.duration))"
    var parts = [
      "\(label): \(phase ?? profile.rawValue) \(time)",
      "\(progress.inFlight) open", "\(ended) ended", "\(failed) failed",
    ]
    let ttft = progress.ttft.reduce(into: LogHistogram()) { $0.merge($1) }
    if ttft.count > 0 {
      let (p50, p95) = (ttft.quantile(0.5), ttft.quantile(0.95))
      parts.append("ttft \(milliseconds(p50))/\(milliseconds(p95)) ms (p50/p95)")
    }
    return parts.joined(separator: ", ")
  }

  private static func seconds(_ time: Nanos) -> String {
    "\((time.rawValue + 500_000_000) / 1_000_000_000) s"
  }

  private static func milliseconds(_ time: Nanos) -> Int64 {
    (time.rawValue + 500_000) / 1_000_000
  }
}
