import ArgumentParser
import Forge
import Model
import Reports

/// How a run is announced on the forge.
struct AnnouncementOptions: ParsableArguments {
  @Flag(
    help: "Post the verdict as a comment of the pull request, or bring the one there up to date.")
  var comment = false

  @Flag(
    inversion: .prefixedNo,
    help: """
      A check run of the commit on GitHub, in progress while the run lasts; by default in GitHub \
      Actions where the job has a token that may write checks.
      """)
  var check: Bool?

  @OptionGroup var forge: ForgeOptions
}

/// What a run says of itself on the forge. Nothing here changes the verdict or its exit code: what
/// the forge refuses is a warning.
struct RunAnnouncement: Sendable {
  /// What is announced: a gate and the commit that it is to judge.
  struct Subject: Sendable {
    var project: String
    /// The environment's name, without the digest of the plan.
    var name: String
    /// The environment, nil where the plan could not be read whole.
    var environment: String?
    var commit: String
    /// The plan file as a flag names it.
    var plan: String
    /// The size that a flag names, nil for none.
    var size: String?
  }

  private let subject: Subject
  private let address: ForgeAddress
  /// The pull request to comment on, nil for none.
  private let pullRequest: Int?
  /// The check run to make, nil for none.
  private let check: Check?
  private let pipeline: PipelineFacts
  private let options: GlobalOptions

  private struct Check {
    /// True if a flag asks for it: then it is said why there is none.
    var isAsked: Bool
  }

  /// How long the forge is asked by a process that a signal is about to end.
  private static let leaving = ForgePatience(
    attemptsMax: 2, firstPause: .milliseconds(200), requestTimeMax: .seconds(3),
    timeMax: .seconds(4))

  /// What the flags and the pipeline ask for; nil for nothing, or where it cannot be done, which
  /// is said before load. Asks git, which blocks.
  static func open(
    _ announcement: AnnouncementOptions, _ subject: Subject, git: Git, options: GlobalOptions
  ) -> RunAnnouncement? {
    let pipeline = Environment.pipeline
    let number = announcement.forge.pullRequest ?? pipeline.pullRequest
    if announcement.comment, number == nil {
      options.say(
        "note: --comment: there is no pull request here, so that there will be no comment")
    }
    let pullRequest = announcement.comment ? number : nil
    let isCommit = Git.isCommitID(subject.commit)
    let isAsked = announcement.check == true
    if isAsked, !isCommit {
      options.say(
        "note: --check: \(subject.commit) is no commit, so that there will be no check run")
    }
    let mayCheck = announcement.check ?? (pipeline.provider == .github)
    guard pullRequest != nil || (mayCheck && isCommit) else { return nil }
    do throws(Failure) {
      let address = try announcement.forge.address(pipeline, git: git)
      // The token is looked for now, so that a missing one is known before load.
      _ = try ForgeClient.open(address)
      let isCheck = mayCheck && isCommit && address.kind == .github
      if isAsked, !isCheck, isCommit {
        options.say("note: --check: only GitHub has check runs")
      }
      return RunAnnouncement(
        subject: subject, address: address, pullRequest: pullRequest,
        check: isCheck ? Check(isAsked: isAsked) : nil, pipeline: pipeline, options: options)
    } catch {
      if pullRequest != nil || isAsked {
        let flag = pullRequest != nil ? "--comment" : "--check"
        options.say(error.warning(flag))
      }
      return nil
    }
  }

  /// Starts the check run, where there is to be one; from here on a signal that ends the process
  /// before load is told in the comment that is there.
  func begin(_ signals: Signals) async -> RunningCheck? {
    if pullRequest != nil {
      signals.beforeLeaving(.announcement) {
        _ = tellMissing(.interrupted, "interrupted before load", patience: Self.leaving)
      }
    }
    guard let check else { return nil }
    let outcome = await onOwnThread { start() }
    switch outcome {
    case .success(let running): return running
    case .failure(let error):
      let text = error.text("there is no check run", at: address, permission: "checks: write")
      // A token that may not is what most jobs have: nobody asked for a check.
      if !check.isAsked, case .refused = error {
        options.note(text)
      } else {
        options.say(text)
      }
      return nil
    }
  }

  private func start() -> Result<RunningCheck, ForgeError> {
    let client: ForgeClient
    do throws(Failure) {
      client = try ForgeClient.open(address)
    } catch {
      return .failure(.unexpected(what: error.what))
    }
    return Result { () throws(ForgeError) -> RunningCheck in
      let name = CheckName(
        project: subject.project, environment: subject.name, plan: subject.plan, size: subject.size)
      return try RunningCheck.start(
        name, commit: subject.commit, runURL: pipeline.runURL, client: client)
    }
  }

  /// Posts the report, or that there is none, and ends the check run, by what the gate came to.
  func end(
    _ report: Report?, _ result: Result<ExitCode, any Error>, _ running: RunningCheck?
  ) async {
    let (code, why) = RunAnnouncement.ended(result)
    let said = await onOwnThread { () -> [String] in
      var said: [String] = []
      let budget = ForgeBudget(hasCheck: running != nil, now: Clock.monotonic())
      if pullRequest != nil {
        let isLeaving = [.interrupted, .terminated].contains(code)
        let patience = (isLeaving ? Self.leaving : ForgePatience()).within(budget.comment)
        said +=
          report.map { comment($0, patience: patience) }
          ?? tellMissing(code, why ?? "the job's log says why", patience: patience)
      }
      do throws(ForgeError) {
        try running?.end(report, code, why: why, budget)
      } catch {
        said.append(
          error.text(
            "the check run was not ended", at: address, permission: "checks: write"))
      }
      return said
    }
    for text in said { options.say(text) }
  }

  /// Says of a run that never got to `begin` that there is no verdict.
  func end(_ error: any Error) async {
    await end(nil, .failure(error), nil)
  }

  /// The exit code, and why there is no verdict where an error says so.
  private static func ended(_ result: Result<ExitCode, any Error>) -> (ExitCode, String?) {
    switch result {
    case .success(let code):
      return (code, [.interrupted, .terminated].contains(code) ? "interrupted" : nil)
    case .failure(let code as ExitCode):
      return (code, [.interrupted, .terminated].contains(code) ? "interrupted" : nil)
    case .failure(let error):
      guard let failure = Failure(of: error) else { return (.defect, nil) }
      return (failure.code, failure.account)
    }
  }

  /// Posts the report; what came of it in words.
  private func comment(_ report: Report, patience: ForgePatience) -> [String] {
    told(patience) { (comment: PullRequestComment) throws(ForgeError) -> [String] in
      let outcome = try comment.post([report])
      return [outcome.text, outcome.warning.map { "warning: " + $0 }].compactMap { $0 }
    }
  }

  /// Says in the comment that there is no verdict on this commit; an interrupted run makes none.
  private func tellMissing(
    _ code: ExitCode, _ why: String, patience: ForgePatience
  ) -> [String] {
    let missing = MissingVerdict(
      project: subject.project, environment: subject.environment ?? subject.name,
      commit: subject.commit, why: why, exitCode: Int(code.rawValue))
    let gate = PullRequestComment.GateName(
      project: subject.project, name: subject.name, environment: subject.environment,
      commit: subject.commit)
    let mayCreate = ![.interrupted, .terminated].contains(code)
    return told(patience) { (comment: PullRequestComment) throws(ForgeError) -> [String] in
      [try comment.post(missing: missing, of: gate, mayCreate: mayCreate)]
    }
  }

  private func told(
    _ patience: ForgePatience,
    _ post: (PullRequestComment) throws(ForgeError) -> [String]
  ) -> [String] {
    guard let pullRequest else { return [] }
    do throws(Failure) {
      var comment = PullRequestComment(
        client: try ForgeClient.open(address, patience: patience), pullRequest: pullRequest,
        runURL: pipeline.runURL)
      comment.expected = pipeline.commits
      do throws(ForgeError) {
        return try post(comment)
      } catch {
        return [error.text("the comment was not written", at: address)]
      }
    } catch {
      return [error.text]
    }
  }
}

extension PipelineFacts {
  /// The commits that this job is about.
  var commits: Set<String> {
    Set([commit, testedCommit, followed?.commit].compactMap { $0 })
  }
}
