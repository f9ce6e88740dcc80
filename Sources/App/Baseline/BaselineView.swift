import Gate
import Model

/// The runs of an environment with what each serves as, what people accepted, and what changed.
struct BaselineView {
  let environment: String
  let history: History
  let choice: BaselineChoice
  /// Runs that the baseline set may have.
  let baselineMax: Int
  let now: UnixNanos

  private var headers: [String: RunHeader] {
    history.runs.reduce(into: [:]) { $0[$1.header.runID] = $1.header }
  }

  /// For a person.
  var text: String {
    let headers = headers
    let rows = choice.selection.runs.compactMap { chosen -> [String]? in
      guard let header = headers[chosen.runID] else { return nil }
      return [
        chosen.runID, header.startedAt.iso8601, String(header.commit.prefix(12)), header.branch,
        chosen.role.rawValue, chosen.reason,
      ].map(Console.inertLine)
    }
    var lines = [
      "environment \(environment)",
      RunTable.columns([["run", "started", "commit", "branch", "serves as", "why"]] + rows),
      "\(choice.selection.baseline.count) of at most \(baselineMax) runs in the baseline set",
    ]
    if !choice.changes.points.isEmpty {
      let points = choice.changes.points.map { point in
        [
          point.kind.rawValue, point.state.rawValue, point.sentence,
          point.state == .proposed
            ? "streamgate baseline accept --change-point \(point.commit.prefix(12)) --reason …"
            : "",
        ].map(Console.inertLine)
      }
      lines += ["", RunTable.columns([["change", "state", "what", "to accept it"]] + points)]
    }
    if !history.decisions.isEmpty {
      let decisions = history.decisions.map { decision in
        [decision.name, decision.scope, decision.words(at: now)].map(Console.inertLine)
      }
      lines += [
        "", RunTable.columns([["accepted", "what", "until when, by whom and why"]] + decisions),
      ]
    }
    return lines.joined(separator: "\n")
  }

  /// For a program; `docs/schema.md` explains the members.
  var json: JSONValue {
    let headers = headers
    let runs = choice.selection.runs.compactMap { chosen -> JSONValue? in
      guard let header = headers[chosen.runID] else { return nil }
      return .object([
        JSONMember("run_id", .string(chosen.runID)),
        JSONMember("started_at", .string(header.startedAt.iso8601Exact)),
        JSONMember("commit", .string(header.commit)), JSONMember("branch", .string(header.branch)),
        JSONMember("role", .string(chosen.role.rawValue)),
        JSONMember("reason", .string(chosen.reason)),
      ])
    }
    return .object([
      JSONMember("environment", .string(environment)),
      JSONMember("baseline", .integer(Int64(choice.selection.baseline.count))),
      JSONMember("baseline_max", .integer(Int64(baselineMax))),
      JSONMember("runs", .array(runs)),
      JSONMember("change_points", .array(choice.changes.points.map(json))),
      JSONMember("waivers", .array(history.waivers.map(\.json))),
      JSONMember("acceptances", .array(history.acceptances.map(\.json))),
    ])
  }

  private func json(_ point: ChangePoint) -> JSONValue {
    .object([
      JSONMember("name", .string(point.id.name)), JSONMember("kind", .string(point.kind.rawValue)),
      JSONMember("state", .string(point.state.rawValue)),
      JSONMember("run_id", .string(point.runID)), JSONMember("commit", .string(point.commit)),
      JSONMember("commit_before", .string(point.commitBefore)),
      JSONMember("before", .number(point.before)), JSONMember("after", .number(point.after)),
      JSONMember("p", point.p.map { .number($0) } ?? .null),
      JSONMember("runs_since", .integer(Int64(point.runsSince))),
    ])
  }
}
