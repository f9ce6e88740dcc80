import Model

/// What kept a client from keeping up, as far as its figures tell, and so what helps.
enum ClientCause: Equatable {
  /// Requests found no open file for their connection: so many of those allowed.
  case descriptors(missing: Int, allowed: Int)
  /// Requests found no local port for their connection.
  case ports(missing: Int, allowed: Int?)
  /// The engine's thread had the CPU nearly all the time: the share of its busiest second.
  case fullCore(share: Double)
  /// The engine's thread was ready and others had the CPU.
  case sharedMachine(waitShare: Double, stealShare: Double, switches: Int)
  /// The loop stood still, and not for want of CPU: the process was stopped, or the machine.
  case stopped(pauses: Int, total: Nanos)
  /// The figures do not tell.
  case unknown

  /// A thread that has the CPU so much of the time has no room left.
  private static let fullShare = 0.8
  /// A machine that takes so much of the time from the engine is shared.
  private static let waitShareMin = 0.02
  /// Less than this does not explain a loop that stood still.
  private static let pauseWaitShareMin = 0.1

  init(_ check: SelfCheck) {
    guard let resources = check.resources else {
      self = check.cpuShare >= ClientCause.fullShare ? .fullCore(share: check.cpuShare) : .unknown
      return
    }
    let (wait, steal) = (resources.cpuWaitShare ?? 0, resources.stealShare ?? 0)
    let share = max(check.cpuShare, resources.cpuShareMax)
    if resources.descriptorsMissing > 0 {
      self = .descriptors(
        missing: resources.descriptorsMissing, allowed: resources.descriptorsAllowed)
    } else if resources.portsMissing > 0 {
      self = .ports(missing: resources.portsMissing, allowed: resources.portsAllowed)
    } else if share >= ClientCause.fullShare {
      self = .fullCore(share: share)
    } else if max(wait, steal)
      >= (resources.pauses > 0 ? ClientCause.pauseWaitShareMin : ClientCause.waitShareMin)
    {
      self = .sharedMachine(
        waitShare: wait, stealShare: steal, switches: check.involuntarySwitches)
    } else if resources.pauses > 0 {
      self = .stopped(pauses: resources.pauses, total: resources.pausedTotal)
    } else {
      self = .unknown
    }
  }

  /// The cause with its figure, and what to try, without a full stop.
  var text: String {
    switch self {
    case .descriptors(let missing, let allowed):
      "\(missing) requests found no open file, of \(allowed) that are allowed; try a higher limit"
        + " (ulimit -n, ulimit -Hn), or a lower limits.inFlight"
    case .ports(let missing, let allowed):
      "\(missing) requests found no local port\(allowed.map { ", of \($0) that there are" } ?? "");"
        + " try target.connections: reuse, a wider net.ipv4.ip_local_port_range, or more machines"
    case .fullCore(let share):
      "the engine's core was full (\(ClientCheck.percent(share)) % in its busiest second); try"
        + " fewer streams at once, more engine threads (--engines), or more machines"
    case .sharedMachine(let wait, let steal, let switches):
      "the machine is shared: for \(ClientCheck.percent(wait)) % of the time the engine was ready"
        + " and had no CPU (\(switches) involuntary switches"
        + (steal > 0 ? ", \(ClientCheck.percent(steal)) % taken by the hypervisor" : "")
        + "); try an idle machine, a larger CPU quota where there is one, fewer streams at once,"
        + " or more machines"
    case .stopped(let pauses, let total):
      "the client stood still \(pauses == 1 ? "once" : "\(pauses) times"),"
        + " \(ClientCheck.text(total)) in all; try again on a machine that nobody suspends, idle"
        + " if it can be"
    case .unknown:
      "try a faster or an idle machine, a lower rate, or fewer streams at once"
    }
  }
}

extension ClientCheck {
  /// Why a client is behind at this moment, by the CPU time of its thread in the latest second and
  /// the time in which it was ready and had none, 0...1 each; nil where these do not tell.
  public static func cause(cpuShare: Double, cpuWaitShare: Double?) -> CauseNow? {
    var resources = ClientResources()
    resources.cpuShareMax = cpuShare
    resources.cpuWaitShare = cpuWaitShare
    var check = SelfCheck()
    check.resources = resources
    return switch ClientCause(check) {
    case .fullCore: .fullCore
    case .sharedMachine: .sharedMachine
    default: nil
    }
  }

  /// What keeps a client from keeping up while it runs.
  public enum CauseNow: Sendable, Equatable {
    /// The engine's thread had the CPU nearly all the time.
    case fullCore
    /// It was ready, and others had the CPU.
    case sharedMachine
  }
}
