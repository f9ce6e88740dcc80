/// Slots that requests work in, and the queue before them: first come, first served.
struct SlotQueue {
  private let slots: Int
  private var busy = 0
  private var waiting: [ConnectionKey] = []
  private var firstWaiting = 0

  /// `slots` slots; 0 for any number.
  init(slots: Int) {
    self.slots = slots
  }

  /// Takes a slot for a connection, or puts it at the end of the queue and returns false.
  mutating func take(_ key: ConnectionKey) -> Bool {
    guard slots == 0 || busy < slots else {
      waiting.append(key)
      return false
    }
    busy += 1
    return true
  }

  /// Gives a slot back.
  mutating func release() {
    precondition(busy > 0, "a slot is released that nobody took")
    busy -= 1
  }

  /// The next in the queue that still lives, which then has a slot; nil if no slot is free or
  /// nobody waits. O(dead entries).
  mutating func next(where isAlive: (ConnectionKey) -> Bool) -> ConnectionKey? {
    guard slots == 0 || busy < slots else { return nil }
    defer { compact() }
    while firstWaiting < waiting.count {
      let key = waiting[firstWaiting]
      firstWaiting += 1
      if isAlive(key) {
        busy += 1
        return key
      }
    }
    return nil
  }

  private mutating func compact() {
    guard firstWaiting > 1_024, firstWaiting * 2 > waiting.count else { return }
    waiting.removeSubrange(..<firstWaiting)
    firstWaiting = 0
  }
}
