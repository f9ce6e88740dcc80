// StreamMeter: bytes and a stamp in, milestones and an outcome out.
//
// It cuts lines, events and JSON from a body that comes in any pieces, by a dialect that is data,
// and holds the one state machine that decides how a request ended. It has no socket, no clock
// and no timer: the engine brings the bytes, the stamps and the news of the transport.

public import Model

/// Meters one response at a time; one for each reusable slot of the engine.
///
/// Calls for one request: `reset`, then `head`, any number of `read`, and `end` once, which may
/// also come before `head`. Any packing of the same bytes into reads gives the same outcome,
/// counts, and milestones by the stamp of the read that completed each event; only what is defined
/// by reads (gaps, bursts) differs. `read` allocates only where a line or event straddles reads
/// and is longer than any before it.
public struct StreamMeter: ~Copyable {
  /// Bytes of a body or event kept as evidence.
  public static let excerptBytesMax = 200

  /// When things happened in the current response.
  public private(set) var milestones = Milestones()
  /// How the request ended; nil until that is decided, never nil after `end`.
  public private(set) var outcome: Outcome?
  /// The response's status, nil if none came.
  public private(set) var httpStatus: Int?
  /// The server's counts.
  public private(set) var usage = TokenUsage()
  /// Events that carried a token.
  public private(set) var contentEvents = 0
  /// Reads that carried a token.
  public private(set) var contentReads = 0
  /// Content events that arrived in a read holding two or more of them.
  public private(set) var burstEvents = 0
  /// Bytes of the body, all that came.
  public private(set) var bodyBytes = 0
  /// Waits beyond the stall gap, the wait for the end marker included.
  public private(set) var stallCount = 0
  /// Their sum.
  public private(set) var stallTotal = Nanos.zero
  /// The largest gap, the wait for the end marker included; nil without one.
  public private(set) var gapMax: Nanos?
  /// When the largest gap ended.
  public private(set) var gapMaxAt: MonotonicNanos?

  /// A meter of streams of one dialect.
  ///
  /// With `isEndMarkerRequired` false a clean end without the marker is `completeNoMarker`; a
  /// dialect that has no marker never requires one. `stallGap` is the wait beyond which a gap is
  /// a stall.
  public init(
    dialect: Dialect, limits: MeterLimits = MeterLimits(), isEndMarkerRequired: Bool = true,
    stallGap: Nanos = .milliseconds(200)
  ) {
  }

  /// Makes ready for the next request, of the same dialect; keeps the buffers.
  public mutating func reset() {}

  /// Makes ready for the next request, of another dialect or other rules; keeps the buffers.
  public mutating func reset(dialect: Dialect, isEndMarkerRequired: Bool) {}

  /// The response's header is complete: its final status (not 1xx), `Content-Type` and
  /// `Retry-After`, nil where not sent. A status that is no success decides the outcome.
  public mutating func head(
    status: Int, contentType: String?, retryAfter: Nanos? = nil, at stamp: MonotonicNanos
  ) {}

  /// A piece of the body, after transfer and content encoding are undone, and the stamp taken
  /// before anything else was done with it. O(bytes).
  public mutating func read(
    _ bytes: UnsafeRawBufferPointer, at stamp: MonotonicNanos
  ) -> MeterAction {
    .more
  }

  /// The request is over; after this `outcome` is set.
  public mutating func end(_ how: TransportEnd, at stamp: MonotonicNanos) {
    outcome = .cancelled
  }

  /// True once a token came: the first-token timer ends and the stall timer begins.
  public var hasFirstToken: Bool { milestones.firstToken != nil }

  /// The stamp of the last read with content, from which the stall timer counts; nil before.
  public var lastContentAt: MonotonicNanos? { milestones.lastToken }

  /// The quantile of the gaps between reads with content by rule 7 of Hyndman and Fan, rounded to
  /// nanoseconds; nil with fewer than two such reads. O(gaps log gaps) the first time.
  public mutating func gapQuantile(_ p: Double) -> Nanos? { nil }

  /// What a failure left behind; nil for a success, and while nothing is decided. O(excerpt).
  public var evidence: Evidence? { nil }

  /// Writes what was metered into a sample whose `intended` is set; `profileStart` is the moment
  /// its times count from. Leaves `sent`, `requestSent` and `connectionReused` alone, which the
  /// engine knows. Only after `end`.
  public mutating func fill(_ sample: inout StreamSample, profileStart: MonotonicNanos) {}
}
