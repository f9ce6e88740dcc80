/// What the flight recorder keeps of the worst and of failed streams.
public enum RecorderMode: String, Sendable, CaseIterable {
  /// Lengths and times of reads, and a few response headers; no text.
  case timing
  /// The bytes of the body too.
  case full
  /// Nothing.
  case off
}

/// One stream as the flight recorder kept it.
public struct RecordedStream: Sendable, Equatable {
  /// What the run recorded of it.
  public var sample: StreamSample
  /// Why it was kept.
  public var ranks: StreamRanks
  /// From `intended`: when it was over for us, also where the transport had not ended; nil if
  /// that is not known.
  public var over: Nanos?
  /// The id of the trace that its `traceparent` named, nil if none was sent.
  public var traceID: String?
  /// Response headers that help to find the request at the service, as they came.
  public var headers: [RecordedHeader]
  /// The reads of the body: all, or the first ones.
  public var reads: [RecordedRead]
  /// Reads that are left out after `reads`.
  public var readsOmitted: Int
  /// The last reads, empty where none is left out.
  public var lastReads: [RecordedRead]
  /// The body, nil where it was not kept.
  public var body: RecordedBody?

  /// A recorded stream.
  public init(
    sample: StreamSample, ranks: StreamRanks = StreamRanks(), over: Nanos? = nil,
    traceID: String? = nil, headers: [RecordedHeader] = [],
    reads: [RecordedRead] = [], readsOmitted: Int = 0, lastReads: [RecordedRead] = [],
    body: RecordedBody? = nil
  ) {
    self.sample = sample
    self.ranks = ranks
    self.over = over
    self.traceID = traceID
    self.headers = headers
    self.reads = reads
    self.readsOmitted = readsOmitted
    self.lastReads = lastReads
    self.body = body
  }

  /// `profile/scenario/seq`: the same request has the same id in every run of a plan.
  public func id(in header: RunHeader) -> String {
    "\(header.profiles[sample.profile])/\(header.scenarios[sample.scenario])/\(sample.seq)"
  }

  /// The stream without secrets in what the service sent.
  public func redacted(by redactor: Redactor) -> RecordedStream {
    var stream = self
    stream.sample.evidence = sample.evidence?.redacted(by: redactor)
    for index in headers.indices {
      stream.headers[index].value = redactor.masked(headers[index].value)
    }
    if var body {
      redactor.mask(&body.bytes)
      redactor.mask(&body.lastBytes, isStartCut: true)
      stream.body = body
    }
    return stream
  }
}

/// A stream's places among the worst and the failed, from 1; nil where it has none.
public struct StreamRanks: Sendable, Equatable {
  /// Among the slowest first tokens of its profile and scenario.
  public var ttft: Int?
  /// Among the largest gaps of its profile and scenario.
  public var gap: Int?
  /// Among the failed streams of its profile and outcome, in the order of the schedule.
  public var failure: Int?

  /// Places.
  public init(ttft: Int? = nil, gap: Int? = nil, failure: Int? = nil) {
    self.ttft = ttft
    self.gap = gap
    self.failure = failure
  }
}

/// One read of a body: all that one read of the socket brought.
public struct RecordedRead: Sendable, Equatable {
  /// From `intended`.
  public var at: Nanos
  /// Bytes of the body in it.
  public var bytes: Int
  /// Events with a token that it completed.
  public var contentEvents: Int

  /// A read.
  public init(at: Nanos, bytes: Int, contentEvents: Int) {
    self.at = at
    self.bytes = bytes
    self.contentEvents = contentEvents
  }
}

/// One header of a response.
public struct RecordedHeader: Sendable, Equatable {
  /// The field's name, in lower case.
  public var name: String
  /// The field's value: the service's words.
  public var value: String

  /// A header.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// A body: whole, or its beginning and its end.
public struct RecordedBody: Sendable, Equatable {
  /// All bytes, or the first ones.
  public var bytes: [UInt8]
  /// Bytes that are left out after `bytes`.
  public var bytesOmitted: Int
  /// The last bytes, empty where none is left out.
  public var lastBytes: [UInt8]

  /// A body.
  public init(bytes: [UInt8], bytesOmitted: Int = 0, lastBytes: [UInt8] = []) {
    self.bytes = bytes
    self.bytesOmitted = bytesOmitted
    self.lastBytes = lastBytes
  }

  /// Bytes of the whole body.
  public var count: Int { bytes.count + bytesOmitted + lastBytes.count }

  /// What is kept of the bytes at these offsets into the whole body, in order.
  public func kept(_ range: Range<Int>) -> [UInt8] {
    let lastStart = bytes.count + bytesOmitted
    return Array(bytes[range.clamped(to: 0..<bytes.count)])
      + range.clamped(to: lastStart..<count).map { lastBytes[$0 - lastStart] }
  }
}
