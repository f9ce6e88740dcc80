import CLinux
import Curl
import Glibc
import HeapModule
import Model
import Plan
import StreamMeter
import Workload

/// A moment at which something is due, and what.
struct Due: Comparable {
  var at: MonotonicNanos
  /// A slot or a user.
  var index: Int

  static func < (a: Due, b: Due) -> Bool {
    a.at == b.at ? a.index < b.index : a.at < b.at
  }
}

/// The loop of one engine: it owns every handle, slot, meter and timer of its part of the run, and
/// lives and dies on one thread. Split over files by concern: profiles, streams, waiting. What
/// engines share is in the governor.
///
/// Times to send and time limits are kept here in nanoseconds and not by libcurl, whose timers are
/// milliseconds. One stream is started a turn: many at once would delay the stamps of those that
/// are open; so the wait moves into the send lag, which is recorded apart.
final class EngineLoop {
  /// Samples of a batch.
  static let batchMax = 256
  /// How often the live view is renewed and a batch handed on, however small.
  static let publishEvery = Nanos.milliseconds(100)
  /// Bytes of one read of a socket by libcurl.
  static let curlReadMax = 16 << 10

  let share: EngineShare
  let governor: RunGovernor
  let job: EngineJob
  let samples: BatchQueue<StreamSample>
  let endpoints: Endpoints

  // Freed in this order once open transfers are removed: libcurl calls the hooks while it closes
  // connections.
  var slots: Slab<Slot>
  var multi: MultiHandle
  /// The handles of slots whose requests libcurl sends.
  var easyHandles: Slab<EasyHandle>
  var connections: ConnectionPool
  let routes: Routes
  /// Where the engine's own connections are read into.
  let readBuffer: Slab<UInt8>
  /// Connections that are being opened before load.
  var openingCount = 0
  /// The users' sessions; nil where nobody logs in. Its jars outlive the slots that use them.
  let logins: LoginDesk?
  private let wiringOwner: Slab<Wiring>
  var poller: Poller
  let setups: Slab<ScenarioSetup>
  let addressLists: Slab<AddressLists>

  var freeSlots: [Int] = []
  var openCount = 0

  /// At most a few entries a slot: an entry that is too early is renewed when it is due, so that
  /// a read never touches the heap.
  var limits = Heap<Due>()
  /// Closed loop: when each user sends next. Open loop: when each conversation's next turn is due.
  var starts = Heap<Due>()

  var state: RunState
  var profile: ProfileState
  var selfMeter: SelfMeter
  var batch: [StreamSample] = []
  var flights: FlightRecorder

  init(
    _ share: EngineShare, of governor: RunGovernor, endpoints: Endpoints,
    samples: BatchQueue<StreamSample>
  ) throws(EngineError) {
    let job = governor.job
    let room = governor.room
    self.share = share
    self.governor = governor
    self.job = job
    self.endpoints = endpoints
    self.samples = samples
    // The default slack of 50 us would be on every send. Not being allowed to is no error.
    _ = streamgate_set_timer_slack(1_000)

    let poller = try Poller(wake: governor.control.wakeDescriptor)
    var wiring = Slab<Wiring>(capacity: 1)
    wiring.append(
      Wiring(
        epoll: poller.epoll, descriptorsMax: room.filesMax, slotsMax: room.slotsMax,
        profiles: job.schedule.profiles.count, scenarios: job.targets.count))
    let setups = try EngineLoop.makeSetups(job, endpoints)
    let routes = Routes(endpoints, setups)
    let lists = try EngineLoop.makeAddressLists(endpoints)
    logins = try LoginDesk(job: job, share: share, endpoints: endpoints, wiring: wiring.start)
    slots = Slab<Slot>(capacity: room.slotsMax)
    easyHandles = Slab<EasyHandle>(capacity: room.slotsMax)
    connections = ConnectionPool(
      capacity: room.slotsMax + room.connectionsMax, keptMax: room.connectionsMax,
      routes: routes.count)
    self.routes = routes
    readBuffer = Slab<UInt8>(capacity: EngineLoop.socketReadMax)
    multi = MultiHandle(connectionsMax: room.connectionsMax, hooks: Wiring.hooks(wiring.start))
    wiringOwner = wiring
    self.poller = poller
    self.setups = setups
    addressLists = lists
    let now = monotonicNow()
    state = RunState(scenarios: job.targets.count, at: now)
    profile = ProfileState(job.schedule.profiles.first, index: 0, startedAt: now, share: share)
    selfMeter = SelfMeter(at: now)
    flights = FlightRecorder(
      job.recorder, cells: job.schedule.profiles.count * job.targets.count)
    freeSlots.reserveCapacity(room.slotsMax)
    batch.reserveCapacity(EngineLoop.batchMax)
  }

  deinit {
    for index in 0..<slots.count where slots.start[index].isOpen {
      if let easy = slots.start[index].easy { try? multi.remove(easy.pointee) }
    }
    guard let logins else { return }
    for index in 0..<logins.transfers.count where logins.transfers.start[index].user != nil {
      try? multi.remove(logins.transfers.start[index].easy)
    }
  }

  private static func makeSetups(
    _ job: EngineJob, _ endpoints: Endpoints
  ) throws(EngineError) -> Slab<ScenarioSetup> {
    var setups = Slab<ScenarioSetup>(capacity: job.targets.count)
    for (target, index) in zip(job.targets, endpoints.indices) {
      setups.append(
        try ScenarioSetup(
          target, endpoint: index, authority: endpoints.all[index].authority,
          hasLogin: job.loginTarget != nil))
    }
    return setups
  }

  private static func makeAddressLists(
    _ endpoints: Endpoints
  ) throws(EngineError) -> Slab<AddressLists> {
    var lists = Slab<AddressLists>(capacity: endpoints.all.count)
    for endpoint in endpoints.all { lists.append(try AddressLists(endpoint)) }
    return lists
  }

  var wiring: UnsafeMutablePointer<Wiring> { wiringOwner.start }
}
