/// Makes so many pieces of a text, each by its place, perhaps several at one time, and gives them
/// in their order.
public typealias PieceMaker = (_ count: Int, _ piece: @Sendable (Int) -> [UInt8]) -> [[UInt8]]

/// Makes one piece after the other.
public func inTurn(_ count: Int, _ piece: @Sendable (Int) -> [UInt8]) -> [[UInt8]] {
  (0..<count).map(piece)
}
