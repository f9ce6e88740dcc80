import LoadEngine
import Model

@testable import App

/// What looks at a run as it goes on, and may warn.
protocol RunWatch {
  mutating func look(at window: ProgressWindow) -> String?
}

extension BehindWatch: RunWatch {}
extension SlotWatch: RunWatch {}

/// A run that is looked at every 200 ms.
struct WatchedRun<Watch: RunWatch> {
  var window = ProgressWindow()
  var watch: Watch
  var look = LiveLooks.ramp[0]
  /// The warnings so far.
  var said: [String] = []

  init(_ watch: Watch) { self.watch = watch }

  /// Looks `count` times, each after `change`.
  mutating func look(_ count: Int, _ change: (inout EngineProgress) -> Void) {
    for _ in 0..<count {
      look.stamp = look.stamp + Progress.interval
      change(&look)
      window.add(look)
      if let words = watch.look(at: window) { said.append(words) }
    }
  }
}
