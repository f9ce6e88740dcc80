import Forge
import Model

/// Which runs of a merge queue are main's by now: those whose commit git finds on main.
struct QueuePlaces {
  /// What the names of the queue's branches begin with.
  let prefix: String
  /// The branch that the queue is for.
  let branch: String
  private let git: Git
  /// A commit of that branch for clones that do not know its tip.
  private let knownTip: String?
  /// Where the commits stand that git was asked about.
  private var places: [String: Ancestry] = [:]

  init(into branch: String, git: Git, knownTip: String? = nil) {
    self.branch = branch
    prefix = MergeQueue.branchPrefix(into: branch)
    self.git = git
    self.knownTip = knownTip
  }

  /// Asks git about the commits of those runs that are the queue's, once for all of them; nothing
  /// where there is none. `unknown` stands for what git cannot place.
  mutating func ask(about headers: [RunHeader], unknown: Ancestry = .unknown) {
    ask(about: headers.map { RunSeries.Run($0) }, unknown: unknown)
  }

  /// The same of runs without their headers.
  mutating func ask(about runs: [RunSeries.Run], unknown: Ancestry = .unknown) {
    let commits = Set(runs.filter { isQueued($0.branch) }.map(\.commit))
      .filter { places[$0] == nil }
    guard !commits.isEmpty else { return }
    let tip = ((try? git.tip(ofBranch: branch)) ?? nil) ?? knownTip
    let found = tip.flatMap { try? git.ancestry(of: $0, commits: Array(commits)) } ?? [:]
    for commit in commits {
      let place = found[commit] ?? .unknown
      places[commit] = place == .unknown ? unknown : place
    }
  }

  /// Where a run of the queue stands to main, nil for any other run.
  func place(of header: RunHeader) -> Ancestry? {
    place(branch: header.branch, commit: header.commit)
  }

  /// True for a run of main, or of the queue once its commit is there.
  func isMain(_ header: RunHeader) -> Bool {
    isMain(branch: header.branch, commit: header.commit)
  }

  /// The same of a run without its header.
  func isMain(branch: String, commit: String) -> Bool {
    branch == self.branch || place(branch: branch, commit: commit) == .ancestor
  }

  private func place(branch: String, commit: String) -> Ancestry? {
    isQueued(branch) ? places[commit] ?? .unknown : nil
  }

  private func isQueued(_ branch: String) -> Bool { branch.hasPrefix(prefix) }
}
