import Model

/// A verdict as JSON: what the gate found, number by number. It is written and never read back,
/// since the inputs beside it say more; `docs/schema.md` explains every member.
enum VerdictJSON {
  static func value(_ verdict: Verdict) -> JSONValue {
    .object([
      JSONMember("kind", .string(verdict.kind.rawValue)),
      JSONMember("reasons", .array(verdict.reasons.map(reason))),
      JSONMember("learning", verdict.learning.map(learning) ?? .null),
      JSONMember("advisory", .bool(verdict.isAdvisory)),
      JSONMember("look", .count(verdict.look)),
      JSONMember("max_looks", .count(verdict.maxLooks)),
      JSONMember("wants_another_look", .bool(verdict.wantsAnotherLook)),
      JSONMember("alpha_spent", .number(verdict.alphaSpent)),
      JSONMember("df", verdict.df.map { .count($0) } ?? .null),
      JSONMember("composites", .array(verdict.composites.map(hypothesis))),
      JSONMember("cells", .array(verdict.cells.map(hypothesis))),
      JSONMember("differences", .array(verdict.differences.map(difference))),
      JSONMember("objectives", .array(verdict.objectives.map(objective))),
      JSONMember("untested", .array(verdict.untested.map(untested))),
      JSONMember("runs", .array(verdict.runs.map(run))),
      JSONMember("warnings", .array(verdict.warnings.map(warning))),
    ])
  }

  private static func kind(_ name: String, _ members: [JSONMember] = []) -> JSONValue {
    .object([JSONMember("kind", .string(name))] + members)
  }

  private static func learning(_ learning: Learning) -> JSONValue {
    .object([
      JSONMember("have", .count(learning.have)), JSONMember("need", .count(learning.need)),
    ])
  }

  private static func reason(_ reason: VerdictReason) -> JSONValue {
    switch reason {
    case .regression(let id): kind("regression", [hypothesisName(id)])
    case .objectiveMissed(let text): kind("objective_missed", [named("objective", text)])
    case .aborted(let abort):
      kind(
        "aborted",
        [
          named("profile", abort.profile), named("rule", abort.rule),
          JSONMember("at_s", .number(abort.at.seconds)),
          JSONMember("beyond_client", .bool(abort.isBeyondClient)),
        ])
    case .cannotExclude(let id): kind("cannot_exclude", [hypothesisName(id)])
    case .suspicious(let id): kind("suspicious", [hypothesisName(id)])
    case .objectiveNotJudged(let text): kind("objective_not_judged", [named("objective", text)])
    case .learning(let value):
      kind("learning", [JSONMember("learning", learning(value))])
    case .newEnvironment: kind("new_environment")
    case .clientLimited(let text): kind("client_limited", [named("detail", text)])
    case .missingCells(let keys):
      kind("missing_cells", [JSONMember("cells", .array(keys.map { .string($0.name) }))])
    case .nothingTestable: kind("nothing_testable")
    case .unusable(let text): kind("unusable", [named("detail", text)])
    case .noCredentials(let names):
      kind("no_credentials", [JSONMember("variables", .array(names.map { .string($0) }))])
    case .noBaseline: kind("no_baseline")
    case .notFixedProfile(let text): kind("not_fixed_profile", [named("detail", text)])
    }
  }

  private static func named(_ name: String, _ text: String) -> JSONMember {
    JSONMember(name, .string(text))
  }

  private static func hypothesisName(_ id: HypothesisID) -> JSONMember {
    named("hypothesis", id.name)
  }

  private static func members(_ id: HypothesisID) -> [JSONMember] {
    var members = [named("name", id.name), named("metric", id.metric.name)]
    if let profile = id.profile { members.append(named("profile", profile)) }
    if let scenario = id.scenario { members.append(named("scenario", scenario)) }
    if let region = id.region { members.append(named("region", region)) }
    return members
  }

  private static func hypothesis(_ result: HypothesisResult) -> JSONValue {
    .object(
      members(result.id) + [
        JSONMember("verdict", .string(result.verdict.rawValue)),
        JSONMember("p_adjusted", .number(result.pAdjusted)),
        JSONMember("level", .number(result.level)),
        JSONMember("p", .number(result.p)),
        JSONMember("d", .number(result.d)),
        JSONMember("effect", .number(result.effect)),
        JSONMember("is_lower_bound", .bool(result.isLowerBound)),
        JSONMember("waiver", result.waiver.map { .string($0) } ?? .null),
        JSONMember("inherited", .bool(result.isInherited)),
        JSONMember("latency", result.latency.map(latency) ?? .null),
        JSONMember("rate", result.rate.map(rate) ?? .null),
      ])
  }

  private static func latency(_ test: LatencyTest) -> JSONValue {
    .object([
      JSONMember("candidate_mean", .number(test.candidateMean)),
      JSONMember("baseline_mean", .number(test.baselineMean)),
      JSONMember("s", .number(test.s)),
      JSONMember("se", .number(test.se)),
      JSONMember("t", .number(test.t)),
      JSONMember("df", .count(test.df)),
      JSONMember("lower", .number(test.lower)),
      JSONMember("upper", .number(test.upper)),
      JSONMember("mde", test.mde.map { .number($0) } ?? .null),
      JSONMember("noisy", .bool(test.isNoisy)),
      JSONMember("guard_met", .bool(test.isGuardMet)),
      JSONMember("inversions", test.inversions.map { .count($0) } ?? .null),
      JSONMember("must_exceed", test.mustExceed.map { .number($0) } ?? .null),
      JSONMember(
        "weights",
        .array(
          test.weights.map {
            .object([named("name", $0.name), JSONMember("weight", .number($0.weight))])
          })),
    ])
  }

  private static func rate(_ test: RateTest) -> JSONValue {
    .object([
      JSONMember("candidate_k", .count(test.candidateK)),
      JSONMember("candidate_n", .count(test.candidateN)),
      JSONMember("baseline_k", .count(test.baselineK)),
      JSONMember("baseline_n", .count(test.baselineN)),
      JSONMember("phi", .number(test.phi)),
      JSONMember("rho", .number(test.rho)),
      JSONMember("a", .number(test.a)),
      JSONMember("b", .number(test.b)),
    ])
  }

  private static func difference(_ difference: CellDifference) -> JSONValue {
    .object(
      members(difference.id) + [
        JSONMember("candidate", .number(difference.candidate)),
        JSONMember("baseline", .number(difference.baseline)),
        JSONMember("d", difference.d.map { .number($0) } ?? .null),
      ])
  }

  private static func objective(_ result: ObjectiveResult) -> JSONValue {
    let ends =
      result.interval.map {
        [JSONMember("low", .number($0.lowerBound)), JSONMember("high", .number($0.upperBound))]
      } ?? []
    return .object(
      [
        named("objective", result.objective),
        JSONMember("verdict", .string(result.verdict.rawValue)),
        JSONMember("value", result.value.map { .number($0) } ?? .null),
        JSONMember("bound", .number(result.bound)),
        JSONMember("n", .count(result.n)),
        JSONMember("floor", .count(result.floor)),
      ] + ends)
  }

  private static func untested(_ cell: UntestedCell) -> JSONValue {
    .object(members(cell.id) + [JSONMember("reason", untestedReason(cell.reason))])
  }

  private static func untestedReason(_ reason: UntestedReason) -> JSONValue {
    switch reason {
    case .tooFew(let n, let need):
      kind("too_few", [JSONMember("n", .count(n)), JSONMember("need", .count(need))])
    case .tooFewRuns(let have, let need):
      kind("too_few_runs", [JSONMember("have", .count(have)), JSONMember("need", .count(need))])
    case .saturated(let runs, let of):
      kind("saturated", [JSONMember("saturated", .count(runs)), JSONMember("of", .count(of))])
    case .candidateSaturated: kind("candidate_saturated")
    case .noBaseline: kind("no_baseline")
    case .noValue: kind("no_value")
    }
  }

  private static func run(_ run: RunReference) -> JSONValue {
    .object([
      named("run_id", run.runID), named("commit", run.commit),
      named("started_at", run.startedAt.iso8601), named("role", run.role.rawValue),
    ])
  }

  private static func warning(_ warning: VerdictWarning) -> JSONValue {
    switch warning {
    case .noFreshRuns: kind("no_fresh_runs")
    case .noisy(let metric, let s):
      kind("noisy", [named("metric", metric.rawValue), JSONMember("s", .number(s))])
    case .outputTokensMoved(let scenario, let baseline, let candidate):
      kind("output_tokens_moved", moved(scenario, baseline, candidate))
    case .cachedTokensMoved(let scenario, let baseline, let candidate):
      kind("cached_tokens_moved", moved(scenario, baseline, candidate))
    case .waiverExpired(let text): kind("waiver_expired", [named("waiver", text)])
    case .duplicateRun(let run): kind("duplicate_run", [named("run_id", run)])
    case .runLeftOut(let run, let reason):
      kind("run_left_out", [named("run_id", run), named("detail", reason)])
    case .mainAlreadySlower(let id, let since):
      kind("main_already_slower", [hypothesisName(id), named("since", since)])
    case .mainRegressed(let worse, let since, let runs):
      kind(
        "main_regressed",
        [
          JSONMember("worse", .array(worse.map { .string($0.name) })), named("since", since),
          JSONMember("runs", .count(runs)),
        ])
    }
  }

  private static func moved(
    _ scenario: String, _ baseline: Double, _ candidate: Double
  ) -> [JSONMember] {
    [
      named("scenario", scenario), JSONMember("baseline", .number(baseline)),
      JSONMember("candidate", .number(candidate)),
    ]
  }
}

extension JSONValue {
  /// A whole number.
  static func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }
}
