import Model

/// The W3C trace context of a run's requests: each is a trace of its own, told by the run's id and
/// its place, so that a request of a report is found in the service's traces and the other way
/// round. Source: W3C Trace Context, section 3.2.
public struct TraceContext: Sendable {
  private let runID: [UInt8]

  /// The context of a run.
  public init(runID: String) {
    self.runID = Array(runID.utf8)
  }

  /// The 32 hexadecimal digits that name a request's trace; `profile` is the index of its profile,
  /// `seq` its number in that.
  public func traceID(profile: Int, seq: Int) -> String {
    SHA256.hex(digest(profile, seq)[..<16])
  }

  /// The value of the header `traceparent`: version 00, the trace, a parent, and the flag that asks
  /// the service to keep the trace.
  public func traceparent(profile: Int, seq: Int) -> String {
    let digest = digest(profile, seq)
    return "00-\(SHA256.hex(digest[..<16]))-\(SHA256.hex(digest[16..<24]))-01"
  }

  private func digest(_ profile: Int, _ seq: Int) -> [UInt8] {
    SHA256.digest(runID + Array(" trace \(profile) \(seq)".utf8))
  }
}
