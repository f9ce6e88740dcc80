public import Foundation

/// A new folder that is removed with everything in it when its owner goes.
public final class TemporaryFolder: Sendable {
  /// The folder, by its real path.
  public let url: URL

  /// Makes a folder under the system's temporary folder.
  public init() throws {
    let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    url = parent.appending(
      path: "streamgate-test-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// The folder's path, without a slash at its end.
  public var path: String {
    let path = url.path(percentEncoded: false)
    return path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// A file's or folder's place in it; `name` may contain slashes.
  public func file(_ name: String) -> URL { url.appending(path: name) }

  /// Writes a file, making the folders above it.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> URL {
    let file = file(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return file
  }

  /// Writes a program, by another process: while this one has it open for writing, a program that
  /// another test starts inherits that for a moment, and nobody can run what is open for writing.
  @discardableResult
  public func writeProgram(_ text: String, to name: String) throws -> URL {
    let draft = try write(text, to: name + ".draft")
    let place = file(name)
    let end = try RunningProcess.run(
      "install",
      ["-m", "755", draft.path(percentEncoded: false), place.path(percentEncoded: false)])
    guard end.code == 0 else { throw POSIXError(.EIO) }
    return place
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }
}
