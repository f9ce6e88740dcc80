import Model
import Plan
import TestKit
import Testing

@testable import LoadEngine

@Suite("The figures of several engines as one")
struct EngineMergeTests {
  @Test("Shares are disjoint and whole, and all requests of a session are one engine's")
  func shares() {
    for count in 1...5 {
      let alone = (0..<count).map { EngineShare(index: $0, count: count, sessions: 0) }
      for sender in 0..<40 { #expect(alone.count { $0.owns(sender: sender) } == 1) }
      for total in [0, 1, 7, 256] {
        #expect(alone.reduce(0) { $0 + $1.part(of: total) } == total)
        for share in alone {
          #expect(share.part(of: total) == (0..<total).count { share.owns($0) })
        }
      }
      let users = (0..<count).map { EngineShare(index: $0, count: count, sessions: 7) }
      for sender in 0..<40 {
        let owner = users.firstIndex { $0.owns(sender: sender) }
        #expect(owner == users.firstIndex { $0.owns(sender: sender % 7) })
      }
      for share in alone + users {
        for total in [0, 1, 7, 40] {
          #expect(share.senders(below: total) == (0..<total).count { share.owns(sender: $0) })
        }
      }
    }
  }

  @Test("Lags and lateness of parts are those of the whole, and no mean of them")
  func selfCheck() {
    var random = SeededGenerator(seed: 3, label: "lags")
    var whole = SelfMeter(at: MonotonicNanos(0))
    var parts = (0..<3).map { _ in SelfMeter(at: MonotonicNanos(0)) }
    for index in 0..<3_000 {
      // One engine is a hundred times later than the others.
      let lag = Nanos(Int64(random.nextUnit() * (index % 3 == 0 ? 1e8 : 1e6)))
      count(index, lag, in: &whole)
      count(index, lag, in: &parts[index % 3])
    }
    var merged = parts[0]
    for part in parts.dropFirst() { merged.merge(part) }
    #expect(merged.figures == whole.figures)
    #expect(merged.figures.sent == 3_000 && merged.figures.loopLagP99 > .milliseconds(50))
  }

  private func count(_ index: Int, _ lag: Nanos, in meter: inout SelfMeter) {
    meter.countScheduled()
    meter.countSent(lag: lag)
    meter.countRead(lag: lag, isWarmup: index % 4 == 0)
    meter.countConnections(
      opened: index % 2, isReused: index % 2 == 0, diedOnReuse: index % 7 == 0)
    if index % 5 == 0 { meter.countDropped(index % 2 == 0 ? .droppedCap : .droppedLate) }
  }

  @Test("Recorders that each saw a part keep together what one recorder keeps of all")
  func flights() {
    var random = SeededGenerator(seed: 5, label: "flights")
    for _ in 0..<20 {
      var whole = FlightRecorder(.timing, cells: 2)
      var parts = (0..<3).map { _ in FlightRecorder(.timing, cells: 2) }
      for seq in 0..<200 {
        let milliseconds = 100 + Int64(random.nextUnit() * 50)
        var sample = Build.success(
          profile: seq % 2, scenario: 0, seq: seq, ttft: .milliseconds(milliseconds),
          gap: .milliseconds(milliseconds % 17))
        if milliseconds % 9 == 0 {
          sample = Build.failure(.http5xx, profile: seq % 2, seq: seq)
        }
        let stream = RecordedStream(sample: sample)
        whole.take(sample) { (stream: stream, secrets: []) }
        parts[seq % 3].take(sample) { (stream: stream, secrets: []) }
      }
      var merged = parts[2]
      merged.merge(parts[0])
      merged.merge(parts[1])
      let kept = merged.streams(redactedBy: Redactor())
      #expect(kept == whole.streams(redactedBy: Redactor()) && kept.count > 10)
    }
  }

  @Test("Room for open files counts every engine, and one engine needs what it always did")
  func room() {
    let one = EngineRoom(inFlightMax: 2_000, engines: 1)
    #expect(one.slotsMax == 2_500 && one.connectionsMax == 2_500 && one.filesMax == 2_564)
    let four = EngineRoom(inFlightMax: 2_000, engines: 4)
    #expect(four.slotsMax == 2_500 && four.connectionsMax == 625)
    // One engine has all slots, the others keep what they may of idle connections.
    #expect(four.filesMax == 2_500 + 3 * 625 + 4 * 64)
  }
}
