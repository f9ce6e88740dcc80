public import Model

extension StreamMeter {
  /// Writes what was metered into a sample whose `intended` is set; `profileStart` is the moment
  /// its times count from. Leaves `sent`, `requestSent` and `connectionReused` alone, which the
  /// engine knows. Only after `end`.
  public mutating func fill(_ sample: inout StreamSample, profileStart: MonotonicNanos) {
    guard let outcome else { preconditionFailure("a sample of a request that goes on") }
    let intended = profileStart + sample.intended
    sample.headers = milestones.headers.map { $0 - intended }
    sample.firstByte = milestones.firstByte.map { $0 - intended }
    sample.firstChoice = milestones.firstChoice.map { $0 - intended }
    sample.firstToken = milestones.firstToken.map { $0 - intended }
    sample.firstAnswer = milestones.firstAnswer.map { $0 - intended }
    sample.lastToken = milestones.lastToken.map { $0 - intended }
    sample.done = milestones.done.map { $0 - intended }
    sample.end = milestones.end.map { $0 - intended }
    sample.outcome = outcome
    sample.usageOutputTokens = usage.output
    sample.usageInputTokens = usage.input
    sample.usageCachedTokens = usage.cached
    sample.contentEvents = contentEvents
    sample.burstEvents = burstEvents
    sample.bodyBytes = bodyBytes
    sample.gapMedian = gapQuantile(0.5)
    sample.gapP99 = gapQuantile(0.99)
    sample.gapMax = gapMax
    sample.gapMaxAt = gapMaxAt.map { $0 - profileStart }
    sample.httpStatus = httpStatus
    sample.evidence = evidence
  }
}
