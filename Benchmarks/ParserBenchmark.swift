import ArgumentParser
import Model
import StreamMeter

/// Events per second of CPU through the stream meter, by how they are packed into reads.
struct ParserBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parser",
    abstract: "Events per CPU second through the stream meter with its full JSON walk.")

  @Option(help: "A dialect's name.")
  var dialect = "openai-chat"

  @Option(help: "Events a stream.")
  var events = 512

  @Option(help: "Measurements of each case; the median is shown.")
  var repeats = 5

  @Option(help: "CPU seconds of one measurement.")
  var seconds = 0.5

  @Option(help: "Only the cases whose name contains this.")
  var only = ""

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  func run() throws {
    guard let dialect = Dialect.named(dialect) else {
      throw ValidationError("no dialect \(self.dialect); there are \(Dialect.names)")
    }
    let stream = ChatStream(events: events)
    var table = BenchmarkTable(
      name: "parser, \(dialect.name), \(events) events a stream of \(stream.bytes.count) bytes",
      columns: ["events_per_s", "megabytes_per_s", "nanos_per_event"])
    let cases: [(label: String, pieces: [Range<Int>])] = [
      ("64 events a read", stream.reads(events: 64)),
      ("1 event a read", stream.reads(events: 1)),
      ("16 KiB a read", stream.reads(bytes: 16 << 10)),
      ("1 byte a read", stream.reads(bytes: 1)),
    ]
    for (label, pieces) in cases where only.isEmpty || label.contains(only) {
      let rates = (0..<repeats).map { _ in streamsPerSecond(stream, pieces, dialect) }
      let rate = median(rates)
      let eventRate = rate * Double(events)
      table.add(label, [eventRate, rate * Double(stream.bytes.count) / 1e6, 1e9 / eventRate])
    }
    try table.publish(json: json)
  }

  private func streamsPerSecond(
    _ stream: ChatStream, _ pieces: [Range<Int>], _ dialect: Dialect
  ) -> Double {
    var meter = StreamMeter(dialect: dialect)
    var streams = 0
    let start = threadCPUSeconds()
    var spent = 0.0
    while spent < seconds {
      stream.bytes.withUnsafeBytes { bytes in
        feed(&meter, bytes, pieces)
      }
      precondition(
        meter.outcome == .complete && meter.contentEvents == events,
        "\(String(describing: meter.outcome)), \(meter.contentEvents) content events")
      streams += 1
      spent = threadCPUSeconds() - start
    }
    return Double(streams) / spent
  }

  private func feed(
    _ meter: inout StreamMeter, _ bytes: UnsafeRawBufferPointer, _ pieces: [Range<Int>]
  ) {
    meter.reset()
    var stamp = MonotonicNanos(1_000_000)
    meter.head(status: 200, contentType: "text/event-stream; charset=utf-8", at: stamp)
    for piece in pieces {
      stamp = stamp + .microseconds(20)
      _ = meter.read(UnsafeRawBufferPointer(rebasing: bytes[piece]), at: stamp)
    }
    meter.end(.clean, at: stamp)
  }
}

/// A chat stream as vLLM writes one: a role chunk, content chunks, a finish chunk, usage, marker.
struct ChatStream {
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []

  init(events: Int) {
    append(#""delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null"#)
    let words = [" the", " model", " answers", " \\\"quoted\\\"", " caf\\u00e9", " 数据", ".\\n"]
    for i in 0..<events {
      let word = words[i % words.count]
      append(
        "\"delta\":{\"content\":\"\(word)\"},\"logprobs\":null,\"finish_reason\":null")
      ends.append(bytes.count)
    }
    append(#""delta":{"content":""},"logprobs":null,"finish_reason":"stop","stop_reason":null"#)
    bytes += Array(
      """
      data: {"id":"chatcmpl-5f2c","object":"chat.completion.chunk","created":1769860800,\
      "model":"llama-3.1-8b","choices":[],"usage":{"prompt_tokens":24,"total_tokens":\
      \(24 + events),"completion_tokens":\(events)}}\n\ndata: [DONE]\n\n
      """.utf8)
  }

  private mutating func append(_ choice: String) {
    bytes += Array(
      """
      data: {"id":"chatcmpl-5f2c7a6b41b94f31ae3e","object":"chat.completion.chunk",\
      "created":1769860800,"model":"llama-3.1-8b","choices":[{"index":0,\(choice)}]}\n\n
      """.utf8)
  }

  /// The stream in reads of so many content events.
  func reads(events count: Int) -> [Range<Int>] {
    let cuts = stride(from: count - 1, to: ends.count, by: count).map { ends[$0] }
    return pieces([0] + cuts + [bytes.count])
  }

  /// The stream in reads of so many bytes.
  func reads(bytes count: Int) -> [Range<Int>] {
    pieces(Array(stride(from: 0, to: bytes.count, by: count)) + [bytes.count])
  }

  private func pieces(_ cuts: [Int]) -> [Range<Int>] {
    zip(cuts, cuts.dropFirst()).map { $0..<$1 }.filter { !$0.isEmpty }
  }
}
