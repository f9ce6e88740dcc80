public import ArgumentParser
import Forge
import LoadEngine
import Model
public import Plan
import Reports

/// The pipeline step.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Drive the endpoint, keep the run, judge it, report it, and exit with the verdict.",
    discussion: """
      The commit and branch come from flags, else from the pipeline's variables
      (GitHub, GitLab, Jenkins, Buildkite, CircleCI, Azure, Bitbucket, Gitea,
      Forgejo), else from git. A tree with changes whose commit only git knows is
      kept as `uncommitted` and never joins a baseline. A run on gate.branch joins
      the baseline, and one of a merge queue does once its commit is there. An
      inconclusive run is repeated by itself, up to gate.maxLooks.

      --rate, --users and --duration leave the plan's fixed profile for this run:
      it is marked so in store and reports, compared with nothing, joins no
      baseline, and is held to its objectives alone; where they hold it is
      inconclusive. --set rate=12 changes the plan instead, for good: another
      environment, whose runs are compared with each other.

      A pull request from a fork has no secrets. Where those that the plan's
      endpoint needs are missing there, no load is sent: the gate is skipped and
      says so, in every report, with exit code 0, or 3 under --no-credentials
      fail. Where only the store's are missing, the change is held against the
      committed baseline file. Elsewhere a missing secret is an error (65).

      Examples:
        streamgate run --out out
        streamgate run --branch main --repeat 5   seed a baseline
        streamgate run --size quick --set rate=10 --recorder full
        streamgate run --rate 20 --duration 60s   explore another load
        streamgate run --metrics 9464             metrics while it runs
        streamgate run --out out --comment        in a pull request's pipeline
        streamgate run --commit "$SHA" --branch "$BRANCH" --inconclusive block
        streamgate run --no-credentials fail      hold up unmeasured forks
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "Write \(Publisher.names) and the run files into this folder.")
  var out: String?

  @OptionGroup var candidate: CandidateOptions

  @OptionGroup var load: LoadOptions

  @OptionGroup var metrics: MetricsOptions

  @OptionGroup var announcement: AnnouncementOptions

  @Option(help: "quick, standard or soak, instead of the plan's size.")
  var size: String?

  @Option(help: "timing, full or off, instead of the plan's recorder.")
  var recorder: String?

  @OptionGroup var pipeline: PipelineOptions

  @OptionGroup var engines: EngineOptions

  @OptionGroup var lock: LockOptions

  @Option(help: "What inconclusive exits with: warn (0), block (1) or code (2).")
  var inconclusive: InconclusivePolicy?

  @OptionGroup var credentials: CredentialOptions

  @Option(name: .customLong("repeat"), help: "Run so many times: seeds a baseline on gate.branch.")
  var count = 1

  @Option(help: "Spread the repeated runs over this time, such as 2h.")
  var spread: String?

  @Option(help: "Judge this commit anew, though it has a verdict; the reason is kept and shown.")
  var restart: String?

  @Option(help: "strict (both schemas) or extended (properties for CircleCI, Buildkite).")
  var junitDialect: JUnitDialect = .strict

  @Flag(help: "Exit codes for git bisect run: 125 where the run cannot tell. Implies code.")
  var bisect = false

  func validate() throws {
    guard (1...1_000).contains(count) else {
      throw ValidationError("--repeat \(count): 1 to 1000 runs.")
    }
    if let flag = load.flags.first {
      if count > 1 {
        throw ValidationError(
          "\(flag) leaves the fixed profile, whose runs alone --repeat seeds a baseline with: "
            + "give one of them.")
      }
      if restart != nil {
        throw ValidationError(
          "\(flag) leaves the fixed profile, and such a run has no looks that --restart could "
            + "start anew: give one of them.")
      }
    }
    if announcement.comment || announcement.check == true, count > 1 {
      let flag = announcement.comment ? "--comment" : "--check"
      throw ValidationError("\(flag) is for one verdict: leave it out with --repeat.")
    }
    if credentials.policy != nil, bisect || count > 1 {
      throw ValidationError(
        "--no-credentials is for one verdict on a change: leave it out with --repeat and --bisect.")
    }
    if spread != nil, count == 1 {
      throw ValidationError("--spread spreads repeated runs: give --repeat too.")
    }
    if let restart, restart.allSatisfy(\.isWhitespace) {
      throw ValidationError("--restart needs a reason: it is shown in every report.")
    }
  }

  func run() async throws {
    let pipeline = pipeline.open()
    defer { pipeline.close() }
    do { try await run(pipeline) } catch { throw pipeline.told(error) }
  }

  private func run(_ pipeline: PipelineOutput) async throws {
    do {
      let code = try await gate(pipeline)
      if code != .pass { throw bisect ? code.forBisect : code }
    } catch {
      guard bisect, let failure = Failure(of: error) else { throw error }
      Console.error(failure.text)
      throw failure.code.forBisect
    }
  }

  /// The verdict's code, or that of a signal, also of one that came too late to stop anything.
  private func gate(_ pipeline: PipelineOutput) async throws -> ExitCode {
    let signals = Signals()
    let code = try await gate(signals, pipeline)
    return ExitCode.mostSevere([code, signals.exitCode].compactMap { $0 })
  }

  private func gate(_ signals: Signals, _ pipeline: PipelineOutput) async throws -> ExitCode {
    var extra: [PlanOverride] = []
    if let size { extra.append(PlanOverride(path: "size", text: size, flag: "--size")) }
    if let recorder {
      extra.append(PlanOverride(path: "recorder", text: recorder, flag: "--recorder"))
    }
    let loaded: LoadedPlan
    do {
      loaded = try credentials.load(
        global, extra: extra, load: load, isOneVerdict: count == 1 && !bisect)
    } catch {
      await tellUnread(error, overrides: global.planOverrides + extra)
      throw error
    }
    let (candidate, options) = (candidate, global)
    let identity = await onOwnThread { candidate.identity(for: loaded) }
    if !loaded.resolution.missingCredentials.isEmpty {
      return await skip(loaded, identity, pipeline, signals)
    }
    func open() async throws -> RunSession {
      let endpoint = try metrics.open(for: loaded.plan, options: options)
      var session = try await RunSession.open(
        loaded, options: global, identity: identity,
        publisher: publisher(loaded, pipeline),
        policy: ExitPolicy(loaded.plan.gate, inconclusive: inconclusive ?? (bisect ? .code : nil)),
        signals: signals, engines: engines.count(global))
      session.metrics = endpoint
      session.lockWait = try lock.wait()
      return session
    }
    if count > 1 {
      return try await open().seed(count: count, over: try spreadTime(loaded))
    }
    let announcement = await announcement(loaded, identity)
    let check = await announcement?.begin(signals)
    var report: Report?
    let end: Result<ExitCode, any Error>
    do {
      let session = try await open()
      defer { report = session.published }
      end = .success(try await session.gate(restartReason: restart))
    } catch {
      end = .failure(error)
    }
    // Whatever ended the gate, what was judged until then is announced.
    await announcement?.end(report, end, check)
    return try end.get()
  }

  private func announcement(
    _ loaded: LoadedPlan, _ identity: CandidateIdentity
  ) async -> RunAnnouncement? {
    let subject = RunAnnouncement.Subject(
      project: loaded.plan.project, name: loaded.plan.gate.environment,
      environment: loaded.environment, commit: identity.commit, plan: global.config, size: size)
    let (announcement, options, git) = (announcement, global, loaded.git)
    return await onOwnThread {
      RunAnnouncement.open(announcement, subject, git: git, options: options)
    }
  }

  /// Says in the comment of a plan that is wrong that there is no verdict, where the plan at least
  /// tells whose comment that is.
  private func tellUnread(_ error: any Error, overrides: [PlanOverride]) async {
    guard announcement.comment else { return }
    let (candidate, options) = (candidate, global)
    var commentAlone = announcement
    commentAlone.check = false
    let open = await onOwnThread { [announcement = commentAlone] () -> RunAnnouncement? in
      guard let names = PlanFile.names(options.config, overrides: overrides) else {
        options.say(
          "note: --comment: the plan's project is not known, so that a comment keeps what it says")
        return nil
      }
      let git = LoadedPlan.git(beside: options.config)
      let commit = candidate.identity(git: git, mainBranch: GatePlan().branch).commit
      return RunAnnouncement.open(
        announcement,
        RunAnnouncement.Subject(
          project: names.project, name: names.environment, commit: commit, plan: options.config),
        git: git, options: options)
    }
    await open?.end(error)
  }

  private func publisher(_ loaded: LoadedPlan, _ pipeline: PipelineOutput) -> Publisher {
    Publisher(
      out: out, paths: loaded.plan.reports, junit: junitDialect.format,
      form: global.form, pipeline: pipeline)
  }

  /// Says everywhere that nothing was measured, for want of the endpoint's credentials.
  private func skip(
    _ loaded: LoadedPlan, _ identity: CandidateIdentity, _ pipeline: PipelineOutput,
    _ signals: Signals
  ) async -> ExitCode {
    let announcement = await announcement(loaded, identity)
    let check = await announcement?.begin(signals)
    let report = credentials.report(on: loaded, identity)
    global.say(credentials.line(loaded))
    let code = ExitCode.mostSevere(publisher(loaded, pipeline).publish(report))
    await announcement?.end(report, .success(code), check)
    return code
  }

  private func spreadTime(_ loaded: LoadedPlan) throws -> Nanos {
    guard let spread else { return .zero }
    guard let time = Nanos(duration: spread) else {
      throw ValidationError("--spread \(spread): a time such as 90s, 30m or 2h.")
    }
    return time
  }
}

extension InconclusivePolicy: ExpressibleByArgument {}

/// How JUnit files are written.
enum JUnitDialect: String, ExpressibleByArgument {
  case strict
  case extended

  var format: ReportFormat { self == .strict ? .junit : .junitExtended }
}

/// Which commit is judged.
struct CandidateOptions: ParsableArguments {
  @Option(help: "The commit that is judged; else the pipeline's, else git's HEAD.")
  var commit: String?

  @Option(help: "The branch; else the pipeline's, else git's.")
  var branch: String?

  func validate() throws {
    if commit?.allSatisfy(\.isWhitespace) ?? false {
      throw ValidationError("--commit is empty: is the variable set that it comes from?")
    }
    if branch?.allSatisfy(\.isWhitespace) ?? false {
      throw ValidationError("--branch is empty: is the variable set that it comes from?")
    }
  }

  /// Flags first, then the pipeline, then git, asked in the plan's folder.
  func identity(for loaded: LoadedPlan) -> CandidateIdentity {
    identity(git: loaded.git, mainBranch: loaded.plan.gate.branch)
  }

  /// The same without a plan. Git is asked, which blocks.
  func identity(git: Git, mainBranch: String) -> CandidateIdentity {
    CandidateIdentity.find(
      commit: commit, branch: branch, pipeline: Environment.pipeline, isCI: Environment.isCI,
      git: git, mainBranch: mainBranch)
  }
}
