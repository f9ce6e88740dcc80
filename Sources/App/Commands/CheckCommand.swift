import ArgumentParser
import LoadEngine
import Model
import Plan
import StreamMeter
import Workload

/// One stream of each scenario.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "Validate the plan, send one stream per scenario, print its timeline, propose a rate.",
    discussion: """
      Shows what each path of the dialect matched in the first five events and,
      for a path of a custom dialect that never matched, what was there instead.
      Where users log in, every account does so once.

      Exits with 1 if a stream did not end as it should, 77 if the service refuses
      the credentials, 69 if it does not answer.

      Examples:
        streamgate check
        streamgate check --json check.json
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "Write one object a scenario into this file, as in a run file.")
  var json: String?

  func run() async throws {
    let loaded = try LoadedPlan.load(global)
    let plan = loaded.plan
    let readiness = Readiness(options: global)
    try await readiness.waitUntilReady(plan.target)
    if let build = try await readiness.build(at: plan.target) {
      Console.print(Console.inertLine("build: \(build)"))
    }
    let addresses = try await LoadEngine.probe(targets: plan.scenarios.map(\.target))
    global.note("endpoint: " + addresses.joined(separator: ", "))
    var streams: [CheckedStream] = []
    for index in plan.scenarios.indices {
      let single = try await send(plan, scenario: index)
      let survey = try StreamSurvey.of(single, plan.scenarios[index], hiding: plan.secrets)
      let stream = CheckedStream(
        scenario: plan.scenarios[index].name, index: index, stream: single, survey: survey)
      Console.print(stream.text)
      streams.append(stream)
    }
    try writeJSON(streams, plan: plan)
    if let proposal = RateProposal(streams: streams, plan: plan) { Console.print(proposal.text) }
    try judge(streams)
  }

  private func send(_ plan: Plan, scenario: Int) async throws -> SingleStream {
    let runID = "check-\(Clock.unix().rawValue)"
    let template = RequestTemplate(plan: plan, runNonce: runID)
    var job = EngineJob(plan: plan, schedule: Schedule(profiles: []), template: template)
    job.traceContext = TraceContext(runID: runID)
    // Every account is tried once, as a run would before load.
    let accounts = scenario == 0 ? plan.target.login?.accounts.count ?? 0 : 1
    job.roster = job.roster.prefix(accounts)
    return try await LoadEngine.sendOne(
      job: job, request: PlannedRequest(scenario: scenario, prompt: 0),
      control: try EngineControl())
  }

  private func writeJSON(_ streams: [CheckedStream], plan: Plan) throws {
    guard let json else { return }
    let bytes = JSONWriter.bytes(.array(streams.map(\.json)), indent: 1) + [0x0A]
    if json == "-" { return Console.print(bytes: bytes) }
    try Publisher.write(bytes, to: json)
  }

  private func judge(_ streams: [CheckedStream]) throws {
    let failed = streams.filter { !$0.stream.sample.outcome.isSuccess }
    guard let first = failed.first else { return }
    let outcome = first.stream.sample.outcome
    let failure = Failure(
      outcome == .auth ? .refused : outcome == .connect ? .unavailable : .fail,
      "\(failed.count) of \(streams.count) streams did not end as they should: "
        + "\(first.scenario) is \(outcome.name)",
      because: first.stream.sample.evidence?.detail,
      remedy: "the timeline above shows what came; check target.path, headers and body")
    throw failure
  }
}
