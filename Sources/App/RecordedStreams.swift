import Model
import Reports
import ResultStore

/// `report RUN --stream`: what the flight recorder kept of a run's streams.
struct RecordedStreams {
  /// The runs' files, the newest run first.
  let files: [StreamsFile]

  /// Shows the stream of an id, of the newest run that has it; for an empty id, which there are.
  func show(_ id: String, asJSON: Bool) throws {
    if id.isEmpty { return list(asJSON: asJSON) }
    for file in files {
      guard let stream = file.streams.first(where: { $0.id(in: file.header) == id }) else {
        continue
      }
      if asJSON { return Console.print(bytes: bytes(stream, of: file)) }
      let timeline = StreamTimeline(stream: stream, header: file.header, mode: file.mode)
      return Console.print(timeline.text)
    }
    throw Failure(
      .input, "no stream \(Console.inertLine(id)) was recorded",
      remedy: "one of these:\n" + files.map(StreamTable.text).joined(separator: "\n\n"))
  }

  private func list(asJSON: Bool) {
    for file in files {
      if asJSON {
        for stream in file.streams {
          Console.print(bytes: JSONWriter.bytes(stream.json(file.header)) + [0x0A])
        }
      } else {
        Console.print(
          Console.inertLine("run \(file.header.runID), recorder \(file.mode.rawValue)") + "\n"
            + StreamTable.text(file))
      }
    }
  }

  private func bytes(_ stream: RecordedStream, of file: StreamsFile) -> [UInt8] {
    JSONWriter.bytes(stream.json(file.header), indent: 1) + [0x0A]
  }

  /// The arguments with an empty value for a `--stream` that has none, which the argument parser
  /// would refuse.
  static func marked(_ arguments: [String]) -> [String] {
    arguments.enumerated().flatMap { index, argument -> [String] in
      guard argument == "--stream" else { return [argument] }
      let next = index + 1 < arguments.count ? arguments[index + 1] : "-"
      return next.hasPrefix("-") ? [argument, ""] : [argument]
    }
  }
}

extension StreamsFile {
  /// Failures that a report names, one an outcome.
  private static let failureNotesMax = 6

  /// What a report names: the slowest first token, the largest gap, the first of each failure.
  var notes: [StreamNote] {
    func worst(
      _ reason: StreamNote.Reason, _ length: (StreamSample) -> Nanos?
    ) -> [StreamNote] {
      let measured = streams.filter { !$0.sample.isWarmup && length($0.sample) != nil }
      // The first of equals: `max` would take the last.
      let worst = measured.reduce(nil as RecordedStream?) { worst, stream in
        guard let before = worst.flatMap({ length($0.sample) }) else { return stream }
        return (length(stream.sample) ?? .zero) > before ? stream : worst
      }
      guard let worst else { return [] }
      return [
        StreamNote(
          id: worst.id(in: header), reason: reason, outcome: worst.sample.outcome,
          length: length(worst.sample))
      ]
    }
    var seen: Set<Outcome> = []
    let failures = streams.filter {
      $0.ranks.failure == 1 && seen.insert($0.sample.outcome).inserted
    }
    .prefix(StreamsFile.failureNotesMax)
    .map {
      StreamNote(id: $0.id(in: header), reason: .failure, outcome: $0.sample.outcome)
    }
    return worst(.ttft, \.firstToken) + worst(.gap, \.gapMax) + failures
  }
}
