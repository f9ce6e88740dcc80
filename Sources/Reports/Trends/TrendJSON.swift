import Gate
import Model

/// Trends as JSON, format `streamgate-trends/1` (docs/schema.md).
public enum TrendJSON {
  /// The format that the text names.
  public static let format = "streamgate-trends/1"

  /// Bytes that a point, or a run, mostly has room in.
  private static let pointBytes = 170

  /// The report, UTF-8, in pieces that follow each other. Texts from outside stand as they came.
  public static func pieces(
    _ report: TrendReport, by make: PieceMaker = inTurn
  ) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var writer = JSONWriter(indent: 1)
    writer.reserve(report.runs.count * pointBytes)
    writer.object { writer in
      writer.member("format", .string(format))
      writer.member("project", .string(report.project))
      writer.member("environment", .string(report.environment))
      writer.member("branch", .string(report.branch))
      writer.member("runs", count: report.runs.count) { run(report.runs[$0], &$1) }
      var trends: [[UInt8]] = []
      writer.member("trends", count: report.trends.count) { place, writer in
        if place == 0 {
          let beside = writer.beside()
          trends = make(report.trends.count) { trend(report.trends[$0], beside) }
        }
        pieces += [writer.take(), trends[place]]
      }
      writer.member(
        "change_points", .array(report.allChanges.map { change($0, report) }))
      writer.member("waivers", .array(report.waivers.map(\.json)))
      writer.member("notes", .array(report.notes.map { .string($0) }))
    }
    return pieces + [writer.endingLine()]
  }

  private static func run(_ run: TrendRun, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("run_id", .string(run.runID))
      writer.member("commit", .string(run.commit))
      writer.member("started_at", .string(run.startedAt.iso8601Exact))
    }
  }

  private static func trend(_ trend: Trend, _ beside: JSONWriter) -> [UInt8] {
    var writer = beside
    writer.reserve(trend.points.count * pointBytes)
    writer.object { writer in
      writer.member("name", .string(trend.id.name))
      writer.member("metric", .string(trend.id.metric))
      writer.member("unit", .string(unit(trend.unit)))
      writer.member("noise", trend.noise.map { .number($0) } ?? .null)
      var shape: PointShape?
      writer.member("points", count: trend.points.count) { place, writer in
        let point = trend.points[place]
        if shape?.serves(point) != true { shape = PointShape(point, writer) }
        shape?.write(point, &writer)
      }
    }
    return writer.take()
  }

  private static func unit(_ unit: TrendUnit) -> String {
    switch unit {
    case .seconds: "seconds"
    case .share: "share"
    case .number: "number"
    }
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

/// How the points of a trend are written: mostly all have the same members.
private struct PointShape {
  private let hasCount: Bool
  private let hasInterval: Bool
  private let numbers: JSONNumbers

  init(_ point: TrendPoint, _ writer: borrowing JSONWriter) {
    hasCount = point.k != nil
    hasInterval = point.interval != nil
    numbers = writer.shape(
      ["run", "value", "n"] + (hasCount ? ["k"] : []) + (hasInterval ? ["low", "high"] : []))
  }

  func serves(_ point: TrendPoint) -> Bool {
    (point.k != nil) == hasCount && (point.interval != nil) == hasInterval
  }

  func write(_ point: TrendPoint, _ writer: inout JSONWriter) {
    writer.object(numbers) { values in
      values.add(point.run)
      values.add(point.value)
      values.add(point.n)
      if let k = point.k { values.add(k) }
      if let interval = point.interval {
        values.add(interval.lowerBound)
        values.add(interval.upperBound)
      }
    }
  }
}
