/// What a dialect's table says of an event's name.
enum EventName: UInt8, Sendable {
  /// Nothing, or the event has no name: its data decides.
  case unknown
  /// The event carries nothing to measure.
  case ignored
  /// The event is an error.
  case error
}
