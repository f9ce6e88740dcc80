import CLinux
import Glibc
import Model
import StreamMeter

/// What the machine gives an engine: CPU, descriptors, local ports. Belongs to the engine's thread.
struct ResourceMeter {
  /// A closed connection may hold its local port so long.
  private static let portSeconds = 60

  private var counts = ClientResources()
  private let startedAt: MonotonicNanos
  private let waitAtStart: Int?
  private let machineAtStart: SystemFigures.MachineTimes?
  private let retransmitsAtStart: Int?
  /// Start of the second that is under way, and what the thread had used by then.
  private var secondAt: MonotonicNanos
  private var cpuAtSecond: Int64
  private var waitAtSecond: Int?
  /// CPU time of the latest whole second, 0...1.
  private(set) var cpuShare = 0.0
  /// Time of it in which the thread was ready and had no CPU, 0...1; nil where the system does not
  /// tell.
  private(set) var cpuWaitShare: Double?
  /// Connections opened in each of the last seconds, in turn.
  private var opened = [Int](repeating: 0, count: portSeconds)
  private var openedNow = 0
  private var second = 0

  init(at now: MonotonicNanos) {
    startedAt = now
    secondAt = now
    cpuAtSecond = streamgate_thread_usage().cpu_nanos
    waitAtStart = SystemFigures.threadWaitNanos
    waitAtSecond = waitAtStart
    machineAtStart = SystemFigures.machineTimes
    retransmitsAtStart = SystemFigures.retransmits
  }

  /// The loop stood still.
  mutating func countPause(_ length: Nanos) {
    counts.pauses += 1
    counts.pausedTotal = counts.pausedTotal + length
  }

  mutating func countOpened(_ connections: Int) {
    openedNow += connections
  }

  /// A request could not be connected for what this machine lacks.
  mutating func countMissing(_ resource: LocalResource) {
    switch resource {
    case .descriptor: counts.descriptorsMissing += 1
    case .port: counts.portsMissing += 1
    case .memory: break
    }
  }

  /// Looks at what the second that is over has used; to be called several times a second. O(1) but
  /// once a second.
  mutating func look(at now: MonotonicNanos) {
    guard now - secondAt >= .seconds(1) else { return }
    let cpu = streamgate_thread_usage().cpu_nanos
    let wait = SystemFigures.threadWaitNanos
    let wall = Double((now - secondAt).rawValue)
    cpuShare = Double(cpu - cpuAtSecond) / wall
    if let wait, let waitAtSecond { cpuWaitShare = Double(wait - waitAtSecond) / wall }
    counts.cpuShareMax = max(counts.cpuShareMax, cpuShare)
    counts.connectionsMinuteMax = max(counts.connectionsMinuteMax, openedWithinMinute)
    opened[second % ResourceMeter.portSeconds] = openedNow
    openedNow = 0
    second += 1
    secondAt = now
    cpuAtSecond = cpu
    waitAtSecond = wait
  }

  private var openedWithinMinute: Int { opened.reduce(openedNow, +) }

  /// The figures up to now; `largestDescriptor` is that of the sockets so far.
  func figures(at now: MonotonicNanos, largestDescriptor: Int) -> ClientResources {
    var figures = counts
    let wall = Double(max((now - startedAt).rawValue, 1))
    figures.connectionsMinuteMax = max(counts.connectionsMinuteMax, openedWithinMinute)
    if let waitAtStart, let wait = SystemFigures.threadWaitNanos {
      figures.cpuWaitShare = Double(wait - waitAtStart) / wall
    }
    if let before = machineAtStart, let now = SystemFigures.machineTimes, now.all > before.all {
      let all = Double(now.all - before.all)
      figures.machineShare = 1 - Double(now.idle - before.idle) / all
      figures.stealShare = Double(now.stolen - before.stolen) / all
    }
    if let retransmitsAtStart, let now = SystemFigures.retransmits {
      figures.retransmits = now - retransmitsAtStart
    }
    figures.portsAllowed = SystemFigures.localPorts
    figures.descriptorsAllowed = Int(clamping: streamgate_allow_open_files(0))
    figures.descriptorsMax = largestDescriptor + 1
    return figures
  }
}

extension LocalResource {
  /// What this machine lacked for a connection that could not be made; nil if that was no lack of
  /// ours. libcurl tells no error of a socket that it could not even open: then we try one.
  static func missing(systemError: Int) -> LocalResource? {
    switch Int32(truncatingIfNeeded: systemError) {
    case EADDRNOTAVAIL: .port
    case EMFILE, ENFILE: .descriptor
    case ENOBUFS, ENOMEM: .memory
    case 0: isOutOfDescriptors ? .descriptor : nil
    default: nil
    }
  }

  private static var isOutOfDescriptors: Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return errno == EMFILE || errno == ENFILE }
    close(descriptor)
    return false
  }
}
