import ArgumentParser
import Foundation
import Gate
import Model
import Plan
import ResultStore

/// The runs of main that others are judged against.
struct BaselineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "List why each run is in or out, accept changes, export and import the file.",
    subcommands: [List.self, Accept.self, Revoke.self, Export.self, Import.self],
    defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "Every run of the plan's environment: what it serves as, and why.",
      discussion: """
        Below the runs: change points of main, and what people accepted, each with
        its reason and its end.

        Examples:
          streamgate baseline list
          streamgate baseline list --json -
        """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var candidate: CandidateOptions

    @Option(help: "Write the same as JSON into this file; - for stdout.")
    var json: String?

    func run() throws {
      let loaded = try LoadedPlan.loadForStore(global)
      let history = try History.ofStoreOrFile(
        loaded, global: global, scope: History.Scope(isWhole: true))
      let judging = Judging(
        loaded: loaded, identity: candidate.identity(for: loaded), history: history)
      let view = BaselineView(
        environment: loaded.environment, history: history,
        choice: judging.choice(candidates: []), baselineMax: loaded.plan.gate.baselineRuns,
        now: Clock.unix())
      if let json {
        let bytes = JSONWriter.bytes(view.json, indent: 1) + [0x0A]
        if json == "-" { return Console.print(bytes: bytes) }
        try Publisher.write(bytes, to: json)
      }
      Console.print(hint: view.text)
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export",
      abstract: "Write the baseline file: the usable runs of main, to commit and review.",
      discussion: """
        The file lies at baselines/PROJECT/ENVIRONMENT.json beside the plan, where
        `run` reads it.
        """)

    @OptionGroup var global: GlobalOptions

    @Option(help: "Another path; - for stdout.")
    var file: String?

    func run() throws {
      let loaded = try LoadedPlan.loadForStore(global)
      let store = try StoreOptions.open(global, for: .read)
      let history = try History.load(loaded, store: store)
      let judging = Judging(
        loaded: loaded, identity: CandidateIdentity.ofMain(loaded), history: history)
      let chosen = Set(judging.selection(candidates: []).telling)
      let runs = history.runs.filter { chosen.contains($0.header.runID) }
      if runs.isEmpty {
        throw Failure(
          .input, "no usable run of \(loaded.plan.gate.branch) in \(loaded.environment)",
          remedy: "streamgate baseline list says why; streamgate run --repeat 5 makes some")
      }
      let baseline = BaselineFile(
        project: loaded.plan.project, environment: loaded.environment,
        referenceTokens: history.reference?.referenceTokens ?? [:],
        stallGap: history.reference?.stallGap, segments: history.segments,
        waivers: history.waivers, acceptances: history.acceptances, runs: runs)
      if file == "-" { return Console.print(bytes: baseline.bytes) }
      let path = file ?? History.baselinePath(loaded)
      try Publisher.write(baseline.bytes, to: path)
      Console.print("wrote \(runs.count) runs to \(path)")
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import", abstract: "Store the runs of a baseline file that are not stored.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The baseline file.")
    var file: String

    func run() throws {
      let baseline: BaselineFile
      baseline = try BaselineFile.open(file)
      let store = try StoreOptions.open(global, for: .write)
      var imported = 0
      if let reference = baseline.reference { _ = try store.freeze(reference) }
      try importDecisions(of: baseline, into: store)
      for run in baseline.runs {
        do throws(StoreError) {
          try store.importRun(run)
          imported += 1
        } catch .runExists {
          continue
        }
      }
      let rest = baseline.runs.count - imported
      Console.print(
        "imported \(imported) of \(baseline.runs.count) runs"
          + (rest > 0 ? "; the others were stored already" : ""))
    }

    /// Of what the store has decided itself the file says nothing: an older one would bring back
    /// what was revoked since.
    private func importDecisions(of file: BaselineFile, into store: ResultStore) throws {
      let (project, environment) = (file.project, file.environment)
      let waived = Set(
        try store.waivers(project: project, environment: environment).map(\.id))
      for waiver in file.waivers where !waived.contains(waiver.id) {
        try store.setWaiver(waiver, project: project, environment: environment)
      }
      let accepted = try store.acceptances(project: project, environment: environment)
      for acceptance in file.acceptances
      where !accepted.contains(where: {
        $0.kind == acceptance.kind && $0.runID == acceptance.runID
      }) {
        try store.setAcceptance(acceptance, project: project, environment: environment)
      }
    }
  }
}
