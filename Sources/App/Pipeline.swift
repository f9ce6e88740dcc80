import Forge

extension Environment {
  /// Bytes of an event file at most: GitHub caps them at 25 MB.
  private static let eventBytesMax = 32 << 20

  /// The pipeline that this process runs in, read once. An event file that cannot be read is as
  /// none: the variables alone still tell the commit that is checked out.
  static let pipeline = PipelineFacts.detect(variables, event: eventFile)

  private static var eventFile: [UInt8]? {
    guard let path = variables["GITHUB_EVENT_PATH"], !path.isEmpty else { return nil }
    return try? BoundedFile.read(path, bytesMax: eventBytesMax).get()
  }
}
