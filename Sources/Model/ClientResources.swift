/// What the client's machine gave it: CPU, descriptors, local ports. Told only to name the cause
/// where the client was the bottleneck, and never held against a limit by itself.
public struct ClientResources: Sendable, Equatable {
  /// CPU time of the engine's thread in its busiest second, 0...1; of several threads the busiest.
  public var cpuShareMax: Double
  /// Time in which the engine's thread was ready and had no CPU, over wall time, 0...1; of several
  /// threads the largest. Nil where the system does not tell.
  public var cpuWaitShare: Double?
  /// CPU time that anything took on the machine, over that of all its CPUs, 0...1; nil where the
  /// system does not tell.
  public var machineShare: Double?
  /// CPU time that the hypervisor took from the machine, likewise.
  public var stealShare: Double?
  /// Times that the loop stood still, so long that a stall or a time-out could come of it.
  public var pauses: Int
  /// Their sum.
  public var pausedTotal: Nanos
  /// Open files that the system allows the process.
  public var descriptorsAllowed: Int
  /// Most files and sockets open at once, as the largest descriptor tells: an upper bound.
  public var descriptorsMax: Int
  /// Local ports that connections to one address may use; nil where the system does not tell.
  public var portsAllowed: Int?
  /// Most connections opened within one minute: so long a closed one may hold its port.
  public var connectionsMinuteMax: Int
  /// Requests that found no descriptor for their connection.
  public var descriptorsMissing: Int
  /// Requests that found no local port for their connection.
  public var portsMissing: Int
  /// TCP segments that the machine sent again, those of other programs included; nil where the
  /// system does not tell.
  public var retransmits: Int?

  /// Figures of a client that did nothing.
  public init() {
    cpuShareMax = 0
    pauses = 0
    pausedTotal = .zero
    descriptorsAllowed = 0
    descriptorsMax = 0
    connectionsMinuteMax = 0
    descriptorsMissing = 0
    portsMissing = 0
  }

  /// Takes the figures of another engine thread of the same run: counts are added, and of what is
  /// one thread's or the whole machine's the larger stays.
  public mutating func merge(_ other: ClientResources) {
    func larger<Value: Comparable>(_ a: Value?, _ b: Value?) -> Value? {
      [a, b].compactMap { $0 }.max()
    }
    cpuShareMax = max(cpuShareMax, other.cpuShareMax)
    cpuWaitShare = larger(cpuWaitShare, other.cpuWaitShare)
    machineShare = larger(machineShare, other.machineShare)
    stealShare = larger(stealShare, other.stealShare)
    pauses += other.pauses
    pausedTotal = pausedTotal + other.pausedTotal
    descriptorsAllowed = max(descriptorsAllowed, other.descriptorsAllowed)
    descriptorsMax = max(descriptorsMax, other.descriptorsMax)
    portsAllowed = larger(portsAllowed, other.portsAllowed)
    connectionsMinuteMax += other.connectionsMinuteMax
    descriptorsMissing += other.descriptorsMissing
    portsMissing += other.portsMissing
    retransmits = larger(retransmits, other.retransmits)
  }
}

extension ClientResources {
  /// One object; times in seconds, null where the system does not tell.
  var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    func count(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
    return .object([
      JSONMember("cpu_share_max", .number(cpuShareMax)),
      JSONMember("cpu_wait_share", number(cpuWaitShare)),
      JSONMember("machine_share", number(machineShare)),
      JSONMember("steal_share", number(stealShare)),
      JSONMember("pauses", count(pauses)),
      JSONMember("paused_s", .seconds(pausedTotal)),
      JSONMember("descriptors_allowed", count(descriptorsAllowed)),
      JSONMember("descriptors_max", count(descriptorsMax)),
      JSONMember("ports_allowed", count(portsAllowed)),
      JSONMember("connections_minute_max", count(connectionsMinuteMax)),
      JSONMember("descriptors_missing", count(descriptorsMissing)),
      JSONMember("ports_missing", count(portsMissing)),
      JSONMember("retransmits", count(retransmits)),
    ])
  }

  init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init()
    cpuShareMax = try fields.number("cpu_share_max")
    cpuWaitShare = try fields.optionalNumber("cpu_wait_share")
    machineShare = try fields.optionalNumber("machine_share")
    stealShare = try fields.optionalNumber("steal_share")
    pauses = try fields.count("pauses")
    pausedTotal = try fields.seconds("paused_s")
    descriptorsAllowed = try fields.count("descriptors_allowed")
    descriptorsMax = try fields.count("descriptors_max")
    portsAllowed = try fields.optionalCount("ports_allowed")
    connectionsMinuteMax = try fields.count("connections_minute_max")
    descriptorsMissing = try fields.count("descriptors_missing")
    portsMissing = try fields.count("ports_missing")
    retransmits = try fields.optionalCount("retransmits")
  }
}
