// What must hold of any bytes, for libFuzzer (ci/fuzz) and for the tests over the corpus.
//
// Each target reads an input by one reader of the product in several ways, or by the reader and by
// a second, plain one, and says where they part. A finding is a text; what to do with it is for
// the caller to say.

/// One thing that is fuzzed.
struct FuzzTarget: Sendable {
  /// Its name on the command line of `streamgate-fuzz`.
  let name: String
  /// The inputs that a body of the corpus makes; none where it is not for this target.
  let seeds: @Sendable (CorpusBody) -> [[UInt8]]
  /// What is wrong, nil if all is as it must be.
  let finding: @Sendable (UnsafeRawBufferPointer) -> String?

  /// Every target.
  static let all = [
    LineProperty.target, EventProperty.eventsTarget, EventProperty.linesTarget,
    WalkProperty.target, MeterProperty.target, PlanProperty.target,
    ResponseProperty.target,
  ]

  /// The target of that name, nil if there is none.
  static func named(_ name: String) -> FuzzTarget? {
    all.first { $0.name == name }
  }
}

/// A file of the corpus: `Tests/Corpus/FOLDER/NAME`.
struct CorpusBody: Sendable {
  var folder: String
  var name: String
  var bytes: [UInt8]
}

/// An input of a target that reads in pieces: a few bytes that choose, then the body.
struct FuzzInput {
  /// Bytes before the body.
  static let headerCount = 5

  /// Chooses one of several things to read the body as.
  let choice: Int
  /// Chooses the rules, a bit each.
  let options: UInt8
  /// How the body is packed into reads.
  let packing: Packing
  let body: UnsafeRawBufferPointer

  /// Nil for an input that is too short to choose anything.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= FuzzInput.headerCount else { return nil }
    choice = Int(bytes[0])
    options = bytes[1]
    packing = Packing(sizes: [bytes[2], bytes[3], bytes[4]])
    body = UnsafeRawBufferPointer(rebasing: bytes[FuzzInput.headerCount...])
  }

  /// The bytes of an input.
  static func bytes(
    choice: Int = 0, options: UInt8 = 0, sizes: [UInt8] = [255, 255, 255], body: [UInt8]
  ) -> [UInt8] {
    [UInt8(truncatingIfNeeded: choice), options] + sizes + body
  }
}

/// How a body is cut: three lengths in turn, 255 for all that is left. A length of zero is a read
/// without bytes.
struct Packing {
  /// All in one read.
  static let whole = Packing(sizes: [255, 255, 255])
  let sizes: [UInt8]

  /// Where each read of a body ends, ascending; the last is its end.
  func ends(of count: Int) -> [Int] {
    var ends: [Int] = []
    var end = 0
    var turn = 0
    let isStuck = sizes.allSatisfy { $0 == 0 }
    while end < count {
      let size = sizes[turn % sizes.count]
      turn += 1
      end = size == 255 || isStuck ? count : min(count, end + Int(size))
      ends.append(end)
    }
    return ends
  }
}

/// Memory that reads are copied into, each against its end, and that is spoilt after each: a
/// reader that looks behind a read, or at one that is gone, sees other bytes, or AddressSanitizer
/// sees it.
struct ReadMemory: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer

  init(capacity: Int) {
    memory = .allocate(byteCount: max(capacity, 1), alignment: 1)
  }

  deinit { memory.deallocate() }

  /// Gives a copy of the bytes to `body`, and spoils it.
  func withCopy<Result>(
    of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let start = memory.count - bytes.count
    let copy = UnsafeMutableRawBufferPointer(rebasing: memory[start...])
    copy.copyMemory(from: bytes)
    let result = body(UnsafeRawBufferPointer(copy))
    for i in copy.indices { copy[i] = 0x7B }
    return result
  }
}
