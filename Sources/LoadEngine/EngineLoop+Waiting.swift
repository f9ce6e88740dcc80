import CLinux
import Curl
import Model
import Plan

// Waiting for sockets and time, and reading what is there.
extension EngineLoop {
  /// A wait shorter than this found its events ready: they may be as old as the previous poll.
  private static let blockedMin = Nanos.microseconds(20)

  /// From here on the loop is said to have stood still: a quarter of the shortest stall.
  static let pauseMin = Nanos.milliseconds(50)

  /// A wait and what it brings to streams, time limits and the figures on ourselves.
  func wait(until: MonotonicNanos?, yieldAt: MonotonicNanos?) throws(EngineError) {
    let poll = try poll(
      until: wiring.pointee.paused.isEmpty ? until : nil, yieldAt: yieldAt, isCounted: true,
      then: collectCompleted)
    if poll.hasBlocked, let passed = poller.passed(by: poll.woke) {
      selfMeter.countTimer(lag: poll.woke - passed, isWarmup: isWarmup(at: poll.woke))
    }
    try runCurlTimer(then: collectCompleted)
    try resumePaused()
    heedAttention()
  }

  /// Reads what every socket has: a client that is late may have streams open of whose end it did
  /// not hear yet.
  func readAll() throws(EngineError) {
    for _ in 0...slots.count / Poller.eventsMax {
      try wait(until: nil, yieldAt: nil)
    }
  }

  /// Lets the streams go on that had their share of an earlier turn.
  private func resumePaused() throws(EngineError) {
    let count = wiring.pointee.paused.count
    guard count > 0 else { return }
    for place in 0..<count {
      let slot = slots.start + wiring.pointee.paused[place]
      // It may have ended meanwhile.
      guard slot.pointee.isOpen else { continue }
      wiring.pointee.beginRead()
      guard let easy = slot.pointee.easy else { continue }
      let code = easy.pointee.resume()
      if code.isOK {
        try collectCompleted()
      } else {
        let end = slot.pointee.transportEnd(code, systemError: easy.pointee.systemError)
        try finish(slot, end, at: wiring.pointee.latestStamp)
      }
    }
    wiring.pointee.paused.removeFirst(count)
  }

  /// How long the loop waits at most: how late a timer wakes it is the one thing that tells how
  /// long data waited for the CPU meanwhile.
  private static let beat = Nanos.milliseconds(5)

  /// Sockets that are read between two starts at least.
  private static let readsPerStart = 32

  /// One poll: waits until something happens or `until` has passed (nil: does not wait), or for a
  /// beat, reads each socket, or gives it to libcurl and then does `then`. From `yieldAt` on it
  /// leaves the rest for the next poll, which is told of them again: a request is due.
  func poll(
    until: MonotonicNanos?, yieldAt: MonotonicNanos? = nil, isCounted: Bool = false,
    then collect: () throws(EngineError) -> Void
  ) throws(EngineError) -> Poll {
    let isBehind = state.unreadSince != nil
    let previous = state.unreadSince ?? state.polledAt
    state.unreadSince = nil
    let before = monotonicNow()
    let isWaiting = until.map { $0 > before } ?? false
    let until = until.map { min($0, before + EngineLoop.beat) }
    let count = try poller.wait(until: isWaiting ? until : nil)
    let woke = monotonicNow()
    // What came later was not told: the thread may have lost the CPU on its way out.
    let toldUntil = isWaiting ? max(before, min(woke, poller.passed(by: woke) ?? woke)) : before
    state.polledAt = toldUntil
    // What we did ourselves since the previous wait, and what the system woke us too late.
    let asked = isWaiting ? max(until ?? before, before) : before
    notePause(before - state.aliveAt + max(woke - asked, .zero), until: woke)
    let hasBlocked = !isBehind && isWaiting && woke - before > EngineLoop.blockedMin
    // The earliest moment at which what is read now could have been ready.
    let readySince = hasBlocked ? toldUntil : previous
    let yieldAt = yieldAt ?? MonotonicNanos(.max)
    let isWarmup = isWarmup(at: woke)
    // More may be ready than one poll tells.
    if count == Poller.eventsMax || poller.isInterrupted { state.unreadSince = readySince }
    var reads = 0
    for index in 0..<count {
      guard let socket = poller.event(index) else { continue }
      if reads >= EngineLoop.readsPerStart, wiring.pointee.latestStamp >= yieldAt {
        state.unreadSince = readySince
        break
      }
      reads += 1
      wiring.pointee.beginRead()
      if socket.connection >= 0 {
        try act(on: socket)
      } else {
        try curl { () throws(CurlError) in
          try multi.act(on: socket.descriptor, EngineLoop.events(socket.events))
        }
        try collect()
      }
      if isCounted, let stamp = wiring.pointee.readStamp {
        selfMeter.countRead(lag: stamp - readySince, isWarmup: isWarmup)
      }
      noteAlive(at: max(wiring.pointee.latestStamp, state.aliveAt))
    }
    if isCounted {
      countSight(
        to: max(wiring.pointee.latestStamp, woke), idle: hasBlocked ? readySince - before : .zero)
    }
    return Poll(woke: woke, hasBlocked: hasBlocked)
  }

  /// To be called before sockets are read and before time limits are looked at.
  func noteAlive(at now: MonotonicNanos) {
    notePause(now - state.aliveAt, until: now)
  }

  /// The loop stood still, before it reads what came meanwhile: no time limit passes for that, no
  /// stall is made of it, and after a long pause the abort rule begins anew, since the service may
  /// have given up streams that nobody read.
  private func notePause(_ pause: Nanos, until end: MonotonicNanos) {
    state.aliveAt = end
    guard pause >= EngineLoop.pauseMin else { return }
    if end >= profile.measuredFrom { selfMeter.resources.countPause(pause) }
    for index in 0..<slots.count where slots.start[index].isOpen {
      slots.start[index].excuse(pause, until: end)
    }
    if let logins {
      for index in 0..<logins.transfers.count { logins.transfers.start[index].excuse(pause) }
    }
    if pause >= AbortWindow.pauseMin { governor.restartWindow(at: end) }
  }

  /// Longest time that is accounted for at once, where the loop never gets to the end of what is
  /// ready.
  private static let sightMax = Nanos.seconds(1)

  /// What was there up to a moment is read, or as much as one poll reads; before that the loop
  /// waited for data for a while. Data that came while it could not look waited until all was read.
  private func countSight(to seen: MonotonicNanos, idle: Nanos) {
    state.idle += max(idle, .zero)
    let elapsed = seen - state.seenTo
    guard state.unreadSince == nil || elapsed >= EngineLoop.sightMax else { return }
    selfMeter.countSight(
      blind: elapsed - state.idle, of: elapsed, isWarmup: isWarmup(at: seen))
    state.seenTo = seen
    state.idle = .zero
  }

  private func isWarmup(at moment: MonotonicNanos) -> Bool { moment < profile.measuredFrom }

  /// Calls libcurl if the time that it asked for has come, and then does `then`.
  func runCurlTimer(then collect: () throws(EngineError) -> Void) throws(EngineError) {
    guard let due = wiring.pointee.curlDue else { return }
    let now = monotonicNow()
    guard due <= now else { return }
    noteAlive(at: now)
    wiring.pointee.curlDue = nil
    wiring.pointee.beginRead()
    try curl { () throws(CurlError) in try multi.timeout() }
    try collect()
  }

  private static func events(_ polled: UInt32) -> SocketEvents {
    var events: SocketEvents = []
    if polled & EPOLLIN.rawValue != 0 { events.insert(.readable) }
    if polled & EPOLLOUT.rawValue != 0 { events.insert(.writable) }
    if polled & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { events.insert(.failed) }
    return events
  }
}

/// What one poll was like.
struct Poll {
  /// When it returned.
  let woke: MonotonicNanos
  /// False if what it found may have been ready before it began.
  let hasBlocked: Bool
}
