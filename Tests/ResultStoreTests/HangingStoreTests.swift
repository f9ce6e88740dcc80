import Foundation
import Glibc
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("A store that hangs", .waiting, .enabled(if: StoreKind.server != nil))
struct HangingStoreTests {
  /// Time enough for every statement of a test on a busy machine.
  private static let limits = StoreLimits(
    connect: .milliseconds(200), statement: .seconds(3), lock: .milliseconds(50))

  private func samples(_ range: Range<Int>) -> [StreamSample] {
    range.map { Build.success(seq: $0, intended: .milliseconds(Int64($0))) }
  }

  /// Waits until the store holds the run's first samples, so that a batch is not still queued.
  private func waitUntilStored(_ place: TestStore) throws {
    let reader = try place.open(.read)
    while try reader.samples("run").isEmpty { sched_yield() }
  }

  @Test("Another client's lock costs no request: what waits is stored at the end")
  func locked() async throws {
    let place = try TestStore(.postgres)
    let header = Build.header(runID: "run")
    let recorder = try await RunRecorder.start(
      header, store: place.location, folder: place.folder.path, limits: TestStore.limits)
    recorder.queue.push(samples(0..<10))
    try waitUntilStored(place)
    let other = try place.open()
    try other.driver.execute("BEGIN")
    try other.driver.execute("LOCK TABLE sample IN ACCESS EXCLUSIVE MODE")
    for start in stride(from: 10, to: 1_000, by: 10) {
      recorder.queue.push(samples(start..<start + 10))
    }
    let recording = await recorder.stop()
    #expect(recording.samples == samples(0..<1_000))
    #expect(recording.refused == 0)
    guard case .busy = recording.storeFailure else {
      Issue.record("\(String(describing: recording.storeFailure))")
      return
    }
    let unfinished = try RunFile.read(place.folder.path + "/spool/run.jsonl")
    #expect(unfinished.samples == samples(0..<1_000))
    try other.driver.execute("ROLLBACK")
    let end = await recorder.finish(RunRecord(header: header))
    #expect(end.isStored)
    #expect(try place.open(.read).samples("run") == samples(0..<1_000))
  }

  @Test("A server that is stopped is given up, and the run is whole in its file")
  func stopped() async throws {
    let place = try TestStore(.postgres)
    let proxy = try FreezingProxy(to: place.location)
    let header = Build.header(runID: "run")
    let recorder = try await RunRecorder.start(
      header, store: proxy.location, folder: place.folder.path,
      limits: HangingStoreTests.limits)
    recorder.queue.push(samples(0..<10))
    try waitUntilStored(place)
    proxy.freeze()
    // More than the sockets' buffers hold, so that the sender has to wait as well.
    let many = samples(10..<10_000)
    recorder.queue.push(many)
    let recording = await recorder.stop()
    #expect(recording.samples == samples(0..<10) + many)
    guard case .unreachable = recording.storeFailure else {
      Issue.record("\(String(describing: recording.storeFailure))")
      return
    }
    let end = await recorder.finish(RunRecord(header: header))
    #expect(!end.isStored)
    #expect(try RunFile.read(#require(end.spoolPath)).samples?.count == 10_000)
  }

  @Test("A server that is stopped before an answer is given up")
  func stoppedBeforeAnswer() throws {
    let place = try TestStore(.postgres)
    let proxy = try FreezingProxy(to: place.location)
    let store = try ResultStore.open(
      proxy.location, for: .write, limits: HangingStoreTests.limits)
    proxy.freeze()
    for _ in 0..<2 {
      let error = #expect(throws: StoreError.self) {
        try store.importRun(RunRecord(header: Build.header(runID: "run")))
      }
      guard case .unreachable = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }
}
