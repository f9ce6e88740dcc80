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
    scheduled += other.scheduled
    sent += other.sent
    droppedLate += other.droppedLate
    droppedCap += other.droppedCap
    var late: [Nanos: Int] = [:]
    for step in lateness + other.lateness { late[step.over, default: 0] += step.count }
    lateness = late.sorted { $0.key < $1.key }.map { LateCount(over: $0.key, count: $0.value) }
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
}
