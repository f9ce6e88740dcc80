import Model

/// What is due when: a binary min-heap. An entry is not removed when its connection goes; the
/// generation tells that it is stale.
struct DueHeap {
  /// One wake-up.
  struct Entry {
    var due: MonotonicNanos
    var key: ConnectionKey
  }

  private var entries: [Entry] = []

  /// The earliest wake-up's time.
  var firstDue: MonotonicNanos? { entries.first?.due }

  /// Adds a wake-up. O(log n).
  mutating func push(_ entry: Entry) {
    entries.append(entry)
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].due < entries[parent].due else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the earliest wake-up out. O(log n).
  mutating func popFirst() -> Entry? {
    guard let last = entries.popLast() else { return nil }
    guard let first = entries.first else { return last }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1].due < entries[child].due { child += 1 }
      guard entries[child].due < last.due else { break }
      entries[parent] = entries[child]
      parent = child
    }
    entries[parent] = last
    return first
  }
}
