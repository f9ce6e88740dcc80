/// Room for values at addresses that never change, filled from the front; owns and frees them.
struct Slab<Element: ~Copyable>: ~Copyable {
  /// The first value.
  let start: UnsafeMutablePointer<Element>
  let capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    precondition(capacity >= 0)
    self.capacity = capacity
    start = .allocate(capacity: capacity)
  }

  deinit {
    start.deinitialize(count: count)
    start.deallocate()
  }

  var isFull: Bool { count == capacity }

  /// Adds a value behind the others; where it lies.
  @discardableResult
  mutating func append(_ element: consuming Element) -> UnsafeMutablePointer<Element> {
    precondition(count < capacity, "a slab of \(capacity)")
    let pointer = start + count
    pointer.initialize(to: element)
    count += 1
    return pointer
  }
}
