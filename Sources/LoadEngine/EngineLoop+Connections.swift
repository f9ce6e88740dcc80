import Curl
import Model
import Plan

// Slots and connections made before load, so that what is measured does not pay for them.
extension EngineLoop {
  /// Connections being opened at once: no listen queue is run over by it.
  private static let openingMax = 16

  /// Opens the job's connections to each endpoint whose first scenario reuses them, each by an
  /// OPTIONS request that has no effect. A service that refuses it or closes is none the worse:
  /// load then opens its own. Takes at most the connect time-out for each endpoint.
  func openConnections() throws(EngineError) {
    let wanted = min(job.warmConnections, job.inFlightMax)
    guard wanted > 0 else { return }
    // A slot made in mid-load would delay the stamps of the others, and its memory's first touch
    // can take the kernel milliseconds.
    while slots.count < wanted { freeSlots.append(try addSlot(for: 0)) }
    for endpoint in endpoints.all.indices {
      guard let scenario = endpoints.indices.firstIndex(of: endpoint),
        scenario < job.targets.count,
        case .reuse = setups.start[scenario].connectionUse
      else { continue }
      try openConnections(wanted, endpoint: endpoint, scenario: scenario)
    }
  }

  private func openConnections(
    _ wanted: Int, endpoint: Int, scenario: Int
  ) throws(EngineError) {
    var transfers = Slab<EasyHandle>(capacity: wanted)
    var pending: Set<UnsafeMutablePointer<EasyHandle>> = []
    let setup = setups.start + scenario
    let until = monotonicNow() + setup.pointee.timeouts.connect
    var now = monotonicNow()
    while now < until, control.stopGrace == nil, !transfers.isFull || !pending.isEmpty {
      if !transfers.isFull, pending.count < EngineLoop.openingMax {
        let easy = try curl { () throws(CurlError) in
          let easy = transfers.append(try EasyHandle())
          try EngineLoop.configure(easy, setup)
          try addressLists.start[endpoint].apply(to: easy.pointee, number: transfers.count)
          try multi.add(easy.pointee)
          return easy
        }
        pending.insert(easy)
      }
      try runCurlTimer(then: {})
      let isFull = transfers.isFull || pending.count == EngineLoop.openingMax
      _ = try poll(until: isFull ? min(until, wiring.pointee.curlDue ?? until) : nil, then: {})
      while let completed = multi.nextCompleted() {
        let easy = completed.context.assumingMemoryBound(to: EasyHandle.self)
        selfMeter.countConnections(
          opened: easy.pointee.connectionsOpened, isReused: false, diedOnReuse: false)
        try curl { () throws(CurlError) in try multi.remove(easy.pointee) }
        pending.remove(easy)
      }
      now = monotonicNow()
    }
    for easy in pending {
      try curl { () throws(CurlError) in try multi.remove(easy.pointee) }
    }
  }

  private static func configure(
    _ easy: UnsafeMutablePointer<EasyHandle>, _ setup: UnsafeMutablePointer<ScenarioSetup>
  ) throws(CurlError) {
    try easy.pointee.setURL(setup.pointee.url)
    try easy.pointee.setHeaders(setup.pointee.headers)
    try setTLS(setup.pointee.tls, on: easy.pointee)
    try easy.pointee.setOptions()
    try easy.pointee.setConnectionUse(.openAndKeep)
    try easy.pointee.setFunctions(
      header: { _, size, count, _ in size * count }, body: { _, size, count, _ in size * count },
      attempt: { _ in 0 }, context: UnsafeMutableRawPointer(easy))
  }
}
