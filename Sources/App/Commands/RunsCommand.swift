import ArgumentParser
import Forge
import Model
import Plan
import ResultStore

/// The stored runs.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List, show, import, export, delete or prune stored runs.",
    subcommands: [
      List.self, Show.self, Import.self, Export.self, Delete.self, Prune.self,
    ], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "The runs in the store, the newest last.")

    @OptionGroup var global: GlobalOptions

    @Option(help: "Only runs of this branch.")
    var branch: String?

    @Option(help: "Only runs of this commit.")
    var commit: String?

    @Option(help: "Only runs of this project.")
    var project: String?

    @Option(help: "The latest so many.")
    var limit = 50

    @Flag(help: "As JSON, a run a line.")
    var json = false

    func run() throws {
      let store = try StoreOptions.open(global, for: .read)
      let filter = RunFilter(project: project, branch: branch, commit: commit, limit: limit)
      let runs = try store.runs(filter)
      if json {
        for run in runs { Console.print(bytes: JSONWriter.bytes(run.json) + [0x0A]) }
        return
      }
      if runs.isEmpty { global.say("no runs in \(store.location)") }
      Console.print(RunTable.text(runs.map(\.header)))
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "One run: its header, cells, rates and objectives.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "A run id or its start.")
    var id: String

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
      let store = try StoreOptions.open(global, for: .read)
      let record = try store.record(id)
      if json {
        Console.print(bytes: JSONWriter.bytes(record.json, indent: 1) + [0x0A])
      } else {
        Console.print(RunView(record: record).text)
      }
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import",
      abstract: "Store run files: spool files that a lost store left, or other machines' runs.",
      discussion: """
        In a workflow_run of GitHub that follows a fork's run, the commit is the
        event's and the branch fork/OWNER/NAME/BRANCH, whatever the file says: it
        joins no baseline. A run that is stored already is left as it is.
        """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Run files, plain or gzip.")
    var files: [String]

    func run() throws {
      let plan = planExists(global) ? try LoadedPlan.loadForStore(global).plan : nil
      let main = plan?.gate.branch ?? GatePlan().branch
      let store = try StoreOptions.open(global, for: .write)
      for file in files {
        let record = try RunFile.read(file).of(Environment.pipeline.foreignRun)
          .summarized(objectives: plan?.objectives ?? [])
        guard try isNew(record, to: store) else {
          Console.print("skipped \(file): \(record.header.runID) is stored already")
          continue
        }
        if record.header.branch == main,
          let reference = EnvironmentReference(freezing: record.header)
        {
          _ = try store.freeze(reference)
        }
        Console.print("imported \(record.header.runID) from \(file)")
      }
    }

    /// Stores a run; false where it is stored already.
    private func isNew(_ record: RunRecord, to store: ResultStore) throws(StoreError) -> Bool {
      do throws(StoreError) {
        try store.importRun(record)
        return true
      } catch {
        guard case .runExists = error else { throw error }
        return false
      }
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export", abstract: "Write a stored run with its requests as a run file.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "A run id or its start.")
    var id: String

    @Argument(help: "The file; packed if it ends in .gz.")
    var file: String

    func run() throws {
      let store = try StoreOptions.open(global, for: .read)
      var record = try store.record(id)
      record.samples = try store.samples(record.header.runID)
      try RunFile.write(record, to: file)
      Console.print("wrote \(record.header.runID) to \(file)")
    }
  }

  struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "delete", abstract: "Remove a run with all that belongs to it.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: "A whole run id.")
    var id: String

    func run() throws {
      let store = try StoreOptions.open(global, for: .write)
      try store.deleteRun(id)
      StreamFinder.folder.remove(id)
      Console.print("deleted \(id)")
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "prune",
      abstract: "Remove the requests of old runs; their cells stay, so that gates go on.",
      discussion: "Example:\n  streamgate runs prune --samples-older 30d")

    @OptionGroup var global: GlobalOptions

    @Option(help: "Remove the requests of runs that were stored longer ago, such as 30d.")
    var samplesOlder: String

    func run() throws {
      guard let age = Nanos(period: samplesOlder), age > .zero else {
        throw ValidationError("--samples-older \(samplesOlder): days or weeks, such as 30d.")
      }
      let store = try StoreOptions.open(global, for: .write)
      let before = UnixNanos(Clock.unix().rawValue - age.rawValue)
      let count = try store.pruneSamples(storedBefore: before)
      let files = StreamFinder.folder.prune(writtenBefore: before)
      Console.print(
        "removed \(count) requests" + (files > 0 ? ", recorded streams of \(files) runs" : ""))
    }
  }
}
