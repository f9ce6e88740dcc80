extension SelfCheck {
  /// Adds the figures of load that the same client ran later: counts add up, and of everything
  /// else the worse is kept, since no quantile of both can be told from theirs.
  public mutating func add(later other: SelfCheck) {
    loopLagP50 = max(loopLagP50, other.loopLagP50)
    loopLagP99 = max(loopLagP99, other.loopLagP99)
    loopLagMax = max(loopLagMax, other.loopLagMax)
    scheduleLagP50 = max(scheduleLagP50, other.scheduleLagP50)
    scheduleLagP99 = max(scheduleLagP99, other.scheduleLagP99)
    scheduleLagMax = max(scheduleLagMax, other.scheduleLagMax)
    let late = Set((lateness + other.lateness).map(\.over)).sorted().map { step in
      LateCount(over: step, count: lateCount(over: step) + other.lateCount(over: step))
    }
    scheduled += other.scheduled
    sent += other.sent
    droppedLate += other.droppedLate
    droppedCap += other.droppedCap
    lateness = late
    cpuShare = max(cpuShare, other.cpuShare)
    involuntarySwitches += other.involuntarySwitches
    inFlightMax = max(inFlightMax, other.inFlightMax)
    connectionsOpened += other.connectionsOpened
    connectionsReused += other.connectionsReused
    connectionsDiedOnReuse += other.connectionsDiedOnReuse
    guard let added = other.resources else { return }
    // Of two stretches of time the busier minute is the busiest.
    let minuteMax = max(resources?.connectionsMinuteMax ?? 0, added.connectionsMinuteMax)
    if resources == nil { resources = added } else { resources?.merge(added) }
    resources?.connectionsMinuteMax = minuteMax
  }

  /// Requests later than a step. A ladder begins at the last step that every request exceeded and
  /// ends at the first one that none did.
  private func lateCount(over step: Nanos) -> Int {
    guard let last = lateness.last else { return sent }
    return step > last.over ? last.count : lateness.last { $0.over <= step }?.count ?? sent
  }
}
