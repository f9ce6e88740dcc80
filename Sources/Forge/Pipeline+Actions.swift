import Model

extension PipelineFacts {
  /// GitHub's actions and what runs the same workflows. Its event file knows what the variables do
  /// not: `GITHUB_SHA` of a pull request is a merge commit that nobody knows by name.
  static func actions(
    _ variables: PipelineVariables, _ event: [UInt8]?, provider: PipelineProvider,
    forge: ForgeKind
  ) -> PipelineFacts {
    let event = event.flatMap { try? JSONReader.parse($0) }
    var facts = PipelineFacts()
    facts.provider = provider
    facts.forge = forge
    facts.repository = variables["GITHUB_REPOSITORY"]
    facts.serverURL = variables.url("GITHUB_SERVER_URL")
    facts.apiURL = variables.url("GITHUB_API_URL")
    facts.runURL = actionsRunURL(variables, forge)
    let checkedOut = variables.commit("GITHUB_SHA")
    let isBranch = variables["GITHUB_REF_TYPE"].map { $0 == "branch" } ?? true
    if let pull = event?["pull_request"] {
      facts.addPull(pull, event: event, checkedOut: checkedOut, variables)
    } else if let group = event?["merge_group"] {
      facts.isMergeQueue = true
      facts.commit = commit(group["head_sha"]) ?? checkedOut
      facts.baseCommit = commit(group["base_sha"])
      facts.baseBranch = group["base_ref"]?.stringValue?.branchName
      facts.branch = group["head_ref"]?.stringValue?.branchName ?? variables["GITHUB_REF_NAME"]
    } else if let issue = event?["issue"], issue["pull_request"] != nil {
      // A remark on a pull request: `GITHUB_SHA` is the default branch's, whatever is checked out.
      facts.pullRequest = issue["number"]?.intValue
      facts.branch = facts.pullRequest.map { "pull/\($0)" }
    } else {
      facts.commit = checkedOut
      facts.branch = isBranch ? variables["GITHUB_REF_NAME"] : nil
      facts.followed = event?["workflow_run"].flatMap(FollowedRun.init)
    }
    return facts
  }

  private mutating func addPull(
    _ pull: JSONValue, event: JSONValue?, checkedOut: String?, _ variables: PipelineVariables
  ) {
    let (head, base) = (pull["head"], pull["base"])
    let headRepository = head?["repo"]?["full_name"]?.stringValue
    let baseRepository = base?["repo"]?["full_name"]?.stringValue ?? repository
    pullRequest = pull["number"]?.intValue ?? event?["number"]?.intValue
    // The repository of a fork that is deleted is null.
    isFork = headRepository != baseRepository
    commit = PipelineFacts.commit(head?["sha"]) ?? checkedOut
    // Of `pull_request_target` it is the base that is checked out, unless the workflow says else.
    let isTarget = variables["GITHUB_EVENT_NAME"] == "pull_request_target"
    testedCommit = isTarget || checkedOut == commit ? nil : checkedOut
    baseCommit = PipelineFacts.commit(base?["sha"])
    baseBranch = base?["ref"]?.stringValue ?? variables["GITHUB_BASE_REF"]
    let name = head?["ref"]?.stringValue ?? variables["GITHUB_HEAD_REF"]
    branch = isFork ? Self.forkBranch(repository: headRepository, branch: name) : name
  }

  private static func actionsRunURL(
    _ variables: PipelineVariables, _ forge: ForgeKind
  ) -> String? {
    // The pages of Gitea and Forgejo are found by the number within the repository.
    let id = forge == .github ? "GITHUB_RUN_ID" : "GITHUB_RUN_NUMBER"
    guard let server = variables.url("GITHUB_SERVER_URL"), let run = variables[id],
      let repository = variables["GITHUB_REPOSITORY"]
    else { return nil }
    return "\(server)/\(repository)/actions/runs/\(run)"
  }

  fileprivate static func commit(_ value: JSONValue?) -> String? {
    value?.stringValue.flatMap { Git.isCommitID($0) ? $0 : nil }
  }
}

extension FollowedRun {
  fileprivate init?(_ run: JSONValue) {
    guard let commit = PipelineFacts.commit(run["head_sha"]) else { return nil }
    self.commit = commit
    repository = run["head_repository"]?["full_name"]?.stringValue
    branch = run["head_branch"]?.stringValue
    runURL = run["html_url"]?.stringValue
  }
}
