import Gate
import Model

/// Trends as JSON, format `streamgate-trends/1` (docs/schema.md).
public enum TrendJSON {
  /// The format that the text names.
  public static let format = "streamgate-trends/1"

  /// The report, UTF-8. Texts from outside stand as they came.
  public static func bytes(_ report: TrendReport) -> [UInt8] {
    let value = JSONValue.object([
      JSONMember("format", .string(format)),
      JSONMember("project", .string(report.project)),
      JSONMember("environment", .string(report.environment)),
      JSONMember("branch", .string(report.branch)),
      JSONMember("runs", .array(report.runs.map(run))),
      JSONMember("trends", .array(report.trends.map(trend))),
      JSONMember("change_points", .array(report.allChanges.map { change($0, report) })),
      JSONMember("waivers", .array(report.waivers.map(\.json))),
      JSONMember("notes", .array(report.notes.map { .string($0) })),
    ])
    return JSONWriter.bytes(value, indent: 1) + [0x0A]
  }

  private static func run(_ run: TrendRun) -> JSONValue {
    .object([
      JSONMember("run_id", .string(run.runID)), JSONMember("commit", .string(run.commit)),
      JSONMember("started_at", .string(run.startedAt.iso8601Exact)),
    ])
  }

  private static func trend(_ trend: Trend) -> JSONValue {
    .object([
      JSONMember("name", .string(trend.id.name)),
      JSONMember("metric", .string(trend.id.metric)),
      JSONMember("unit", .string(unit(trend.unit))),
      JSONMember("noise", trend.noise.map { .number($0) } ?? .null),
      JSONMember("points", .array(trend.points.map(point))),
    ])
  }

  private static func unit(_ unit: TrendUnit) -> String {
    switch unit {
    case .seconds: "seconds"
    case .share: "share"
    case .number: "number"
    }
  }

  private static func point(_ point: TrendPoint) -> JSONValue {
    var members = [
      JSONMember("run", .integer(Int64(point.run))), JSONMember("value", .number(point.value)),
      JSONMember("n", .integer(Int64(point.n))),
    ]
    if let k = point.k { members.append(JSONMember("k", .integer(Int64(k)))) }
    if let interval = point.interval {
      members.append(JSONMember("low", .number(interval.lowerBound)))
      members.append(JSONMember("high", .number(interval.upperBound)))
    }
    return .object(members)
  }

  private static func change(_ point: ChangePoint, _ report: TrendReport) -> JSONValue {
    let commits = report.commits[point.range]
    return .object([
      JSONMember("trend", .string(point.id.name)),
      JSONMember("kind", .string(point.kind.rawValue)),
      JSONMember("state", .string(point.state.rawValue)),
      JSONMember("run_id", .string(point.runID)), JSONMember("commit", .string(point.commit)),
      JSONMember("started_at", .string(point.startedAt.iso8601Exact)),
      JSONMember("run_id_before", .string(point.runBefore)),
      JSONMember("commit_before", .string(point.commitBefore)),
      JSONMember("before", .number(point.before)), JSONMember("after", .number(point.after)),
      JSONMember("change", .number(point.change)),
      JSONMember("p", point.p.map { .number($0) } ?? .null),
      JSONMember("runs_since", .integer(Int64(point.runsSince))),
      JSONMember(
        "commits",
        commits.map { range in
          .array(
            range.commits.map {
              .object([
                JSONMember("id", .string($0.id)), JSONMember("subject", .string($0.subject)),
              ])
            })
        } ?? .null),
      JSONMember("commits_cut", .bool(commits?.isCut ?? false)),
    ])
  }
}
