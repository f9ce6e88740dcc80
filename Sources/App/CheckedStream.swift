import LoadEngine
import Model
import Plan
import StreamMeter

/// One stream of `check`: its timeline for a person, and as JSON.
struct CheckedStream {
  /// Reads that are shown.
  private static let readsShown = 5

  let scenario: String
  let index: Int
  let stream: SingleStream
  /// What each path of the dialect matched.
  let survey: StreamSurvey

  private var sample: StreamSample { stream.sample }

  /// The stamps in order, the first reads, and what failed.
  var text: String {
    var lines = ["\(scenario): \(sample.outcome.name)" + status]
    if let login { lines.append(login) }
    let stamps: [(String, Nanos?)] = [
      ("headers", sample.headers), ("first byte", sample.firstByte),
      ("first choice", sample.firstChoice), ("first token", sample.firstToken),
      ("first answer", sample.firstAnswer), ("last token", sample.lastToken),
      ("end marker", sample.done), (sample.outcome.isGivenUp ? "given up" : "end", sample.end),
    ]
    let rows = stamps.map { name, stamp in ["  " + name, stamp.map(CheckedStream.time) ?? "-"] }
    lines.append(RunTable.columns(rows))
    let usage = sample.usageOutputTokens.map { "\($0) by the server's usage" } ?? "no usage sent"
    lines.append("  tokens: \(sample.contentEvents) events with content, \(usage)")
    for (number, read) in stream.reads.prefix(CheckedStream.readsShown).enumerated() {
      lines.append(
        "  read \(number + 1): \(CheckedStream.time(read.at)), \(read.bytes) bytes, "
          + "\(read.contentEvents) content events")
    }
    lines += surveyLines
    if let evidence = sample.evidence {
      lines.append("  why: \(evidence.detail)")
      if !evidence.excerpt.isEmpty { lines.append("  it sent: \(evidence.excerpt)") }
    }
    return Console.inert(lines.joined(separator: "\n"))
  }

  /// The fields of a run file's request line, and `http_status`, `content_events`, `detail`,
  /// `events`, `paths`.
  var json: JSONValue {
    var header = RunHeader(runID: "check", timeout: .zero)
    header.profiles = ["check"]
    header.scenarios = [scenario]
    var own = sample
    own.profile = 0
    own.scenario = 0
    var line: [UInt8] = []
    SampleLineWriter(header: header).append(own, to: &line)
    let fields = (try? JSONReader.parse(line)) ?? .object([])
    return fields.merging(
      .object([
        JSONMember("http_status", sample.httpStatus.map { .integer(Int64($0)) } ?? .integer(0)),
        JSONMember("content_events", .integer(Int64(sample.contentEvents))),
        JSONMember("detail", .string(sample.evidence?.detail ?? "")),
        JSONMember("events", .integer(Int64(survey.events))),
        JSONMember("paths", .array(survey.findings.map(\.json))),
      ]))
  }

  /// The logins before the stream, nil where nobody logs in.
  private var login: String? {
    let granted = stream.logins.attempts.filter(\.isGranted)
    guard let attempt = granted.max(by: { $0.duration < $1.duration }) else { return nil }
    let life = attempt.lifetime.map { "the token lives \(Int($0.seconds.rounded())) s" }
    let words = life ?? "the reply says nothing of the token's life: only a 401 will renew it"
    let lead = granted.count == 1 ? "login:" : "logins: \(granted.count) users, the slowest"
    return "  \(lead) \(CheckedStream.time(attempt.duration)), \(words)"
  }

  private var status: String { sample.httpStatus.map { " (status \($0))" } ?? "" }

  private static func time(_ time: Nanos) -> String {
    "\((Double(time.rawValue) / 1e4).rounded() / 100) ms"
  }
}

/// What load `check` proposes from the streams that it saw.
struct RateProposal {
  /// Streams that a small service is asked to hold at once.
  private static let streamsProposed = 8.0

  private let replySeconds: Double
  private let rate: Double
  private let users: Int

  /// A proposal from the streams that succeeded; nil if none did.
  init?(streams: [CheckedStream], plan: Plan) {
    let weights = plan.scenarios.map(\.weight)
    var (sum, total) = (0.0, 0.0)
    for stream in streams where stream.stream.sample.outcome.isSuccess {
      guard let end = stream.stream.sample.lastToken else { continue }
      sum += end.seconds * weights[stream.index]
      total += weights[stream.index]
    }
    guard total > 0, sum > 0 else { return nil }
    replySeconds = sum / total
    rate = plan.rate
    users = PlanAnswers.stressUsers(rate: plan.rate, replySeconds: replySeconds)
  }

  /// In words, with Little's law: streams at once = rate x length of a reply.
  var text: String {
    let atOnce = rate * replySeconds
    let proposed = RateProposal.streamsProposed / replySeconds
    return """
      a reply takes \(rounded(replySeconds)) s: rate \(rounded(rate)) keeps about \
      \(rounded(atOnce)) streams open at once (Little's law).
      rate \(rounded(proposed)) would keep \(Int(RateProposal.streamsProposed)) open; \
      stressUsers \(users) asks twice what rate \(rounded(rate)) does.
      """
  }

  private func rounded(_ value: Double) -> String {
    let text = "\((value * 10).rounded() / 10)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
