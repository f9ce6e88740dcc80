import Foundation
import Model
import StreamMeter
import TestKit
import Testing

/// What a meter said of one response.
struct Reading {
  var outcome: Outcome
  var evidence: Evidence?
  var milestones: Milestones
  var usage: TokenUsage
  var events: Int
  var contentEvents: Int
  var contentReads: Int
  var burstEvents: Int
  var bodyBytes: Int
  var stallCount: Int
  var stallTotal: Nanos
  var gapMax: Nanos?
  var gapMaxAt: MonotonicNanos?
  /// The action after each read.
  var actions: [MeterAction]

  init(_ meter: borrowing StreamMeter, actions: [MeterAction]) throws {
    let outcome = meter.outcome
    self.outcome = try #require(outcome)
    evidence = meter.evidence
    milestones = meter.milestones
    usage = meter.usage
    events = meter.events
    contentEvents = meter.contentEvents
    contentReads = meter.contentReads
    burstEvents = meter.burstEvents
    bodyBytes = meter.bodyBytes
    stallCount = meter.stallCount
    stallTotal = meter.stallTotal
    gapMax = meter.gapMax
    gapMaxAt = meter.gapMaxAt
    self.actions = actions
  }
}

/// Meters fed by hand, of the chat dialect if no other is named.
enum Harness {
  static let eventStream = "text/event-stream"

  static func meter(
    _ dialect: Dialect? = Dialect.named("openai-chat"), limits: MeterLimits = MeterLimits(),
    isEndMarkerRequired: Bool = true
  ) throws -> StreamMeter {
    StreamMeter(
      dialect: try #require(dialect), limits: limits, isEndMarkerRequired: isEndMarkerRequired)
  }

  /// Feeds a body in reads that end before the bytes at `cuts`, and at the end of the body; the
  /// stamp of each read is where it ends, so that a milestone says by which byte it was reached.
  /// Every read is fed, also after the meter asked to stop.
  static func feed(
    _ meter: inout StreamMeter, _ body: [UInt8], cuts: [Int] = [], end: TransportEnd = .clean,
    status: Int = 200, contentType: String? = eventStream
  ) throws -> Reading {
    meter.reset()
    meter.head(status: status, contentType: contentType, at: MonotonicNanos(0))
    var actions: [MeterAction] = []
    var start = 0
    for cut in cuts + [body.count] {
      precondition(cut >= start, "cuts go back")
      body.withUnsafeBytes { bytes in
        actions.append(
          meter.read(
            UnsafeRawBufferPointer(rebasing: bytes[start..<cut]), at: MonotonicNanos(Int64(cut))))
      }
      start = cut
    }
    meter.end(end, at: MonotonicNanos(Int64(body.count)))
    return try Reading(meter, actions: actions)
  }

  /// What a fresh meter says of a body.
  static func reading(
    _ body: String, _ dialect: Dialect? = Dialect.named("openai-chat"),
    cuts: [Int] = [], end: TransportEnd = .clean, limits: MeterLimits = MeterLimits(),
    isEndMarkerRequired: Bool = true, status: Int = 200, contentType: String? = eventStream
  ) throws -> Reading {
    var meter = try meter(dialect, limits: limits, isEndMarkerRequired: isEndMarkerRequired)
    return try feed(
      &meter, Array(body.utf8), cuts: cuts, end: end, status: status, contentType: contentType)
  }

  /// An event that carries a token.
  static func token(_ text: String = "x") -> String {
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(text)\"}}]}\n\n"
  }

  static let role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n"
  static let marker = "data: [DONE]\n\n"
}

/// A body of the corpus: `Tests/Corpus/FOLDER/NAME.txt`.
struct CorpusFile: Sendable, CustomTestStringConvertible {
  /// The dialect's name, `reply.` before it where the reply does not stream; `sse` for the chat
  /// streams of many servers.
  var folder: String
  var name: String

  var testDescription: String { "\(folder)/\(name)" }

  var bytes: [UInt8] {
    get throws {
      [UInt8](try Data(contentsOf: Corpus.folder.appending(path: "\(folder)/\(name)")))
    }
  }

  var dialect: Dialect? {
    if folder == "sse" { return Dialect.named("openai-chat") }
    guard folder.hasPrefix("reply.") else { return Dialect.named(folder) }
    return Dialect.named(String(folder.dropFirst(6)))?.unstreamed
  }
}

/// The bodies of `Tests/Corpus`.
enum Corpus {
  static let folder = Golden.checkout.appending(path: "Tests/Corpus")

  /// Every body that a meter can read, by folder and name.
  static let files: [CorpusFile] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().flatMap { name in
      let files =
        (try? FileManager.default.contentsOfDirectory(
          atPath: folder.appending(path: name).path)) ?? []
      return files.filter { $0.hasSuffix(".txt") }.sorted()
        .map { CorpusFile(folder: name, name: $0) }
    }.filter { $0.dialect != nil }
  }()
}
