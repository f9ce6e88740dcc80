extension PipelineFacts {
  /// GitLab. `CI_COMMIT_BRANCH` is absent in pipelines of merge requests, and the commit of one
  /// that tests the merged result is a merge.
  static func gitlab(_ variables: PipelineVariables) -> PipelineFacts {
    var facts = PipelineFacts()
    facts.provider = .gitlab
    facts.forge = .gitlab
    facts.serverURL = variables.url("CI_SERVER_URL")
    facts.apiURL = variables.url("CI_API_V4_URL") ?? facts.serverURL.map { $0 + "/api/v4" }
    facts.runURL = variables["CI_JOB_URL"] ?? variables["CI_PIPELINE_URL"]
    facts.repository = variables["CI_PROJECT_PATH"]
    let checkedOut = variables.commit("CI_COMMIT_SHA")
    guard let number = variables.number("CI_MERGE_REQUEST_IID") else {
      facts.commit = checkedOut
      facts.branch = variables["CI_COMMIT_BRANCH"]
      facts.pullRequest = openMergeRequest(variables)
      return facts
    }
    facts.pullRequest = number
    let target = variables["CI_MERGE_REQUEST_PROJECT_PATH"] ?? facts.repository
    let source = variables["CI_MERGE_REQUEST_SOURCE_PROJECT_PATH"] ?? target
    facts.repository = target
    facts.isFork = source != target
    facts.commit = variables.commit("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") ?? checkedOut
    facts.testedCommit = checkedOut == facts.commit ? nil : checkedOut
    facts.baseBranch = variables["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"]
    facts.baseCommit =
      variables.commit("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")
      ?? variables.commit("CI_MERGE_REQUEST_DIFF_BASE_SHA")
    let name = variables["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"]
    facts.branch = facts.isFork ? forkBranch(repository: source, branch: name) : name
    return facts
  }

  /// Of a branch's pipeline, the first open merge request of this project: `group/project!7`.
  private static func openMergeRequest(_ variables: PipelineVariables) -> Int? {
    guard let first = variables["CI_OPEN_MERGE_REQUESTS"]?.split(separator: ",").first,
      let mark = first.lastIndex(of: "!"), String(first[..<mark]) == variables["CI_PROJECT_PATH"]
    else { return nil }
    return Int(first[first.index(after: mark)...])
  }

  /// Jenkins. The branch of a pull request's job is `PR-7`; what is built of it may be a merge that
  /// Jenkins makes by itself, the head first, anew for each build.
  static func jenkins(_ variables: PipelineVariables) -> PipelineFacts {
    var facts = PipelineFacts()
    facts.provider = .jenkins
    facts.commit = variables.commit("GIT_COMMIT")
    facts.runURL = variables["RUN_DISPLAY_URL"] ?? variables["BUILD_URL"]
    facts.addRemote(variables["GIT_URL"] ?? variables["GIT_URL_1"])
    guard let change = variables["CHANGE_ID"] else {
      facts.branch = variables["BRANCH_NAME"] ?? variables["GIT_BRANCH"].map(localBranch)
      return facts
    }
    facts.isOwnMerge = true
    facts.pullRequest = Int(change)
    facts.baseBranch = variables["CHANGE_TARGET"]
    facts.isFork = variables["CHANGE_FORK"] != nil
    let name = variables["CHANGE_BRANCH"] ?? variables["BRANCH_NAME"]
    facts.branch =
      facts.isFork ? forkBranch(repository: variables["CHANGE_FORK"], branch: name) : name
    return facts
  }

  /// `origin/main` as Jenkins' git plugin says it, or `main`.
  private static func localBranch(_ name: String) -> String {
    name.hasPrefix("origin/") ? String(name.dropFirst("origin/".count)) : name
  }

  /// Buildkite. `BUILDKITE_PULL_REQUEST` is `false` outside of one, and `BUILDKITE_COMMIT` is
  /// `HEAD` for a build that was asked for by hand.
  static func buildkite(_ variables: PipelineVariables) -> PipelineFacts {
    var facts = PipelineFacts()
    facts.provider = .buildkite
    facts.commit = variables.commit("BUILDKITE_COMMIT")
    facts.branch = variables["BUILDKITE_BRANCH"]
    facts.runURL = variables["BUILDKITE_BUILD_URL"]
    facts.isMergeQueue = variables["BUILDKITE_MERGE_QUEUE_BASE_BRANCH"] != nil
    facts.baseBranch = variables["BUILDKITE_MERGE_QUEUE_BASE_BRANCH"]
    facts.baseCommit = variables.commit("BUILDKITE_MERGE_QUEUE_BASE_COMMIT")
    let kind = variables["BUILDKITE_PIPELINE_PROVIDER"]
    facts.addRemote(
      variables["BUILDKITE_REPO"], kind: kind.flatMap { $0.hasPrefix("github") ? .github : nil })
    guard let number = variables.number("BUILDKITE_PULL_REQUEST") else { return facts }
    facts.pullRequest = number
    facts.baseBranch = variables["BUILDKITE_PULL_REQUEST_BASE_BRANCH"]
    let source = variables["BUILDKITE_PULL_REQUEST_REPO"].flatMap(RemoteAddress.init)?.path
    facts.isFork = source != nil && source != facts.repository
    if facts.isFork {
      // `owner:branch`, where the pipeline is set to say whose it is.
      let name = facts.branch.map { String($0.split(separator: ":", maxSplits: 1).last ?? "") }
      facts.branch = forkBranch(repository: source, branch: name)
    }
    return facts
  }

  /// CircleCI. The branch of a fork's pull request is `pull/7`.
  static func circleci(_ variables: PipelineVariables) -> PipelineFacts {
    var facts = PipelineFacts()
    facts.provider = .circleci
    facts.commit = variables.commit("CIRCLE_SHA1")
    facts.branch = variables["CIRCLE_BRANCH"]
    facts.runURL = variables["CIRCLE_BUILD_URL"]
    facts.addRemote(variables["CIRCLE_REPOSITORY_URL"])
    let pull = variables["CIRCLE_PULL_REQUEST"]?.split(separator: "/").last.flatMap { Int($0) }
    facts.pullRequest = variables.number("CIRCLE_PR_NUMBER") ?? pull
    facts.isFork = variables["CIRCLE_PR_USERNAME"] != nil
    if facts.isFork {
      let owner = [variables["CIRCLE_PR_USERNAME"], variables["CIRCLE_PR_REPONAME"]]
      facts.branch = forkBranch(
        repository: owner.compactMap { $0 }.joined(separator: "/"), branch: facts.branch)
    }
    return facts
  }

  /// Azure Pipelines. What is built of a pull request is a merge commit; a repository on GitHub
  /// has the pull request's number in another variable than Azure's own.
  static func azure(_ variables: PipelineVariables) -> PipelineFacts {
    var facts = PipelineFacts()
    facts.provider = .azure
    let checkedOut = variables.commit("BUILD_SOURCEVERSION")
    facts.commit = checkedOut
    facts.branch = variables["BUILD_SOURCEBRANCH"].flatMap {
      $0.hasPrefix("refs/heads/") ? $0.branchName : nil
    }
    let collection =
      variables.url("SYSTEM_COLLECTIONURI") ?? variables.url("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
    if let collection, let project = variables["SYSTEM_TEAMPROJECT"],
      let build = variables["BUILD_BUILDID"]
    {
      let segment = RemoteAddress.percentEncoded(project)
      facts.runURL = "\(collection)/\(segment)/_build/results?buildId=\(build)"
    }
    let provider = variables["BUILD_REPOSITORY_PROVIDER"]?.lowercased()
    let isGitHub = provider?.hasPrefix("github") ?? false
    facts.addRemote(variables["BUILD_REPOSITORY_URI"], kind: isGitHub ? .github : nil)
    guard
      let number = variables.number("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
        ?? variables.number("SYSTEM_PULLREQUEST_PULLREQUESTID")
    else { return facts }
    facts.pullRequest = number
    facts.commit = variables.commit("SYSTEM_PULLREQUEST_SOURCECOMMITID") ?? checkedOut
    facts.testedCommit = facts.commit == checkedOut ? nil : checkedOut
    facts.baseBranch =
      variables["SYSTEM_PULLREQUEST_TARGETBRANCHNAME"]
      ?? variables["SYSTEM_PULLREQUEST_TARGETBRANCH"]?.branchName
    facts.isFork = variables.isTrue("SYSTEM_PULLREQUEST_ISFORK")
    let name = variables["SYSTEM_PULLREQUEST_SOURCEBRANCH"]?.branchName
    let source = variables["SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI"].flatMap(RemoteAddress.init)
    facts.branch = facts.isFork ? forkBranch(repository: source?.path, branch: name) : name
    return facts
  }

  /// Bitbucket. What is checked out of a pull request is merged with its target by the pipeline.
  static func bitbucket(_ variables: PipelineVariables) -> PipelineFacts {
    var facts = PipelineFacts()
    facts.provider = .bitbucket
    facts.commit = variables.commit("BITBUCKET_COMMIT")
    facts.branch = variables["BITBUCKET_BRANCH"]
    facts.repository = variables["BITBUCKET_REPO_FULL_NAME"]
    facts.serverURL = "https://bitbucket.org"
    facts.pullRequest = variables.number("BITBUCKET_PR_ID")
    facts.baseBranch = variables["BITBUCKET_PR_DESTINATION_BRANCH"]
    facts.baseCommit = variables.commit("BITBUCKET_PR_DESTINATION_COMMIT")
    if let repository = facts.repository, let number = variables["BITBUCKET_BUILD_NUMBER"] {
      facts.runURL = "https://bitbucket.org/\(repository)/pipelines/results/\(number)"
    }
    return facts
  }

  /// Where comments go, by the address that git clones from. `kind` is what the pipeline knows of
  /// the forge.
  public mutating func addRemote(_ url: String?, kind: ForgeKind? = nil) {
    guard let remote = url.flatMap(RemoteAddress.init) else { return }
    repository = repository ?? remote.path
    serverURL = serverURL ?? "https://" + remote.host
    forge = forge ?? kind ?? remote.kind
    if apiURL == nil, let forge { apiURL = remote.apiURL(forge) }
  }
}
