import Glibc

/// What the kernel tells of this thread and this machine, read from `/proc`; nil where it does not
/// tell, as in some sandboxes. Microseconds each: for the start and the end of a run.
enum SystemFigures {
  /// CPU time of the machine since it started, in the kernel's own ticks, all CPUs together.
  struct MachineTimes {
    var all = 0
    var idle = 0
    var stolen = 0
  }

  /// Time in which the calling thread was ready to run and had no CPU, in nanoseconds.
  static var threadWaitNanos: Int? {
    // CPU time, time of waiting, number of turns.
    let fields = text("/proc/thread-self/schedstat")?.split(whereSeparator: \.isWhitespace)
    guard let fields, fields.count == 3 else { return nil }
    return Int(fields[1])
  }

  /// What the machine's CPUs did.
  static var machineTimes: MachineTimes? {
    // cpu user nice system idle iowait irq softirq steal guest guest_nice; guests are in user.
    guard let line = text("/proc/stat")?.split(separator: "\n").first else { return nil }
    let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Int($0) }
    guard line.hasPrefix("cpu "), ticks.count == 8 else { return nil }
    return MachineTimes(all: ticks.reduce(0, +), idle: ticks[3] + ticks[4], stolen: ticks[7])
  }

  /// Local ports that a connection may get without asking for one.
  static var localPorts: Int? {
    let ends = text("/proc/sys/net/ipv4/ip_local_port_range")?
      .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard let ends, ends.count == 2, ends[0] <= ends[1] else { return nil }
    return ends[1] - ends[0] + 1
  }

  /// TCP segments that this machine, or this container, has sent again.
  static var retransmits: Int? {
    // A line of names, then one of values.
    let lines = text("/proc/net/snmp")?.split(separator: "\n").filter { $0.hasPrefix("Tcp:") }
    guard let lines, lines.count == 2 else { return nil }
    let (names, values) = (lines[0].split(separator: " "), lines[1].split(separator: " "))
    guard let place = names.firstIndex(of: "RetransSegs"), place < values.count else { return nil }
    return Int(values[place])
  }

  private static let bytesMax = 16 << 10

  /// The first bytes of a file.
  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return String(unsafeUninitializedCapacity: bytesMax) { buffer in
      max(read(descriptor, buffer.baseAddress, buffer.count), 0)
    }
  }
}
