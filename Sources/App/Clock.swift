import Glibc
import Model

/// The machine's clocks.
enum Clock {
  /// Wall time, for stamps that order runs.
  static func unix() -> UnixNanos {
    UnixNanos(read(CLOCK_REALTIME))
  }

  /// Monotonic time, for lengths.
  static func monotonic() -> MonotonicNanos {
    MonotonicNanos(read(CLOCK_MONOTONIC))
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
