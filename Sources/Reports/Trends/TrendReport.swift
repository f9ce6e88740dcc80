public import Gate
public import Model

/// Trends with their change points, ready to be laid out as text, CSV, JSON or a page.
public struct TrendReport: Sendable {
  /// The project's name.
  public var project: String
  /// The environment's key.
  public var environment: String
  /// The branch.
  public var branch: String
  /// The runs, the oldest first.
  public var runs: [TrendRun]
  /// The trends.
  public var trends: [Trend]
  /// The change points of each trend, in the order of `trends`.
  public var changes: [[ChangePoint]]
  /// Runs that changes were looked for in, of the trend that has most of them.
  public var searched: Int
  /// Regressions that are open and lie before the runs shown, or elsewhere between them.
  public var outside: [ChangePoint]
  /// What is known of the commits between two runs.
  public var commits: [CommitRange: RangeCommits]
  /// Accepted regressions of the environment.
  public var waivers: [Waiver]
  /// Ids of the runs in the baseline set.
  public var baseline: Set<String>
  /// Further sentences for the reader.
  public var notes: [String]

  /// A report of these parts.
  public init(
    project: String, environment: String, branch: String, runs: [TrendRun], trends: [Trend],
    changes: [[ChangePoint]], outside: [ChangePoint] = [], searched: Int? = nil,
    commits: [CommitRange: RangeCommits] = [:],
    waivers: [Waiver] = [], baseline: Set<String> = [], notes: [String] = []
  ) {
    precondition(trends.count == changes.count, "\(trends.count), \(changes.count)")
    self.project = project
    self.environment = environment
    self.branch = branch
    self.runs = runs
    self.trends = trends
    self.changes = changes
    self.outside = outside
    self.searched = searched ?? trends.map(\.points.count).max() ?? 0
    self.commits = commits
    self.waivers = waivers
    self.baseline = baseline
    self.notes = notes
  }

  /// Every change point, the latest first, with its trend's place.
  public var allChanges: [ChangePoint] {
    (changes.flatMap { $0 } + outside).enumerated().sorted { a, b in
      a.element.run == b.element.run ? a.offset < b.offset : a.element.run > b.element.run
    }.map(\.element)
  }

  /// Regressions that nobody accepted and nothing made good.
  public var proposed: [ChangePoint] { allChanges.filter { $0.state == .proposed } }
}

/// The commits of a change point: those after `from`, up to and with `to`.
public struct CommitRange: Sendable, Hashable {
  /// The last commit of the level before.
  public var from: String
  /// The first that was measured at the new level.
  public var to: String

  /// A range.
  public init(from: String, to: String) {
    self.from = from
    self.to = to
  }
}

/// Commits as git tells them.
public struct RangeCommits: Sendable, Equatable {
  /// One commit.
  public struct Commit: Sendable, Equatable {
    /// Its full name.
    public var id: String
    /// The first line of its message: foreign text.
    public var subject: String

    /// A commit.
    public init(id: String, subject: String) {
      self.id = id
      self.subject = subject
    }
  }

  /// The newest first; the last ones may be left out.
  public var commits: [Commit]
  /// True if there are more.
  public var isCut: Bool

  /// Commits.
  public init(commits: [Commit], isCut: Bool) {
    self.commits = commits
    self.isCut = isCut
  }
}

extension Trend {
  /// What its values are written in.
  var unit: TrendUnit { TrendUnit(id) }
}

/// How a trend's values are written.
enum TrendUnit {
  case seconds, share, number

  init(_ id: TrendID) {
    switch id {
    case .gate(let id): if case .latency = id.metric { self = .seconds } else { self = .share }
    case .figure(_, let name): self = TrendUnit.of(figure: name)
    }
  }

  /// By the figure's name (docs/schema.md lists them).
  private static func of(figure name: String) -> TrendUnit {
    let parts = name.split(separator: ".").map(String.init)
    let last = parts.last ?? ""
    if ["share", "attainment", "error", "truncated"].contains(last) { return .share }
    let isTime = [
      "ttft", "ttft_sent", "ttfa", "duration", "tpot", "gap", "tail", "schedule_lag", "connect",
      "server_wait", "first_token_wait", "cold_start", "login",
    ].contains { parts.contains($0) }
    let isQuantile = ["p50", "p90", "p95", "p99", "mean", "max", "slope", "scatter", "ttft"]
      .contains(last)
    return isTime && isQuantile ? .seconds : .number
  }

  /// The value as every report writes it.
  func text(_ value: Double) -> String {
    switch self {
    case .seconds: Figures.duration(value)
    case .share: Figures.percent(value)
    case .number: number(value)
    }
  }

  private func number(_ value: Double) -> String {
    let size = value.magnitude
    return Figures.fixed(value, decimals: size >= 100 || value == value.rounded() ? 0 : 2)
  }
}

extension ChangePoint {
  /// `+10.2 %`, or `+2.90 points` of a share.
  var changeText: String {
    scale == .share ? Figures.points(change) : Figures.change(change)
  }

  /// What became of it, in a word or two.
  var stateText: String {
    switch (kind, state) {
    case (.regression, .proposed): "regression"
    case (.regression, .accepted): "regression, accepted"
    case (.regression, .undone): "regression, undone since"
    case (.improvement, _): "improvement"
    case (.other, _): "change"
    }
  }

  /// The commits that may have made it.
  public var range: CommitRange { CommitRange(from: commitBefore, to: commit) }
}

extension CommitRange {
  /// `abc1234..def5678`; one name where both runs are of one commit.
  var text: String {
    let (from, to) = (ForeignText.commit(from), ForeignText.commit(to))
    return from == to ? to : "\(from)..\(to)"
  }
}

extension TrendID {
  /// The name as a report shows it.
  var shown: String { ForeignText.name(name) }
}
