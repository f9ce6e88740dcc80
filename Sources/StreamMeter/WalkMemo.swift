import Glibc

/// The start of a stream's latest event, up to the text of its first token, and where the walk
/// stood there.
///
/// The events of one stream begin with the same bytes: id, model, time. A walk over the same bytes
/// by the same table comes to the same point in the same state, so that an event that begins like
/// the one before is walked from there on. Nothing is assumed of what the bytes say.
struct WalkMemo: ~Copyable {
  /// Longer starts are not kept.
  static let bytesMax = 512
  /// Nor are starts that are nested deeper.
  static let depthMax = 8
  /// Starts in a row that were not met again, after which a stream is no longer looked at.
  private static let missesMax = 8

  private var bytes: UnsafeMutableRawPointer?
  private var root = PathTable.unknown
  private var misses = 0
  /// The state; its offset is 0 where there is none.
  private(set) var state = WalkState()

  deinit { bytes?.deallocate() }

  /// Forgets the start, keeps the memory.
  mutating func reset() {
    state.offset = 0
    misses = 0
  }

  /// True if an event of `root` begins with the bytes that are kept.
  @inline(__always)
  mutating func matches(_ base: UnsafeRawPointer, count: Int, root: UInt16) -> Bool {
    guard let bytes, state.offset > 0, state.offset < count, self.root == root else { return false }
    guard memcmp(bytes, base, state.offset) == 0 else {
      misses += 1
      return false
    }
    misses = 0
    return true
  }

  /// Keeps the start of an event that was walked from `root`, and the state at its end.
  mutating func keep(_ base: UnsafeRawPointer, _ state: WalkState, root: UInt16) {
    guard state.offset > 0, state.offset <= WalkMemo.bytesMax, misses < WalkMemo.missesMax
    else { return }
    let bytes =
      self.bytes
      ?? UnsafeMutableRawPointer.allocate(byteCount: WalkMemo.bytesMax, alignment: 16)
    bytes.copyMemory(from: base, byteCount: state.offset)
    self.bytes = bytes
    self.state = state
    self.root = root
  }
}

/// Where a walk stands before a value.
struct WalkState {
  /// An object or array around the value.
  struct Level {
    var node = PathTable.unknown
    var isArray = false
  }

  /// Bytes before the value; 0 for no state.
  var offset = 0
  /// Levels around the value.
  var depth = 0
  var levels = InlineArray<8, Level>(repeating: Level())
  /// The value's node.
  var node = PathTable.unknown
  /// What the event had said by then: whether there is a choice, and its name.
  var hasChoice = false
  var name: Range<Int>?

  @inline(__always)
  init() {}
}
