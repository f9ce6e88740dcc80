import Model

extension GateInput {
  /// What people accepted, as it is when the verdict is made: by when that was, then by id.
  var accepted: [AcceptedChange] {
    let waived = waivers.sorted { ($0.acceptedAt, $0.id) < ($1.acceptedAt, $1.id) }
      .map { AcceptedChange(.waiver($0), isExpired: $0.isExpired(at: evaluatedAt)) }
    let runs = acceptances.sorted {
      ($0.acceptedAt, $0.kind, $0.runID) < ($1.acceptedAt, $1.kind, $1.runID)
    }
    return waived
      + runs.map { AcceptedChange(.run($0), isExpired: $0.isExpired(at: evaluatedAt)) }
  }
}

extension BaselineRules {
  /// Takes what changed on main, in the runs `series`, and what people accepted of it: accepted
  /// change points and improvements begin segments, a regression that nobody accepted holds the
  /// baseline before it.
  ///
  /// An improvement so near before such a regression that no segment of its own lies between them
  /// belongs to the same change, which traded one for the other: the baseline stays before both.
  public mutating func apply(
    _ changes: MainChanges, in series: [String], accepted: Set<String>
  ) {
    var places: [String: Int] = [:]
    for (place, runID) in series.enumerated() { places[runID] = place }
    let proposed = changes.proposed.flatMap { places[$0.runID] }
    let found = changes.segmentStarts.filter { start in
      guard let proposed, let place = places[start], !accepted.contains(start) else { return true }
      return place >= proposed || proposed - place >= ChangePoints.segmentRunsMin
    }
    segmentStarts.formUnion(found)
    segmentStarts.formUnion(accepted)
    proposedRegression = changes.proposed?.runID
  }
}
