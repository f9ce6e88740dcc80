/// Which part of a run one engine sends. Arrivals and users go round over the engines, so that a
/// request is the same whichever engine sends it, and each engine's load is alike.
struct EngineShare: Sendable {
  /// From 0.
  let index: Int
  /// Engines of the run.
  let count: Int
  /// Sessions that go round over the senders, 0 where nobody logs in. All requests of a session are
  /// one engine's: it alone has the session's tokens and cookies.
  let sessions: Int

  /// True if an arrival or a user is this engine's.
  func owns(sender: Int) -> Bool {
    owns(sessions > 0 ? sender % sessions : sender)
  }

  /// How many of the first senders are this engine's.
  func senders(below count: Int) -> Int {
    guard sessions > 0 else { return part(of: count) }
    let (rounds, rest) = count.quotientAndRemainder(dividingBy: sessions)
    return rounds * part(of: sessions) + part(of: rest)
  }

  /// The number by which a request's address is chosen: an engine's own requests go round over all
  /// of them, though only every so many of the run's are its own.
  func addressNumber(of seq: Int) -> Int { seq / count }

  /// True if a number is this engine's, where each is one engine's.
  func owns(_ number: Int) -> Bool { number % count == index }

  /// This engine's part of so many things; the parts of all engines are the whole.
  func part(of total: Int) -> Int { total / count + (index < total % count ? 1 : 0) }
}
