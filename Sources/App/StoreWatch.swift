@preconcurrency import Dispatch
import Model
import ResultStore

/// Says on stderr what is waited for while a store does not answer, so that a command which hangs
/// is no riddle.
final class StoreWatch: Sendable {
  private let timer: any DispatchSourceTimer

  /// Watches from now on.
  init() {
    let lines = Locked(StoreWaitLines())
    timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "store-watch"))
    timer.schedule(deadline: .now() + 1, repeating: 1)
    timer.setEventHandler {
      let line = lines.withLock { $0.line(for: StoreWaits.longest, at: Clock.monotonic()) }
      if let line { Console.error(Console.inert(line)) }
    }
    timer.resume()
  }

  /// Watches no longer.
  func end() {
    timer.cancel()
  }
}

/// When which line is due: one after ten seconds of waiting and every ten seconds from then on.
/// Waits that follow each other, as where a statement is given up and tried again, are one.
struct StoreWaitLines {
  /// Until the first line, and between two.
  static let interval = Nanos.seconds(10)
  /// A store that is asked again within this time has not answered in between.
  private static let pauseMax = Nanos.seconds(3)
  /// A wait that is shorter is no wait, but a store at work.
  private static let waitMin = Nanos.milliseconds(500)

  private var begunAt: MonotonicNanos?
  private var seenAt: MonotonicNanos?
  private var saidAt: MonotonicNanos?

  /// The line that is due now, nil where none is; to be asked about once a second.
  mutating func line(for wait: StoreWait?, at now: MonotonicNanos) -> String? {
    if let seenAt, now - seenAt > StoreWaitLines.pauseMax { self = StoreWaitLines() }
    guard let wait, now - wait.begunAt >= StoreWaitLines.waitMin else { return nil }
    let begunAt = min(self.begunAt ?? wait.begunAt, wait.begunAt)
    (self.begunAt, seenAt) = (begunAt, now)
    // Looks are a second apart, and never quite.
    guard now - (saidAt ?? begunAt) + StoreWaitLines.waitMin >= StoreWaitLines.interval else {
      return nil
    }
    saidAt = now
    let seconds = Int((now - begunAt).seconds.rounded())
    return "waiting for the store \(wait.store): \(seconds) s so far; \(wait.words)"
  }
}

extension StoreWait {
  /// How long it may last.
  fileprivate var words: String {
    let limit = self.limit.words
    return switch kind {
    case .connection: "each try to connect is given up after \(limit)"
    case .answer: "a server that says nothing is given up after \(limit)"
    case .file: "where another process holds it, it is given up after \(limit)"
    }
  }
}
