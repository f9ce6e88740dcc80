import ArgumentParser
import Forge
import Model
import Plan
import Workload

/// What a run would do.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show every value and where it came from, the digest, and what a run would take.",
    discussion: """
      Sends nothing. Exits with 65 and every problem, with its line, if the plan
      is wrong or asks for more than its limits.

      Examples:
        streamgate plan
        streamgate plan --set rate=20 --json plan.json
        streamgate plan --rate 20 --duration 60s   what such a run would take
        streamgate plan --arrivals           each request's time, scenario, prompt
      """)

  @OptionGroup var global: GlobalOptions

  @OptionGroup var load: LoadOptions

  @Option(help: "Write the same as JSON into this file; - for stdout.")
  var json: String?

  @Flag(help: "Print the whole schedule, a request a line, and nothing else.")
  var arrivals = false

  func run() throws {
    let pipeline = Environment.pipeline
    let loaded = try LoadedPlan.load(
      global, load: load, secrets: pipeline.isFork ? .mayBeMissing : .required)
    if let text = loaded.missingNote { global.say("warning: " + text) }
    try loaded.checkLimits()
    let plan = loaded.plan
    let schedule = Schedule.make(plan)
    if arrivals {
      Console.print(bytes: Array(schedule.text(plan).utf8))
      return
    }
    let view = PlanView(loaded: loaded, schedule: schedule)
    if let json {
      let bytes = JSONWriter.bytes(view.json, indent: 1) + [0x0A]
      if json == "-" { return Console.print(bytes: bytes) }
      try Publisher.write(bytes, to: json)
    }
    Console.print(view.text)
  }
}
