import Foundation
import Plan

/// Reads whole files that must not be long.
enum BoundedFile {
  /// The bytes of a regular file of at most `bytesMax`. Devices and pipes, which may never end, are
  /// refused; opening does not wait for a pipe's other end.
  static func read(_ path: String, bytesMax: Int) -> Result<[UInt8], PromptFileError> {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(.unreadable(systemText())) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(.unreadable(systemText())) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      return .failure(.unreadable(isFolder ? "it is a folder" : "it is no regular file"))
    }
    guard status.st_size <= bytesMax else { return .failure(.tooLong) }
    // Not the status' size: a file may grow, and those in /proc say zero.
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return .failure(.unreadable(systemText())) }
      if count == 0 { return .success(bytes) }
      bytes += chunk[..<count]
      if bytes.count > bytesMax { return .failure(.tooLong) }
    }
  }

  private static func systemText() -> String { String(cString: strerror(errno)) }
}
