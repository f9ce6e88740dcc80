import Model
import ResultStore

/// One recorded stream for a person: what happened when, from the moment it was due.
struct StreamTimeline {
  let stream: RecordedStream
  let header: RunHeader
  let mode: RecorderMode

  /// A longer wait for content is marked where the run did not say its own.
  private static let stallGapDefault = Nanos.milliseconds(200)

  private var sample: StreamSample { stream.sample }
  private var stallGap: Nanos { header.stallGap ?? StreamTimeline.stallGapDefault }

  /// What it is, the timeline, and how it ended; everything from the service on one line each.
  var text: String {
    (head + ["", RunTable.columns(rows), ""] + tail).joined(separator: "\n")
  }

  private var head: [String] {
    var lines = [
      "stream       \(stream.id(in: header))", "run          \(header.runID)",
      "commit       \(header.commit)",
      "kept as      \(stream.ranks.text(sample.outcome))",
      "times        from when it was due, \(StreamTimeline.time(sample.intended)) after the start"
        + " of \(header.profiles[sample.profile])",
    ]
    if sample.turn > 0 { lines.append("turn         \(sample.turn + 1) of its conversation") }
    if sample.isWarmup { lines.append("warm-up      it enters no figure") }
    return lines.map(Console.inertLine)
  }

  private var tail: [String] {
    let status = sample.httpStatus.map { ", status \($0)" } ?? ""
    var lines = ["outcome      \(sample.outcome.name)\(status)"]
    if let evidence = sample.evidence {
      if !evidence.detail.isEmpty { lines.append("because      \(evidence.detail)") }
      if let code = evidence.transportCode { lines.append("transport    code \(code)") }
      if let reason = evidence.finishReason { lines.append("finished     \(reason)") }
      if let wait = evidence.retryAfter { lines.append("retry after  \(wait.seconds) s") }
      if !evidence.excerpt.isEmpty { lines.append("it sent      \(evidence.excerpt)") }
    }
    let usage = sample.usageOutputTokens.map { ", \($0) tokens by its usage" } ?? ""
    lines.append("content      \(sample.contentEvents) events\(usage), \(sample.bodyBytes) bytes")
    lines.append("connection   \(sample.connectionReused ? "used before" : "new")")
    if let trace = stream.traceID { lines.append("trace        \(trace)") }
    for header in stream.headers { lines.append("header       \(header.name): \(header.value)") }
    if mode == .timing { lines.append("text         not kept: recorder is timing") }
    return lines.map(Console.inertLine)
  }

  // MARK: - The timeline

  /// One row: its columns, and the text that a read brought, a line of its own below.
  private struct Moment {
    var at: Nanos
    var cells: [String]
  }

  /// The columns, numbers to the right.
  private var rows: [[String]] {
    let names = ["time", "gap", "bytes", "events", ""]
    let moments = (stamps + reads).enumerated().sorted {
      ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
    }
    var rows = [names] + moments.map(\.element.cells)
    for column in 0..<4 {
      let width = rows.map { $0[column].count }.max() ?? 0
      for row in rows.indices {
        let count = rows[row][column].count
        rows[row][column] = String(repeating: " ", count: width - count) + rows[row][column]
      }
    }
    return rows
  }

  /// The moments that are no reads.
  private var stamps: [Moment] {
    let starts: [(String, Nanos?)] = [
      ("due", .zero), ("sent", sample.scheduleLag), ("connection ready", sample.requestSent),
      ("headers", sample.headers),
    ]
    let ends: [(String, Nanos?)] = [
      (isMarkerLate ? "end marker, stall" : "end marker", sample.done),
      (sample.outcome.isGivenUp ? "given up" : "end", sample.end),
      ("given up", sample.end == nil ? stream.over : nil),
    ]
    func moments(_ stamps: [(String, Nanos?)], later: Nanos) -> [Moment] {
      stamps.compactMap { name, at in
        at.map { Moment(at: $0 + later, cells: cells($0, name)) }
      }
    }
    // After the reads of the same moment come the marker and the end that they brought.
    return moments(starts, later: .zero) + moments(ends, later: Nanos(1))
  }

  private func cells(_ at: Nanos, _ name: String) -> [String] {
    [StreamTimeline.time(at), "", "", "", name]
  }

  /// True if the wait from the last token to the marker was a stall.
  private var isMarkerLate: Bool {
    guard let done = sample.done, let last = sample.lastToken else { return false }
    return done - last > stallGap
  }

  private var reads: [Moment] {
    var moments: [Moment] = []
    var before: Nanos?
    var contentBefore: Nanos?
    var offset = 0
    func add(_ read: RecordedRead, number: Int) {
      let gap = before.map { read.at - $0 }
      let isStall =
        read.contentEvents > 0 && contentBefore.map { read.at - $0 > stallGap } ?? false
      let isFirst = read.at == sample.firstToken && read.contentEvents > 0
      let note = "read \(number)" + (isFirst ? ", first token" : "") + (isStall ? ", stall" : "")
      moments.append(
        Moment(
          at: read.at,
          cells: [
            StreamTimeline.time(read.at), gap.map(StreamTimeline.time) ?? "", "\(read.bytes)",
            "\(read.contentEvents)", note + text(of: read, at: offset),
          ]))
      before = read.at
      if read.contentEvents > 0 { contentBefore = read.at }
      offset += read.bytes
    }
    for (index, read) in stream.reads.enumerated() { add(read, number: index + 1) }
    guard stream.readsOmitted > 0, let last = before else { return moments }
    moments.append(
      Moment(at: last, cells: ["…", "", "", "", "\(stream.readsOmitted) reads left out"]))
    (before, contentBefore) = (nil, nil)
    offset = sample.bodyBytes - stream.lastReads.map(\.bytes).reduce(0, +)
    let first = stream.reads.count + stream.readsOmitted
    for (index, read) in stream.lastReads.enumerated() { add(read, number: first + index + 1) }
    return moments
  }

  /// What is kept of a read's bytes, quoted; where some is not, an ellipsis stands for it.
  private func text(of read: RecordedRead, at offset: Int) -> String {
    guard let body = stream.body, read.bytes > 0, offset >= 0 else { return "" }
    let kept = body.kept(offset..<offset + read.bytes)
    let text = StreamTimeline.quoted(kept)
    guard kept.count < read.bytes else { return "  " + text }
    return offset < body.bytes.count ? "  \(text)…" : "  …\(text)"
  }

  /// Bytes as a JSON string: control, format and other characters that are not seen are escaped; so
  /// is what is no UTF-8, as `\u00XX` of its byte.
  static func quoted(_ bytes: [UInt8]) -> String {
    var text = ""
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = validCount(rest)
      let part = JSONWriter.bytes(.string(String(decoding: rest.prefix(count), as: UTF8.self)))
      for scalar in String(decoding: part.dropFirst().dropLast(), as: UTF8.self).unicodeScalars {
        text += isSeen(scalar) ? String(scalar) : escaped(scalar)
      }
      rest = rest.dropFirst(count)
      guard let wrong = rest.first else { break }
      text += escaped(Unicode.Scalar(wrong))
      rest = rest.dropFirst()
    }
    return "\"" + text + "\""
  }

  private static func isSeen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .surrogate, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    default: true
    }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }

  /// Bytes at the start that are UTF-8.
  private static func validCount(_ bytes: ArraySlice<UInt8>) -> Int {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var count = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      count += UTF8.width(scalar)
    }
    return count
  }

  /// `12.345 ms`.
  static func time(_ time: Nanos) -> String {
    let micros = (Double(time.rawValue) / 1e3).rounded()
    let text = "\((micros.magnitude / 1e3))"
    let point = text.firstIndex(of: ".") ?? text.endIndex
    let decimals = text[point...].dropFirst().prefix(3)
    let padded = decimals + String(repeating: "0", count: 3 - decimals.count)
    return (micros < 0 ? "-" : "") + text[..<point] + "." + padded + " ms"
  }
}

extension StreamRanks {
  /// `slowest first token 1, largest gap 2, truncated 1`.
  func text(_ outcome: Outcome) -> String {
    [
      ttft.map { "slowest first token \($0)" }, gap.map { "largest gap \($0)" },
      failure.map { "\(outcome.name) \($0)" },
    ].compactMap { $0 }.joined(separator: ", ")
  }
}

/// The recorded streams of a run, a line each.
enum StreamTable {
  static func text(_ file: StreamsFile) -> String {
    guard !file.streams.isEmpty else {
      return "no stream was worth keeping in \(file.header.runID)"
    }
    let rows = file.streams.map { stream in
      let sample = stream.sample
      return [
        stream.id(in: file.header), sample.outcome.name,
        sample.firstToken.map(StreamTimeline.time) ?? "-",
        sample.gapMax.map(StreamTimeline.time) ?? "-",
        sample.lastToken.map(StreamTimeline.time) ?? "-", stream.ranks.text(sample.outcome),
      ].map(Console.inertLine)
    }
    return RunTable.columns(
      [["stream", "outcome", "ttft", "largest gap", "duration", "kept as"]] + rows)
  }
}
