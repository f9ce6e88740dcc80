import Model
import Plan

extension Gate {
  /// A run that sent less of its schedule cannot serve.
  private static let sentShareMin = 0.9

  /// Sets whether the run can serve, and why not; a header that says no is left alone.
  static func judgeUsable(_ record: inout RunRecord, smallestBaselineMedian: Nanos?) {
    guard record.header.isUsable else { return }
    let reason =
      unusableReason(record, smallestBaselineMedian) ?? record.header.explorationReason
    guard let reason else { return }
    record.header.isUsable = false
    record.header.unusableReason = reason
  }

  private static func unusableReason(_ record: RunRecord, _ baseline: Nanos?) -> String? {
    let header = record.header
    if let aborted = header.aborted {
      return "aborted in \(aborted.profile) by \(aborted.rule)"
    }
    if !header.isFinished { return "not finished" }
    let reference = baseline ?? ClientCheck.smallestMedian(of: [record])
    // First, since a client that is late also sends too little, and says what helps.
    return ClientCheck.problem(of: header, smallestMedian: reference) ?? shortSchedule(record)
  }

  /// Says how much was sent, if it was too little. Requests that found no slot count as sent:
  /// that is the service's doing. A closed loop has no schedule to fall short of.
  private static func shortSchedule(_ record: RunRecord) -> String? {
    let header = record.header
    let isClosed = header.profiles.map { $0 == ProfileKind.stress.rawValue }
    var (scheduled, sent) = (0, 0)
    for sample in record.samples ?? [] where !sample.isWarmup && !isClosed[sample.profile] {
      scheduled += 1
      if sample.outcome.isCounted { sent += 1 }
    }
    if let check = header.selfCheck, check.scheduled > 0 {
      let attempted = check.sent + check.droppedCap
      if Double(attempted) < sentShareMin * Double(check.scheduled) {
        (scheduled, sent) = (check.scheduled, attempted)
      }
    }
    guard scheduled > 0, Double(sent) < sentShareMin * Double(scheduled) else { return nil }
    return "only \(sent) of \(scheduled) scheduled requests were sent"
  }
}
