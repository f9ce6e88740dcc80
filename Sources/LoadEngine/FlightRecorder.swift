import Model

/// Keeps the streams of a run that are worth a look. It copies only what it keeps, and that when a
/// stream has ended.
struct FlightRecorder: Sendable {
  let mode: RecorderMode
  private var selection: FlightSelection
  /// With what is secret in it beside the secrets of the plan: masking waits for the end.
  private var kept: [FlightSelection.Key: (stream: RecordedStream, secrets: [String])] = [:]

  /// A recorder of a run of so many profile and scenario pairs.
  init(_ mode: RecorderMode, cells: Int) {
    self.mode = mode
    selection = FlightSelection(cells: cells)
  }

  /// Takes a stream that has ended; `record` makes its copy. O(reads) if it is kept, else O(1).
  mutating func take(
    _ sample: StreamSample, record: () -> (stream: RecordedStream, secrets: [String])
  ) {
    guard mode != .off else { return }
    let choice = selection.offer(sample)
    for key in choice.dropped { kept[key] = nil }
    guard choice.isKept else { return }
    kept[FlightSelection.Key(profile: sample.profile, seq: sample.seq)] = record()
  }

  /// Takes in what another engine's recorder keeps, and keeps what one recorder would have kept: a
  /// stream that is among the worst of all is among those of its own engine.
  mutating func merge(_ other: FlightRecorder) {
    for entry in other.kept.values { take(entry.stream.sample) { entry } }
  }

  /// What is kept, in the order of the schedule, without secrets.
  func streams(redactedBy redactor: Redactor) -> [RecordedStream] {
    let ranks = selection.ranks
    return kept.map { key, entry in
      var stream = entry.stream
      stream.ranks = ranks[key] ?? StreamRanks()
      var own = redactor
      for secret in entry.secrets { own.add(secret) }
      return stream.redacted(by: own)
    }
    .sorted { ($0.sample.profile, $0.sample.seq) < ($1.sample.profile, $1.sample.seq) }
  }
}
