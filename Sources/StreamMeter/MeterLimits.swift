/// Caps on what one stream may make the meter read and keep.
///
/// They hold however the bytes are packed into reads. A stream beyond one ends as `limit`.
public struct MeterLimits: Sendable, Equatable {
  /// Bytes of one line, without its end.
  public var lineBytesMax: Int
  /// Bytes of one event's data, its line breaks included.
  public var eventBytesMax: Int
  /// Events of one stream, those without a token included.
  public var eventsMax: Int
  /// Bytes of one body.
  public var bodyBytesMax: Int
  /// Bytes that are still read once nothing more is wanted: after the end marker, and of the body
  /// of a refusal. Beyond them the connection is dropped; the outcome stays.
  public var drainBytesMax: Int

  /// Caps far above any honest stream.
  public init(
    lineBytesMax: Int = 1 << 20, eventBytesMax: Int = 1 << 20, eventsMax: Int = 1_000_000,
    bodyBytesMax: Int = 256 << 20, drainBytesMax: Int = 64 << 10
  ) {
    precondition(
      lineBytesMax > 0 && eventBytesMax > 0 && eventsMax > 0 && bodyBytesMax > 0
        && drainBytesMax >= 0)
    self.lineBytesMax = lineBytesMax
    self.eventBytesMax = eventBytesMax
    self.eventsMax = eventsMax
    self.bodyBytesMax = bodyBytesMax
    self.drainBytesMax = drainBytesMax
  }
}
