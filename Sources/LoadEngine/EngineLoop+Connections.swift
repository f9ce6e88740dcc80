import Curl
import Model
import Plan

// Slots and connections made before load, so that what is measured does not pay for them.
extension EngineLoop {
  /// Connections being opened at once by all engines: no listen queue is run over by it.
  private static let openingMax = 16

  /// Opens this engine's part of the job's connections to each endpoint whose first scenario reuses
  /// them, each by an OPTIONS request that has no effect. A service that refuses it or closes is
  /// none the worse: load then opens its own. Takes at most the connect time-out for each endpoint.
  func openConnections() throws(EngineError) {
    let wanted = share.part(of: min(job.warmConnections, job.inFlightMax))
    guard wanted > 0 else { return }
    // A slot made in mid-load would delay the stamps of the others, and its memory's first touch
    // can take the kernel milliseconds.
    while slots.count < wanted { freeSlots.append(try addSlot(for: 0)) }
    for endpoint in endpoints.all.indices {
      guard let scenario = endpoints.indices.firstIndex(of: endpoint),
        scenario < job.targets.count,
        case .reuse = setups.start[scenario].connectionUse
      else { continue }
      if setups.start[scenario].isDirect {
        try openDirect(wanted, endpoint: endpoint, scenario: scenario)
      } else {
        try openConnections(wanted, endpoint: endpoint, scenario: scenario)
      }
    }
  }

  private func openDirect(
    _ wanted: Int, endpoint: Int, scenario: Int
  ) throws(EngineError) {
    let openingMax = max(1, share.part(of: EngineLoop.openingMax))
    var begun = 0
    let until = monotonicNow() + setups.start[scenario].timeouts.connect
    var now = monotonicNow()
    try heed(at: now)
    while now < until, state.end == nil, begun < wanted || openingCount > 0 {
      if begun < wanted, openingCount < openingMax {
        begun += 1
        openDirect(endpoint: endpoint, number: begun)
      }
      let isFull = begun == wanted || openingCount == openingMax
      if openingCount > 0 { _ = try poll(until: isFull ? until : nil, then: {}) }
      now = monotonicNow()
      try heed(at: now)
    }
    closeOpening()
  }

  private func openConnections(
    _ wanted: Int, endpoint: Int, scenario: Int
  ) throws(EngineError) {
    let openingMax = max(1, share.part(of: EngineLoop.openingMax))
    // A few handles, used again: one a connection would leave its memory behind in the heap.
    var transfers = Slab<EasyHandle>(capacity: min(wanted, openingMax))
    var idle: [UnsafeMutablePointer<EasyHandle>] = []
    var pending: Set<UnsafeMutablePointer<EasyHandle>> = []
    var begun = 0
    let setup = setups.start + scenario
    let until = monotonicNow() + setup.pointee.timeouts.connect
    var now = monotonicNow()
    try heed(at: now)
    while now < until, state.end == nil, begun < wanted || !pending.isEmpty {
      if begun < wanted, pending.count < openingMax {
        begun += 1
        try curl { () throws(CurlError) in
          let free = idle.popLast()
          let easy = if let free { free } else { try EngineLoop.addHandle(to: &transfers, setup) }
          try addressLists.start[endpoint].apply(to: easy.pointee, number: begun)
          try multi.add(easy.pointee)
          pending.insert(easy)
        }
      }
      try runCurlTimer(then: {})
      let isFull = begun == wanted || pending.count == openingMax
      _ = try poll(until: isFull ? min(until, wiring.pointee.curlDue ?? until) : nil, then: {})
      while let completed = multi.nextCompleted() {
        let easy = completed.context.assumingMemoryBound(to: EasyHandle.self)
        selfMeter.countConnections(
          opened: easy.pointee.connectionsOpened, isReused: false, diedOnReuse: false)
        try curl { () throws(CurlError) in try multi.remove(easy.pointee) }
        pending.remove(easy)
        idle.append(easy)
      }
      now = monotonicNow()
      try heed(at: now)
    }
    for easy in pending {
      try curl { () throws(CurlError) in try multi.remove(easy.pointee) }
    }
  }

  private static func addHandle(
    to transfers: inout Slab<EasyHandle>, _ setup: UnsafeMutablePointer<ScenarioSetup>
  ) throws(CurlError) -> UnsafeMutablePointer<EasyHandle> {
    let easy = transfers.append(try EasyHandle())
    try easy.pointee.setURL(setup.pointee.url)
    try easy.pointee.setHeaders(setup.pointee.headers)
    try setTLS(setup.pointee.tls, on: easy.pointee)
    try easy.pointee.setOptions()
    try easy.pointee.setConnectionUse(.openAndKeep)
    try easy.pointee.setFunctions(
      header: { _, size, count, _ in size * count }, body: { _, size, count, _ in size * count },
      attempt: { _ in 0 }, context: UnsafeMutableRawPointer(easy))
    return easy
  }
}
