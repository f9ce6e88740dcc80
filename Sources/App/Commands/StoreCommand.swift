import ArgumentParser
import Reports
import ResultStore

/// The store itself.
struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "Migrate the store, or check it.",
    subcommands: [Migrate.self, Check.self])

  struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "migrate",
      abstract: "Make the store's tables, or bring them up to this version; nothing is lost.",
      discussion:
        "Example:\n  STREAMGATE_STORE=postgres://gate@db/streamgate streamgate store migrate")

    @OptionGroup var global: GlobalOptions

    func run() throws {
      let location = try StoreOptions.location(global)
      let migration = try ResultStore.migrate(location, report: StoreUpgrade.reporter())
      Console.print(sentence(migration, location))
      if let failure = migration.notPacked {
        Console.error(
          "warning: the values of some runs could not be packed, and are read run by run: "
            + Console.inertLine(Failure(failure).account) + "\n  try: streamgate store check")
      }
    }

    private func sentence(_ migration: Migration, _ location: StoreLocation) -> String {
      if migration.from == migration.to {
        let packed = Figures.count(migration.packed, "run") + " packed"
        return "\(location): schema \(migration.to), "
          + (migration.packed == 0 ? "nothing to do" : packed)
      }
      let before = migration.from == 0 ? "made" : "brought from schema \(migration.from)"
      return "\(location): \(before) to schema \(migration.to)"
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Look the store over: schema, unfinished runs, blocks, whether it can be written.",
      discussion: "Exits with 66 if the store is damaged, 74 if it cannot be written.")

    @OptionGroup var global: GlobalOptions

    func run() throws {
      let location = try StoreOptions.location(global)
      let check: StoreCheck
      check = try ResultStore.open(location, for: .read).check()
      Console.print(
        """
        store       \(location)
        schema      \(check.schemaVersion), this streamgate writes \(check.knownVersion)
        runs        \(check.runs)
        requests    \(check.samples)
        blocks      \(check.blocks.blocks), of \(Figures.count(check.blocks.runs, "run"))
        unfinished  \(check.unfinished.isEmpty ? "none" : check.unfinished.joined(separator: ", "))
        leases      \(check.leases.isEmpty ? "none" : "\(check.leases.count)")
        writable    \(check.notWritable == nil ? "yes" : "no")
        """)
      for lease in check.leases {
        Console.print("lease       " + Console.inertLine("\(lease.target): \(lease.words)"))
      }
      for problem in check.problems { Console.print("problem     " + Console.inert(problem)) }
      if check.orphans > 0 { Console.print("problem     \(check.orphans) requests without a run") }
      for line in BlockLines(check.blocks, of: location).lines {
        Console.print(hint: Console.inert(line))
      }
      if !check.problems.isEmpty || check.orphans > 0 || check.blocks.codes.contains(.input) {
        throw ExitCode.input
      }
      if let failure = check.notWritable { throw Failure(failure) }
      if let code = check.blocks.codes.first { throw code }
    }
  }
}
