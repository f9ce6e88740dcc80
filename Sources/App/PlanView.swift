import Model
import Plan
import Workload

/// A plan and what a run of it would take, for a person and as JSON.
struct PlanView {
  let loaded: LoadedPlan
  let schedule: Schedule

  private var plan: Plan { loaded.plan }
  private var estimate: RunEstimate { RunEstimate(plan) }

  /// Values with their origins, keys, and the estimate, in aligned columns.
  var text: String {
    let values = loaded.resolution.values
    let pathWidth = values.map(\.path.count).max() ?? 0
    let textWidth = min(60, values.map(\.text.count).max() ?? 0)
    var lines = values.map { value in
      let text = value.text.count > 60 ? String(value.text.prefix(59)) + "…" : value.text
      return Console.inert(
        padded(value.path, pathWidth) + "  " + padded(text, textWidth) + "  "
          + value.origin.description)
    }
    lines += [
      "", "plan digest      \(loaded.digest)", "environment      \(loaded.environment)",
      "arrivals SHA-256 \(schedule.sha256(plan))", "",
    ]
    if let exploration = loaded.exploration {
      lines.append("\(RunHeader.explorationName): \(exploration); compared with nothing")
    }
    if estimate.warmPassRequests > 0 {
      lines.append("warm pass: \(estimate.warmPassRequests) requests, unmeasured")
    }
    if let login = plan.target.login {
      let count = login.accounts.count
      lines.append(
        "logins: \(plan.loginUsers) before load, \(count) account\(count == 1 ? "" : "s")")
    }
    for profile in estimate.profiles {
      lines.append(
        "\(profile.kind.rawValue): \(time(profile.duration)), the first \(time(profile.warmup)) "
          + "warm-up, \(profile.requests) requests")
      lines += profile.cells.map { cell in
        "  \(cell.scenario): n = \(cell.isExact ? "" : "about ")\(cell.n)\(gated(cell))"
      }
    }
    var total =
      "in all: \(estimate.requests) requests, about \(Int(estimate.inputTokens)) input and "
      + "\(Int(estimate.outputTokens)) output tokens at most, \(time(estimate.duration))"
    if let cost = estimate.cost { total += ", cost about \((cost * 100).rounded() / 100)" }
    return (lines + [total]).joined(separator: "\n")
  }

  /// The same as `text`.
  var json: JSONValue {
    .object([
      JSONMember("format", .string("streamgate-plan/1")),
      JSONMember("digest", .string(loaded.digest)),
      JSONMember("environment", .string(loaded.environment)),
      JSONMember("arrivals_sha256", .string(schedule.sha256(plan))),
      JSONMember("exploration", loaded.exploration.map { .string($0) } ?? .null),
      JSONMember("requests", .integer(Int64(estimate.requests))),
      JSONMember("warm_pass_requests", .integer(Int64(estimate.warmPassRequests))),
      JSONMember("input_tokens", .number(estimate.inputTokens)),
      JSONMember("output_tokens", .number(estimate.outputTokens)),
      JSONMember("duration_s", .number(estimate.duration.seconds)),
      JSONMember("cost", estimate.cost.map { .number($0) } ?? .null),
      JSONMember("profiles", .array(estimate.profiles.map(json))),
      JSONMember(
        "values",
        .array(
          loaded.resolution.values.map { value in
            .object([
              JSONMember("path", .string(value.path)), JSONMember("value", .string(value.text)),
              JSONMember("origin", .string(value.origin.description)),
            ])
          })),
    ])
  }

  private func json(_ profile: ProfileEstimate) -> JSONValue {
    .object([
      JSONMember("profile", .string(profile.kind.rawValue)),
      JSONMember("duration_s", .number(profile.duration.seconds)),
      JSONMember("warmup_s", .number(profile.warmup.seconds)),
      JSONMember("requests", .integer(Int64(profile.requests))),
      JSONMember(
        "cells",
        .array(
          profile.cells.map { cell in
            .object([
              JSONMember("scenario", .string(cell.scenario)),
              JSONMember("n", .integer(Int64(cell.n))), JSONMember("exact", .bool(cell.isExact)),
            ])
          })),
    ])
  }

  /// What too few requests leave out.
  private func gated(_ cell: CellEstimate) -> String {
    if loaded.exploration != nil { return "" }
    if cell.n < CellEstimate.floorP50 { return ", too few for any latency" }
    let isUnstreamed = plan.scenarios.contains {
      $0.name == cell.scenario && !$0.target.isStreamed
    }
    if isUnstreamed { return ", duration alone (stream: false)" }
    return cell.n < CellEstimate.floorP95 ? ", too few for ttft_p95" : ""
  }

  private func time(_ length: Nanos) -> String {
    let seconds = Int((length.seconds).rounded())
    return seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
