import LoadEngine
import TestKit
import Testing

@testable import App

@Suite("How many engines a machine can feed")
struct UsableCoresTests {
  @Test("The smaller of affinity and quota counts, in whole cores, and never less than one")
  func cores() {
    #expect(UsableCores.cores(allowed: 8, quota: nil) == 8)
    #expect(UsableCores.cores(allowed: 8, quota: 2.5) == 2)
    #expect(UsableCores.cores(allowed: 2, quota: 6) == 2)
    #expect(UsableCores.cores(allowed: 4, quota: 0.5) == 1)
    #expect(UsableCores.cores(allowed: -1, quota: nil) == 1)
    #expect(UsableCores.count() >= 1)
  }

  @Test("auto leaves one core for all else, and stays within what a run may have")
  func engines() {
    #expect([1, 2, 3, 8].map { UsableCores.engines(cores: $0) } == [1, 1, 2, 7])
    #expect(UsableCores.engines(cores: 1_000) == EngineJob.enginesMax)
    #expect(EngineCount("auto")?.resolved(cores: 4) == 3)
    #expect(EngineCount("64")?.resolved(cores: 1) == 64)
    for text in ["", "0", "65", "-1", "2x", "AUTO", "99999999999999999999"] {
      #expect(EngineCount(text) == nil)
    }
  }

  /// The quota of a system with these files.
  private func quota(_ files: [String: String]) throws -> Double? {
    let folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(text, to: name) }
    return UsableCores.quota(root: folder.path)
  }

  @Test("A group's quota is found in both versions, and the tightest one around it counts")
  func quotas() throws {
    let group = "sys/fs/cgroup"
    #expect(try quota([:]) == nil)
    #expect(
      try quota([
        "proc/self/cgroup": "0::/a/b\n", "\(group)/a/b/cpu.max": "max 100000\n",
        "\(group)/a/cpu.max": "150000 100000\n", "\(group)/cpu.max": "400000 100000\n",
      ]) == 1.5)
    // In a container the path may be the host's, and the root is the group.
    #expect(
      try quota([
        "proc/self/cgroup": "0::/kubepods/pod1/x\n", "\(group)/cpu.max": "200000 100000\n",
      ]) == 2)
    #expect(
      try quota([
        "proc/self/cgroup": "5:memory:/a\n4:cpu,cpuacct:/a\n0::/\n",
        "\(group)/cpu,cpuacct/a/cpu.cfs_quota_us": "50000\n",
        "\(group)/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
        "\(group)/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
        "\(group)/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      ]) == 0.5)
    #expect(
      try quota([
        "proc/self/cgroup": "1:cpu:/\n", "\(group)/cpu/cpu.cfs_quota_us": "300000\n",
        "\(group)/cpu/cpu.cfs_period_us": "100000\n",
      ]) == 3)
    #expect(
      try quota(["proc/self/cgroup": "nonsense\n0::/\n", "\(group)/cpu.max": "x y z\n"]) == nil)
  }
}
