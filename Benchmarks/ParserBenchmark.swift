import ArgumentParser
import Model
import StreamMeter

/// Events per second of CPU through the stream meter: of one dialect by how they are packed into
/// reads, or of every dialect, an event a read.
struct ParserBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parser",
    abstract: "Events per CPU second through the stream meter with its full JSON walk.",
    discussion: """
      Without --dialect there is a row a dialect. Their events differ in length, so that the time
      of a byte is what compares them; "chat by paths" reads openai-chat's bytes by a custom
      dialect.
      """)

  @Option(help: "A dialect's name: only that one, in several ways to pack it into reads.")
  var dialect: String?

  @Option(help: "Events a stream.", transform: atLeastOne)
  var events = 512

  @Option(help: "Measurements of each case; the median is shown.", transform: atLeastOne)
  var repeats = 5

  @Option(help: "CPU seconds of one measurement.")
  var seconds = 0.5

  @Option(help: "Only the cases whose name contains this.")
  var only = ""

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  private struct Case {
    var label: String
    var stream: BenchmarkStream
    var pieces: [Range<Int>]
  }

  func run() throws {
    let cases = (try dialect.map(packings) ?? everyDialect()).filter {
      only.isEmpty || $0.label.contains(only)
    }
    guard !cases.isEmpty else {
      throw ValidationError("--only \(only): no case has that in its name.")
    }
    var table = BenchmarkTable(
      name: "parser, \(dialect ?? "every dialect"), \(events) events a stream",
      columns: ["events_per_s", "nanos_per_event", "bytes_per_event", "nanos_per_byte"])
    // Round by round over all cases: a slow moment of the machine is shared out.
    var rates = [[Double]](repeating: [], count: cases.count)
    for _ in 0..<repeats {
      for (index, item) in cases.enumerated() {
        rates[index].append(streamsPerSecond(item.stream, item.pieces))
      }
    }
    for (item, rates) in zip(cases, rates) {
      let rate = median(rates)
      let bytes = Double(item.stream.bytes.count)
      table.add(
        item.label,
        [
          rate * Double(events), 1e9 / (rate * Double(events)), bytes / Double(events),
          1e9 / (rate * bytes),
        ])
    }
    try BenchmarkTable.publish([table], json: json)
  }

  private func everyDialect() -> [Case] {
    BenchmarkStream.all(events: events).map { stream in
      Case(label: stream.name, stream: stream, pieces: stream.reads(events: 1))
    }
  }

  private func packings(_ name: String) throws -> [Case] {
    let all = BenchmarkStream.all(events: events)
    guard let stream = all.first(where: { $0.name == name }) else {
      throw ValidationError("no dialect \(name); there are \(all.map(\.name))")
    }
    return [
      Case(label: "64 events a read", stream: stream, pieces: stream.reads(events: 64)),
      Case(label: "1 event a read", stream: stream, pieces: stream.reads(events: 1)),
      Case(label: "16 KiB a read", stream: stream, pieces: stream.reads(bytes: 16 << 10)),
      Case(label: "1 byte a read", stream: stream, pieces: stream.reads(bytes: 1)),
    ]
  }

  private func streamsPerSecond(_ stream: BenchmarkStream, _ pieces: [Range<Int>]) -> Double {
    var meter = StreamMeter(dialect: stream.dialect)
    let contentType = stream.dialect.contentTypes[0] + "; charset=utf-8"
    var streams = 0
    let start = threadCPUSeconds()
    var spent = 0.0
    while spent < seconds {
      stream.bytes.withUnsafeBytes { bytes in
        feed(&meter, bytes, pieces, contentType)
      }
      let isText = stream.dialect.framing == .text
      precondition(
        meter.outcome == (isText ? .completeNoMarker : .complete)
          && (isText || meter.contentEvents == events),
        "\(stream.name): \(String(describing: meter.outcome)), \(meter.contentEvents) events")
      streams += 1
      spent = threadCPUSeconds() - start
    }
    return Double(streams) / spent
  }

  private func feed(
    _ meter: inout StreamMeter, _ bytes: UnsafeRawBufferPointer, _ pieces: [Range<Int>],
    _ contentType: String
  ) {
    meter.reset()
    var stamp = MonotonicNanos(1_000_000)
    meter.head(status: 200, contentType: contentType, at: stamp)
    for piece in pieces {
      stamp = stamp + .microseconds(20)
      _ = meter.read(UnsafeRawBufferPointer(rebasing: bytes[piece]), at: stamp)
    }
    meter.end(.clean, at: stamp)
  }
}
