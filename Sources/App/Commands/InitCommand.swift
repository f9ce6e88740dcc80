import ArgumentParser
import Foundation
import Plan
import Reports

/// Writes a first plan.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a commented streamgate.yaml for an endpoint, and git-ignore .streamgate/.",
    discussion: """
      Asks for what no flag names, if there is somebody to ask.

      Example:
        streamgate init --url http://127.0.0.1:8080 --model llama-3.1-8b --rate 5
      """)

  @Option(name: [.long, .customShort("c")], help: "The plan file to write.")
  var config = GlobalOptions.defaultConfig

  @Option(help: "The endpoint: scheme, host and port.")
  var url: String?

  @Option(help: "The model's name; empty where the endpoint needs none.")
  var model: String?

  @Option(help: "Streams per second under sustained load.")
  var rate: Double?

  @Option(
    help: "Users of the stress profile; else twice those that Little's law gives for the rate.")
  var users: Int?

  @Option(help: "The project's name; else the folder's.")
  var project: String?

  @Flag(help: "Write over a plan that is there.")
  var force = false

  func run() throws {
    if FileManager.default.fileExists(atPath: config), !force {
      throw Failure(
        .usage, "there is a plan already", at: config,
        remedy: "--force writes over it, --config names another")
    }
    let url = try self.url ?? ask("Endpoint URL", example: "http://127.0.0.1:8080", flag: "--url")
    let model = try self.model ?? ask("Model", example: "llama-3.1-8b", flag: "--model")
    let rate = try self.rate ?? askRate()
    let folder = URL(filePath: FileManager.default.currentDirectoryPath).lastPathComponent
    let answers = PlanAnswers(
      project: project ?? PlanAnswers.projectName(from: folder), url: url, model: model,
      rate: rate, stressUsers: users)
    let text = answers.planText
    try check(text)
    try Publisher.write(Array(text.utf8), to: config)
    Console.print("wrote \(config)")
    if try ignoreResults() { Console.print("added .streamgate/ to .gitignore") }
    Console.print(
      CommandFlags(config: config == GlobalOptions.defaultConfig ? nil : config)
        .put(into: "next: streamgate check, then streamgate run --branch main --repeat 5"))
  }

  /// A plan that `init` writes must resolve: what is wrong in the answers is said now.
  private func check(_ text: String) throws {
    do {
      _ = try PlanResolver.resolve(
        try PlanFile.parse(Array(text.utf8)), environment: Environment.variables)
    } catch let error as PlanFileError {
      throw Failure(error, file: config)
    } catch let problems as PlanProblems {
      throw Failure(problems, file: config)
    }
  }

  private func ask(_ question: String, example: String, flag: String) throws -> String {
    guard isatty(STDIN_FILENO) == 1 else {
      throw Failure(
        .usage, "\(flag) is needed, since there is nobody to ask", remedy: "\(flag) \(example)")
    }
    Console.errorPart("\(question) (such as \(example)): ")
    return (readLine() ?? "").trimmingCharacters(in: .whitespaces)
  }

  private func askRate() throws -> Double {
    let text = try ask("Streams per second", example: "5", flag: "--rate")
    guard let rate = Double(text) else {
      throw Failure(.usage, "\"\(text)\" is no number of streams per second", remedy: "--rate 5")
    }
    return rate
  }

  /// Adds the results' folder to `.gitignore` beside the plan; false if it was there.
  private func ignoreResults() throws -> Bool {
    let folder = URL(filePath: config).deletingLastPathComponent()
    let path = folder.appending(path: ".gitignore")
    let old = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    let lines = old.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    if lines.contains(".streamgate/") || lines.contains(".streamgate") { return false }
    let separator = old.isEmpty || old.hasSuffix("\n") ? "" : "\n"
    try Publisher.write(
      Array((old + separator + ".streamgate/\n").utf8), to: path.relativePath)
    return true
  }
}
