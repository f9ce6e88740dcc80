import CLinux

extension LoadEngine {
  /// Makes sure that the process may open the files that so many streams at once, in so many
  /// engines, need: raises its soft limit as far as the hard limit allows, and throws where that is
  /// not enough. To be called before anything is sent or stored.
  public static func allowOpenFiles(streams: Int, engines: Int) throws(EngineError) {
    let needed = EngineRoom(inFlightMax: streams, engines: engines).filesMax
    let allowed = Int(clamping: streamgate_allow_open_files(Int64(needed)))
    guard allowed >= needed else {
      throw .openFiles(allowed: allowed, needed: needed, engines: engines)
    }
  }
}

extension EngineRoom {
  /// The most streams at once that `allowed` files are enough for, 0 for none. O(log allowed).
  static func streams(fitting allowed: Int, engines: Int) -> Int {
    var (low, high) = (0, max(allowed, 0))
    while low < high {
      let middle = (low + high + 1) / 2
      let fits = EngineRoom(inFlightMax: middle, engines: engines).filesMax <= allowed
      if fits { low = middle } else { high = middle - 1 }
    }
    return low
  }
}

extension EngineError {
  /// What to try where `allowed` open files are not enough for so many engines.
  public static func openFilesRemedy(allowed: Int, needed: Int, engines: Int) -> String {
    let streams = EngineRoom.streams(fitting: allowed, engines: engines)
    return "a higher hard limit (ulimit -Hn \(needed) as root, docker run --ulimit"
      + " nofile=\(needed))" + (streams > 0 ? ", or limits.inFlight: \(streams)" : "")
      + (engines > 1 ? ", or fewer engines" : "")
  }
}
