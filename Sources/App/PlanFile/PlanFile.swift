public import Plan

/// Why a plan file gave no tree.
public enum PlanFileError: Error, Sendable, Equatable {
  /// It could not be opened or read; the system's words.
  case unreadable(path: String, why: String)
  /// It was read and is no plan's text.
  case invalid(PlanProblems)
}

/// Reads plan files and the prompt files that they name.
public enum PlanFile {
  /// Most bytes of a plan file.
  public static let bytesMax = 1 << 20

  /// A plan file's text as a tree, and its duplicate keys.
  private static func read(_ path: String) throws(PlanFileError) -> YAMLTreeReader.Reading {
    let bytes: [UInt8]
    switch BoundedFile.read(path, bytesMax: bytesMax) {
    case .failure(.unreadable(let why)): throw .unreadable(path: path, why: why)
    case .failure(.tooLong):
      throw .invalid(
        PlanProblems([
          PlanProblem(
            .syntax, path: "", origin: .builtIn,
            what: "the plan is longer than \(bytesMax) bytes",
            remedy: "put long prompts into a file of their own")
        ]))
    case .success(let read): bytes = read
    }
    do {
      return try YAMLTreeReader.read(bytes)
    } catch {
      throw .invalid(error)
    }
  }

  /// The tree of a plan's text, or every problem of the text.
  public static func parse(_ bytes: [UInt8]) throws(PlanFileError) -> PlanTree {
    let reading: YAMLTreeReader.Reading
    do {
      reading = try YAMLTreeReader.read(bytes)
    } catch {
      throw .invalid(error)
    }
    if !reading.duplicates.isEmpty { throw .invalid(PlanProblems(reading.duplicates)) }
    return reading.tree
  }

  /// The names of a plan file that may be wrong in anything else; nil where they cannot be told.
  static func names(_ path: String, overrides: [PlanOverride]) -> PlanNames? {
    guard let tree = try? read(path).tree else { return nil }
    return PlanResolver.names(
      of: tree, overrides: overrides, environment: Environment.variables)
  }

  /// Where a file that the plan names is: `name` in the folder of the plan file `plan`, or `name`
  /// itself if it starts with `/`. Prompt files and `tls.ca` are named so.
  public static func path(_ name: String, beside plan: String) -> String {
    guard !name.hasPrefix("/"), let slash = plan.lastIndex(of: "/") else { return name }
    return plan[...slash] + name
  }

  /// The plan of a file with variables and flags put over it: reads the file, then the prompt files
  /// that it names, relative to its folder.
  public static func resolve(
    _ path: String, overrides: [PlanOverride] = [], environment: [String: String],
    secrets: SecretRule = .required
  ) throws(PlanFileError) -> PlanResolution {
    let reading = try read(path)
    let resolution: PlanResolution
    do {
      resolution = try PlanResolver.resolve(
        reading.tree, overrides: overrides, environment: environment, secrets: secrets,
        promptFile: { name in
          BoundedFile.read(self.path(name, beside: path), bytesMax: PromptFile.bytesMax)
        })
    } catch {
      throw .invalid(PlanProblems(reading.duplicates + error.problems))
    }
    if !reading.duplicates.isEmpty { throw .invalid(PlanProblems(reading.duplicates)) }
    return resolution
  }
}
