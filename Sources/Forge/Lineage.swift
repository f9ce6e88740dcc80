public import Model

/// The history of one commit, asked of git once, at the first need. Where git gives no answer,
/// nothing is known.
public final class Lineage: Sendable {
  private struct Answers {
    var distances: [String: Int]?
    /// Of the commits that are not among these.
    var others: [String: Ancestry] = [:]
  }

  /// The commit.
  public let tip: String
  private let git: Git
  private let answers = Locked(Answers())

  /// The history of `tip`, a commit's full name. Asks nothing yet.
  public init(of tip: String, git: Git) {
    self.tip = tip
    self.git = git
  }

  /// How far each ancestor is from the tip, as `Git.distances` counts.
  public var distances: [String: Int] { answers.withLock(distances) }

  /// Where each commit stands to the tip, as `Git.ancestry` says.
  public func ancestry(of commits: [String]) -> [String: Ancestry] {
    answers.withLock { answers in
      let near = distances(&answers)
      var places: [String: Ancestry] = [:]
      var asked: [String] = []
      for commit in Set(commits) {
        if near[commit] != nil {
          places[commit] = .ancestor
        } else if let place = answers.others[commit] {
          places[commit] = place
        } else {
          asked.append(commit)
        }
      }
      guard !asked.isEmpty else { return places }
      let found = (try? git.ancestry(of: tip, commits: asked)) ?? [:]
      for commit in asked {
        places[commit] = found[commit] ?? .unknown
        answers.others[commit] = places[commit]
      }
      return places
    }
  }

  private func distances(_ answers: inout Answers) -> [String: Int] {
    if let known = answers.distances { return known }
    let found = (try? git.distances(from: tip)) ?? [:]
    answers.distances = found
    return found
  }
}
