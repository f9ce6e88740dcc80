import ArgumentParser
import Model
import Plan
import Workload

/// Milliseconds to make a schedule and its digest: what stands before the first request.
struct ScheduleBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule",
    abstract: "Milliseconds to make a schedule, and its digest.")

  @Option(help: "Arrivals of the large schedule, about.")
  var arrivals = 1_000_000

  @Option(help: "Measurements of each case; the median is shown.", transform: atLeastOne)
  var repeats = 3

  @Option(help: "Write the figures as JSON to this file.")
  var json: String?

  func run() throws {
    var table = BenchmarkTable(name: "schedule", columns: ["arrivals", "make_ms", "digest_ms"])
    table.add("standard plan", figures(plan(rate: 5, profiles: ProfileKind.allCases)))
    // A standard sustained profile and its warm-up last so many seconds together.
    let rate = Double(arrivals) / 180
    table.add("large", figures(plan(rate: rate, profiles: [.sustained])))
    try BenchmarkTable.publish([table], json: json)
  }

  private func figures(_ plan: Plan) -> [Double] {
    var schedule = Workload.Schedule(profiles: [])
    let made = (0..<repeats).map { _ in
      Measured { schedule = Workload.Schedule.make(plan) }.cpu * 1e3
    }
    let digested = (0..<repeats).map { _ in
      Measured { precondition(schedule.sha256(plan).utf8.count == 64, "no digest") }.cpu * 1e3
    }
    let count = schedule.profiles.reduce(0) { count, profile in
      switch profile.load {
      case .open(let arrivals): count + arrivals.count
      case .closed(let users): count + users.reduce(0) { $0 + $1.steps.count }
      }
    }
    return [Double(count), median(made), median(digested)]
  }

  private func plan(rate: Double, profiles: [ProfileKind]) -> Plan {
    let target = TargetPlan(url: SecretText("http://127.0.0.1:8080"), path: "/v1/chat/completions")
    let prompts = (0..<50).map { "Tell story number \($0)." }
    return Plan(
      project: "bench", target: target,
      scenarios: [
        ScenarioPlan(name: "short", weight: 3, prompts: prompts, maxTokens: 120, target: target),
        ScenarioPlan(name: "long", prompts: prompts, maxTokens: 500, target: target),
      ],
      rate: rate, stressUsers: 40, profiles: profiles)
  }
}
