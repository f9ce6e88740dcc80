import Model

/// A stretch of time in seconds from the profile's start.
struct Span {
  var start: Double
  var length: Double
  var end: Double { start + length }

  /// No time at all.
  static let none = Span(start: 0, length: 0)
}

/// What a profile's streams do over time, the warm-up's too.
///
/// A stream is in flight from its sending to its end, or to when the client gave it up. Its tokens
/// are taken to come evenly between the first and the last.
struct Traffic {
  /// Ascending moments at which requests should have gone out.
  private let intended: [Double]
  /// Ascending moments at which streams begin and end.
  private let begins: [Double]
  private let ends: [Double]
  private let streams: [(sent: Double, over: Double)]
  private let tokens: [TokenRun]

  private struct TokenRun {
    var first: Double
    var last: Double
    var count: Double
  }

  init(_ samples: [StreamSample], unit: TokenUnit) {
    var streams: [(sent: Double, over: Double)] = []
    var tokens: [TokenRun] = []
    for sample in samples {
      guard let sent = sample.sent?.seconds else { continue }
      let over = max(sent, sample.openUntil.seconds)
      streams.append((sent, over))
      if let first = sample.firstToken, let last = sample.lastToken {
        tokens.append(
          TokenRun(
            first: (sample.intended + first).seconds, last: (sample.intended + last).seconds,
            count: Double(sample.outputTokens(unit: unit) ?? 0)))
      }
    }
    self.streams = streams
    self.tokens = tokens
    intended = samples.map(\.intended.seconds).sorted()
    begins = streams.map(\.sent).sorted()
    ends = streams.map(\.over).sorted()
  }

  /// The time of some requests: from the middle between the first of them and the one before it to
  /// the middle between the last and the one after, but no more than one mean distance beyond them;
  /// nil if they are of one moment. O(n).
  func span(of moments: [Double]) -> Span? {
    guard let first = moments.min(), let last = moments.max(), last > first else { return nil }
    let mean = (last - first) / Double(moments.count - 1)
    let before = Traffic.count(of: intended, upTo: first.nextDown)
    let after = Traffic.count(of: intended, upTo: last)
    let lead = before > 0 ? min(mean, (first - intended[before - 1]) / 2) : mean / 2
    let trail = after < intended.count ? min(mean, (intended[after] - last) / 2) : mean / 2
    return Span(start: first - lead, length: lead + last - first + trail)
  }

  /// Streams in flight, the mean over a stretch of time. O(streams).
  func openMean(_ span: Span) -> Double {
    streams.reduce(0) { $0 + overlap($1.sent, $1.over, span) } / span.length
  }

  /// The most streams in flight at once in it. O(log streams + streams in it).
  func openMax(_ span: Span) -> Int {
    var begin = Traffic.count(of: begins, upTo: span.start)
    var end = Traffic.count(of: ends, upTo: span.start)
    var most = begin - end
    while begin < begins.count, begins[begin] < span.end {
      let moment = begins[begin]
      begin += 1
      while end < ends.count, ends[end] <= moment { end += 1 }
      most = max(most, begin - end)
    }
    return most
  }

  /// Streams in flight at a moment, one that begins just then among them. O(log streams).
  func open(at moment: Double) -> Int {
    Traffic.count(of: begins, upTo: moment) - Traffic.count(of: ends, upTo: moment)
  }

  /// Output tokens in it. O(streams).
  func tokens(_ span: Span) -> Double {
    tokens.reduce(0) { sum, stream in
      let length = stream.last - stream.first
      if length > 0 {
        return sum + stream.count * overlap(stream.first, stream.last, span) / length
      }
      return span.start <= stream.first && stream.first < span.end ? sum + stream.count : sum
    }
  }

  private func overlap(_ from: Double, _ to: Double, _ span: Span) -> Double {
    max(0, min(to, span.end) - max(from, span.start))
  }

  /// How many of ascending values are at most `limit`.
  private static func count(of values: [Double], upTo limit: Double) -> Int {
    var (low, high) = (0, values.count)
    while low < high {
      let middle = (low + high) / 2
      if values[middle] <= limit { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
