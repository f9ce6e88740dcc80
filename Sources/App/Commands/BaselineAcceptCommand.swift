import ArgumentParser
import Forge
import Gate
import Model
import Plan

extension BaselineCommand {
  /// A person's decision that something does not block.
  struct Accept: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "accept",
      abstract: "Accept a regression, a failed run of main, or a change point; with a reason.",
      discussion: """
        A regression (--metric, --profile, --scenario) is waived: it stays among the
        hypotheses, and neither fails the gate nor makes it inconclusive. Without a
        cell the waiver covers the metric everywhere; that of a cell does not cover
        the composite. A failed run of main (--run) serves in the baseline all the
        same. A change point (--change-point) begins a segment: changes are judged
        by the runs from it on.

        The decision is written into baselines/PROJECT/ENVIRONMENT.json, to be
        committed and reviewed, and into the store, where it holds for every
        judgement from now on. A commit that was judged keeps its verdict: another
        commit is judged anew, or run --restart does so. Every report shows it with
        its reason and its end. The same scope accepted again is renewed; streamgate
        baseline revoke takes it back.

        Examples:
          streamgate baseline accept --metric ttft_p50 --expires 30d \\
            --reason "bigger model"
          streamgate baseline accept --metric ttft_p95 --profile stress \\
            --scenario long --reason "known, see #812" --expires 2026-12-31
          streamgate baseline accept --run 0193f2 --reason "quota raised too late"
          streamgate baseline accept --change-point 4f2a9c1 \\
            --reason "safety filter, agreed"
        """)

    @OptionGroup var global: GlobalOptions

    @Option(help: "The metric whose regression is accepted, such as ttft_p50 or error.")
    var metric: String?

    @Option(help: "Only in this profile.")
    var profile: String?

    @Option(help: "Only in cells of this scenario.")
    var scenario: String?

    @Option(
      name: .customLong("run"),
      help: "A failed run of main: its id, the start of it, or its commit.")
    var failedRun: String?

    @Option(help: "A proposed change point: the commit or the run that it is at.")
    var changePoint: String?

    @Option(help: "Why; it is shown in every report.")
    var reason: String

    @Option(
      help: """
        Until when: 30d, 6w, 2026-12-31 (that day included); never: without end, as without this \
        flag, which of a waiver is warned of.
        """)
    var expires: String?

    func validate() throws {
      if reason.allSatisfy(\.isWhitespace) {
        throw ValidationError("--reason is empty: why is it accepted? Every report shows it.")
      }
      let hasScope = metric != nil || profile != nil || scenario != nil
      let kinds = [hasScope, failedRun != nil, changePoint != nil].count { $0 }
      guard kinds > 0 else {
        throw ValidationError(
          "what is accepted? --metric (with --profile and --scenario), --run or --change-point.")
      }
      guard kinds == 1 else {
        throw ValidationError(
          "--metric, --run and --change-point exclude each other: accept them one by one.")
      }
    }

    func run() throws {
      let now = Clock.unix()
      let end = try expiry(now)
      let loaded = try LoadedPlan.loadForStore(global)
      let person = (try? loaded.git.userName()) ?? nil
      let book = DecisionBook(loaded: loaded)
      let decisions = try decisions(
        AcceptFinder(loaded: loaded, global: global), by: person, at: now, until: end)
      try book.write(decisions)
      if expires == nil, failedRun == nil, changePoint == nil {
        Console.error(
          "warning: this waiver has no end: again with --expires 30d gives it one, --expires never "
            + "says that none is meant")
      }
      for decision in decisions {
        Console.print(
          Console.inertLine("accepted: \(decision.scope), \(decision.words(at: now))"))
        Console.print(
          hint: Console.inertLine("take it back: streamgate baseline revoke \(decision.name)"))
      }
      Console.print("kept in \(loaded.storeLocation), and in \(book.path): commit that file")
      Console.print(
        hint:
          "it holds from the next judgement on; a commit that failed already needs another commit,"
          + " or streamgate run --restart")
      if profile != nil || scenario != nil {
        Console.print("the composites, over all cells, are judged as before")
      }
    }

    private func decisions(
      _ finder: AcceptFinder, by person: String?, at now: UnixNanos, until end: UnixNanos?
    ) throws -> [Decision] {
      func run(_ kind: Acceptance.Kind, _ id: String) -> Decision {
        .run(
          Acceptance(
            kind: kind, runID: id, reason: reason, acceptedBy: person, acceptedAt: now,
            expiresAt: end))
      }
      if let failedRun { return try finder.failedRuns(failedRun).map { run(.run, $0) } }
      if let changePoint { return [run(.changePoint, try finder.changePoint(changePoint))] }
      let scope = try finder.scope(metric: metric, profile: profile, scenario: scenario)
      return [
        .waiver(
          Waiver(
            id: scope.waiverID, metric: scope.metric, profile: scope.profile,
            scenario: scope.scenario, reason: reason, acceptedBy: person, acceptedAt: now,
            expiresAt: end))
      ]
    }

    private func expiry(_ now: UnixNanos) throws -> UnixNanos? {
      guard let expires, expires != "never" else { return nil }
      guard let end = Expiry.time(expires, from: now) else {
        throw Failure(
          .usage, "--expires \(Console.inertLine(expires)) is no time",
          remedy: "30d, 6w, a date as 2026-12-31, or never")
      }
      guard end > now else {
        throw Failure(
          .usage, "--expires \(Console.inertLine(expires)) is in the past",
          because: "it would be over at \(end.iso8601)",
          remedy: "a later date, or streamgate baseline revoke to take something back")
      }
      return end
    }
  }

  /// Takes back what was accepted.
  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke",
      abstract: "Take back what was accepted: it is over now, and listed as such.",
      discussion: """
        In the store and in the baseline file, which is to be committed: on branches
        that have not got that commit the store's word counts. --forget removes it
        altogether.

        Examples:
          streamgate baseline revoke w-3f2a91c0
          streamgate baseline revoke w-3f2a91c0 --forget
        """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The waiver's name or the run's id, as streamgate baseline list shows it.")
    var name: String

    @Flag(help: "Remove it, so that nothing lists it any more.")
    var forget = false

    func run() throws {
      let now = Clock.unix()
      let loaded = try LoadedPlan.loadForStore(global)
      let history = try History.ofStoreOrFile(loaded, global: global)
      let known = history.decisions
      let exact = known.filter { $0.name == name }
      let found = exact.isEmpty ? known.filter { $0.name.hasPrefix(name) } : exact
      guard !found.isEmpty, Set(found.map(\.name)).count == 1 else {
        throw Failure(
          .usage,
          found.isEmpty
            ? "nothing is accepted under the name \(Console.inertLine(name))"
            : "several are called \(Console.inertLine(name))…",
          because: known.isEmpty
            ? "nothing is accepted in \(loaded.environment)"
            : "there is " + known.map(\.name).joined(separator: ", "),
          remedy: nearest(name, in: known.map(\.name))
            ?? "streamgate baseline list shows what is accepted")
      }
      let book = DecisionBook(loaded: loaded)
      if forget {
        for decision in found { try book.forget(decision) }
      } else {
        try book.write(
          found.map { decision in
            var decision = decision
            if !decision.isExpired(at: now) { decision.expiresAt = now }
            return decision
          })
      }
      for decision in found {
        Console.print(
          Console.inertLine("\(forget ? "forgotten" : "over"): \(decision.scope)"))
      }
      Console.print("kept in \(loaded.storeLocation), and in \(book.path): commit that file")
    }
  }
}
