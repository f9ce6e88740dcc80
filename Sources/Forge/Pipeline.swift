/// What a pipeline's variables say of the job that runs in it.
///
/// Foreign text: whoever opens a pull request chooses its branch's name.
public struct PipelineFacts: Sendable, Equatable {
  /// Whose pipeline it is, nil for none that is known.
  public var provider: PipelineProvider?
  /// The commit that the job is about: of a pull request, the head of its branch. A full name.
  public var commit: String?
  /// The commit that the pipeline checks out where that is another one: a merge with the base.
  public var testedCommit: String?
  /// True if `commit` may be a merge that the pipeline makes for itself, whose first parent is the
  /// head of the pull request.
  public var isOwnMerge = false
  /// The branch; of a pull request, the one that is to be merged.
  public var branch: String?
  /// The commit that a pull request or a merge queue's entry is held against.
  public var baseCommit: String?
  /// The branch that a pull request or a merge queue's entry goes into.
  public var baseBranch: String?
  /// The number of the pull request or merge request.
  public var pullRequest: Int?
  /// True if the pull request comes from another repository than it goes into.
  public var isFork = false
  /// True for an entry of a merge queue, which has no pull request of its own.
  public var isMergeQueue = false
  /// The run of another workflow that this one follows, nil where it follows none.
  public var followed: FollowedRun?
  /// That run, if it is of another repository, whose word is not trusted.
  public var foreignRun: FollowedRun? {
    guard let followed, followed.repository?.lowercased() != repository?.lowercased() else {
      return nil
    }
    return followed
  }
  /// Where comments go: `owner/name`, on GitLab the project's path.
  public var repository: String?
  /// The interface that is spoken there, nil where none of ours is.
  public var forge: ForgeKind?
  /// The forge's address, without a slash at its end.
  public var serverURL: String?
  /// The address of its interface, without a slash at its end.
  public var apiURL: String?
  /// The page of this job.
  public var runURL: String?

  /// Facts of no pipeline.
  public init() {}
}

/// Whose pipeline a job runs in.
public enum PipelineProvider: String, Sendable, CaseIterable {
  /// GitHub's own, also on GitHub Enterprise.
  case github = "GitHub Actions"
  /// Gitea's, which runs GitHub's workflows.
  case gitea = "Gitea Actions"
  /// Forgejo's, which does so too.
  case forgejo = "Forgejo Actions"
  /// GitLab's.
  case gitlab = "GitLab CI"
  /// A Jenkins controller's.
  case jenkins = "Jenkins"
  /// Buildkite's.
  case buildkite = "Buildkite"
  /// CircleCI's.
  case circleci = "CircleCI"
  /// Azure DevOps'.
  case azure = "Azure Pipelines"
  /// Bitbucket Cloud's.
  case bitbucket = "Bitbucket Pipelines"

  /// What makes its clones whole, an instruction to a person.
  public var wholeHistory: String {
    switch self {
    case .github, .gitea, .forgejo: "give actions/checkout fetch-depth: 0"
    case .gitlab: "set the variable GIT_DEPTH to 0"
    case .azure: "give the checkout step fetchDepth: 0"
    case .bitbucket: "set clone: depth: full"
    case .jenkins: "take \"Shallow clone\" off the job's checkout"
    case .buildkite: "take --depth out of BUILDKITE_GIT_CLONE_FLAGS"
    case .circleci: "give the checkout step method: full"
    }
  }
}

/// An interface that comments can be written by.
public enum ForgeKind: String, Sendable, CaseIterable {
  /// GitHub and GitHub Enterprise.
  case github
  /// Gitea and Forgejo, whose interface has GitHub's shape.
  case gitea
  /// GitLab.
  case gitlab
}

/// The run of another workflow that a `workflow_run` event tells of. Its repository may be a
/// stranger's fork.
public struct FollowedRun: Sendable, Equatable {
  /// The commit that it was of.
  public var commit: String
  /// The repository that it came from, `owner/name`; nil where that is gone.
  public var repository: String?
  /// The branch there.
  public var branch: String?
  /// Its page.
  public var runURL: String?
}

extension PipelineFacts {
  /// Reads a pipeline's variables; `event` are the bytes of the file that `GITHUB_EVENT_PATH`
  /// names, nil without one. O(variables + event).
  public static func detect(
    _ variables: [String: String], event: [UInt8]? = nil
  ) -> PipelineFacts {
    let variables = PipelineVariables(variables)
    switch provider(variables) {
    case .github: return actions(variables, event, provider: .github, forge: .github)
    case .gitea: return actions(variables, event, provider: .gitea, forge: .gitea)
    case .forgejo: return actions(variables, event, provider: .forgejo, forge: .gitea)
    case .gitlab: return gitlab(variables)
    case .jenkins: return jenkins(variables)
    case .buildkite: return buildkite(variables)
    case .circleci: return circleci(variables)
    case .azure: return azure(variables)
    case .bitbucket: return bitbucket(variables)
    case nil: return PipelineFacts()
    }
  }

  /// Gitea and Forgejo also say that they are GitHub; agents of Jenkins may run anywhere.
  private static func provider(_ variables: PipelineVariables) -> PipelineProvider? {
    if variables.isTrue("FORGEJO_ACTIONS") { return .forgejo }
    if variables.isTrue("GITEA_ACTIONS") { return .gitea }
    if variables.isTrue("GITHUB_ACTIONS") { return .github }
    if variables.isTrue("GITLAB_CI") { return .gitlab }
    if variables.isTrue("BUILDKITE") { return .buildkite }
    if variables.isTrue("CIRCLECI") { return .circleci }
    if variables.isTrue("TF_BUILD") { return .azure }
    if variables["BITBUCKET_BUILD_NUMBER"] != nil { return .bitbucket }
    if variables["JENKINS_URL"] != nil { return .jenkins }
    return nil
  }

  /// The name of a branch of another repository, which can never be taken for one of this: a fork
  /// has a `main` too.
  public static func forkBranch(repository: String?, branch: String?) -> String {
    "fork/" + [repository, branch].compactMap { $0 }.joined(separator: "/")
  }
}

/// Variables of which an empty one is as none: pipelines set many that do not apply.
struct PipelineVariables {
  private let values: [String: String]

  init(_ values: [String: String]) {
    self.values = values.filter { !$0.value.isEmpty }
  }

  subscript(_ name: String) -> String? { values[name] }

  func isTrue(_ name: String) -> Bool { ["true", "True", "1"].contains(values[name]) }

  /// The full name of a commit; Buildkite's may also be `HEAD`.
  func commit(_ name: String) -> String? { values[name].flatMap { Git.isCommitID($0) ? $0 : nil } }

  /// A number above 0; Buildkite's may also be `false`.
  func number(_ name: String) -> Int? { values[name].flatMap { Int($0) }.flatMap(positive) }

  /// An address without slashes at its end.
  func url(_ name: String) -> String? { values[name].map(PipelineVariables.trimmed) }

  static func trimmed(_ url: String) -> String {
    var url = url
    while url.hasSuffix("/") { url.removeLast() }
    return url
  }

  private func positive(_ number: Int) -> Int? { number > 0 ? number : nil }
}

extension String {
  /// The branch that a full reference names, `refs/heads/x`; other text as it is.
  var branchName: String { hasPrefix("refs/heads/") ? String(dropFirst(11)) : self }
}

extension PipelineFacts {
  /// A forge that the repository is on and that none of our interfaces is spoken at, such as Azure
  /// Repos; nil where it is none of these.
  public var foreignForge: String? {
    serverURL.flatMap { RemoteAddress($0 + "/owner/name") }?.foreignForge
  }

  /// The address of an interface of that kind at the forge that the pipeline names; nil where it
  /// names none.
  public func apiURL(of kind: ForgeKind) -> String? {
    if kind == forge, let apiURL { return apiURL }
    guard let serverURL, let scheme = serverURL.firstRange(of: "://") else { return nil }
    let host = serverURL[scheme.upperBound...]
    if kind == .github, host == "github.com" { return "https://api.github.com" }
    return serverURL + RemoteAddress.apiPath(kind)
  }
}
