import CLinux
import LoadEngine

/// The cores that this process may use, from which `--engines auto` follows.
enum UsableCores {
  /// By affinity and by the CPU quota of the control groups around the process; at least 1.
  static func count() -> Int {
    let allowed = Int(streamgate_allowed_cores())
    return cores(allowed: allowed, quota: quota(root: ""))
  }

  /// The smaller of affinity and quota, in whole cores. An affinity that is not known counts as 1.
  static func cores(allowed: Int, quota: Double?) -> Int {
    max(1, min(allowed, quota.map { Int($0) } ?? allowed))
  }

  /// One engine a core, one core for all else; within what a run may have.
  static func engines(cores: Int) -> Int { min(max(1, cores - 1), EngineJob.enginesMax) }

  /// The smallest quota on the way from the process' control group to the root, in cores; nil for
  /// none. Both versions of control groups; in a container the path of its own group may lead
  /// nowhere, and the root is the group. Source: Linux, admin-guide/cgroup-v2.rst, `cpu.max`, and
  /// scheduler/sched-bwc.rst.
  static func quota(root: String) -> Double? {
    let mount = root + "/sys/fs/cgroup"
    var quotas: [Double] = []
    for line in text(root + "/proc/self/cgroup").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let names = parts[1].split(separator: ",")
      let hierarchies =
        names.isEmpty
        ? [""] : names.contains("cpu") ? Set(["/cpu", "/\(parts[1])"]).sorted() : []
      for hierarchy in hierarchies {
        for folder in ancestors(of: parts[2]) {
          let group = mount + hierarchy + folder
          quotas += [names.isEmpty ? newQuota(group) : oldQuota(group)].compactMap { $0 }
        }
      }
    }
    return quotas.min()
  }

  /// `/a/b` gives `/a/b`, `/a` and the root.
  private static func ancestors(of path: Substring) -> [String] {
    let names = path.split(separator: "/").filter { $0 != ".." }
    return (0...names.count).reversed().map { names.prefix($0).map { "/" + $0 }.joined() }
  }

  /// `200000 100000` is two cores, `max 100000` is none.
  private static func newQuota(_ group: String) -> Double? {
    let words = text(group + "/cpu.max").split { $0 == " " || $0 == "\n" }
    guard words.count == 2 else { return nil }
    return share(words[0], of: words[1])
  }

  private static func oldQuota(_ group: String) -> Double? {
    let quota = text(group + "/cpu.cfs_quota_us").prefix { $0 != "\n" }
    return share(quota, of: text(group + "/cpu.cfs_period_us").prefix { $0 != "\n" })
  }

  private static func share(_ quota: Substring, of period: Substring) -> Double? {
    guard let quota = Double(quota), let period = Double(period), quota > 0, period > 0 else {
      return nil
    }
    return quota / period
  }

  private static let fileBytesMax = 64 << 10

  private static func text(_ path: String) -> String {
    guard case .success(let bytes) = BoundedFile.read(path, bytesMax: fileBytesMax) else {
      return ""
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// How many engines a run has, as `--engines` says it.
enum EngineCount: Equatable {
  case auto
  case fixed(Int)

  /// `auto`, or a number within what a run may have; nil for anything else.
  init?(_ text: String) {
    if text == "auto" {
      self = .auto
    } else if let count = Int(text), (1...EngineJob.enginesMax).contains(count) {
      self = .fixed(count)
    } else {
      return nil
    }
  }

  /// The number on a machine of so many usable cores.
  func resolved(cores: Int) -> Int {
    switch self {
    case .auto: UsableCores.engines(cores: cores)
    case .fixed(let count): count
    }
  }
}
