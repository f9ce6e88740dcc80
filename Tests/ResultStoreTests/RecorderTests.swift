import Foundation
import Glibc
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Run recorder")
struct RecorderTests {
  private func samples(_ range: Range<Int>) -> [StreamSample] {
    range.map { Build.success(seq: $0, intended: .milliseconds(Int64($0))) }
  }

  private func record(_ header: RunHeader) -> RunRecord {
    let key = CellKey(profile: "sustained", scenario: "short")
    return RunRecord(
      header: header,
      latencies: [LatencyValue(key: key, metric: .ttftP50, logValue: -2, n: 30)])
  }

  @Test(
    "What is pushed is in the store, whole, and the spool is gone", arguments: StoreKind.available)
  func stored(kind: StoreKind) async throws {
    let place = try TestStore(kind)
    let header = Build.header(runID: "run")
    let recorder = try await RunRecorder.start(
      header, store: place.location, folder: place.folder.path)
    let spool = place.folder.path + "/spool/run.jsonl"
    #expect(FileManager.default.fileExists(atPath: spool))
    for start in stride(from: 0, to: 100, by: 10).reversed() {
      recorder.queue.push(samples(start..<start + 10))
    }
    let recording = await recorder.stop()
    #expect(recording == Recording(samples: samples(0..<100), refused: 0))
    let end = await recorder.finish(record(header))
    #expect(end == RecordingEnd(isStored: true))
    #expect(!FileManager.default.fileExists(atPath: spool))
    let store = try place.open(.read)
    #expect(try store.record("run") == record(header))
    #expect(try store.samples("run") == samples(0..<100))
  }

  @Test("A store that cannot be written is said before load starts, and leaves no spool")
  func notWritable() async throws {
    let folder = try TemporaryFolder()
    let error = await #expect(throws: RecorderError.self) {
      try await RunRecorder.start(
        Build.header(runID: "run"), store: .sqlite(path: "/proc/no/results.db"),
        folder: folder.path)
    }
    guard case .store(.notWritable) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/spool") == [])
  }

  @Test(
    "A store that is lost for good leaves a whole run file that can be imported",
    arguments: StoreKind.available)
  func lost(kind: StoreKind) async throws {
    let place = try TestStore(kind)
    let header = Build.header(runID: "run")
    let recorder = try await RunRecorder.start(
      header, store: place.location, folder: place.folder.path, limits: TestStore.limits)
    recorder.queue.push(samples(0..<10))
    let other = try place.open()
    try other.driver.execute("ALTER TABLE sample RENAME TO hidden")
    try place.cutConnections()
    recorder.queue.push(samples(10..<20))
    let recording = await recorder.stop()
    #expect(recording.samples == samples(0..<20))
    #expect(recording.storeFailure != nil)
    let end = await recorder.finish(record(header))
    #expect(!end.isStored)
    #expect(end.spoolFailure == nil)
    let path = try #require(end.spoolPath)
    var file = try RunFile.read(path)
    #expect(file.header == header)
    #expect(file.samples == samples(0..<20))

    let store = try place.open()
    try store.driver.execute("ALTER TABLE hidden RENAME TO sample")
    file.latencies = record(header).latencies
    try store.importRun(file)
    #expect(try store.samples("run") == samples(0..<20))
    #expect(try store.record("run") == record(header))
  }

  @Test(
    "A connection that is lost for a moment costs nothing", .enabled(if: StoreKind.server != nil))
  func lostForAMoment() async throws {
    let place = try TestStore(.postgres)
    let header = Build.header(runID: "run")
    let recorder = try await RunRecorder.start(
      header, store: place.location, folder: place.folder.path)
    recorder.queue.push(samples(0..<10))
    try place.cutConnections()
    recorder.queue.push(samples(10..<20))
    let recording = await recorder.stop()
    let end = await recorder.finish(record(header))
    #expect(end.isStored)
    #expect(end.spoolPath == nil)
    guard case .unreachable = end.storeFailure else {
      Issue.record("\(String(describing: end.storeFailure)) after \(recording.refused)")
      return
    }
    let store = try place.open(.read)
    #expect(try store.record("run") == record(header))
    #expect(try store.samples("run") == samples(0..<20))
  }

  @Test("A store that hangs keeps no request out of the spool, and takes them all once it can")
  func lockedForAWhile() async throws {
    let place = try TestStore(.sqlite)
    let header = Build.header(runID: "run")
    let recorder = try await RunRecorder.start(
      header, store: place.location, folder: place.folder.path,
      limits: StoreLimits(lock: .seconds(3_600)))
    let other = try place.open()
    try other.driver.execute("BEGIN IMMEDIATE")
    for start in stride(from: 0, to: 100, by: 10) {
      recorder.queue.push(samples(start..<start + 10))
    }
    // All of them are in the file while the lock is held: a kill would lose none.
    let spool = place.folder.path + "/spool/run.jsonl"
    while try RunFile.read(spool).samples?.count != 100 { sched_yield() }
    try other.driver.execute("ROLLBACK")
    let recording = await recorder.stop()
    #expect(recording == Recording(samples: samples(0..<100), refused: 0))
    #expect(await recorder.finish(record(header)) == RecordingEnd(isStored: true))
    #expect(try place.open(.read).samples("run") == samples(0..<100))
  }

  @Test("Who cannot wait for a store that hangs gets the whole run as a file at once")
  func forgotten() async throws {
    let place = try TestStore(.sqlite)
    let header = Build.header(runID: "run")
    let recorder = try await RunRecorder.start(
      header, store: place.location, folder: place.folder.path,
      limits: StoreLimits(lock: .seconds(3_600)))
    let other = try place.open()
    try other.driver.execute("BEGIN IMMEDIATE")
    recorder.queue.push(samples(0..<10))
    recorder.forgetStore()
    let recording = await recorder.stop()
    #expect(recording.samples == samples(0..<10))
    guard case .busy = recording.storeFailure else {
      Issue.record("\(String(describing: recording.storeFailure))")
      return
    }
    let end = await recorder.finish(record(header))
    #expect(!end.isStored && end.spoolFailure == nil)
    let file = try RunFile.read(#require(end.spoolPath))
    #expect(file.header == header && file.samples == samples(0..<10))
    try other.driver.execute("ROLLBACK")
  }

  @Test("Without a store the spool is the run file")
  func noStore() async throws {
    let folder = try TemporaryFolder()
    let header = Build.header(runID: "run")
    let recorder = try await RunRecorder.start(header, store: nil, folder: folder.path)
    recorder.queue.push(samples(0..<5))
    _ = await recorder.stop()
    let end = await recorder.finish(record(header))
    #expect(!end.isStored)
    #expect(try RunFile.read(#require(end.spoolPath)).samples == samples(0..<5))
  }

  @Test("A full disk is remembered, and the store still has everything")
  func fullDisk() async throws {
    // /dev/full takes no byte: the header's write fails already, before load.
    let folder = try TemporaryFolder()
    let spools = folder.path + "/spool"
    try FileManager.default.createDirectory(atPath: spools, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: spools + "/run.jsonl", withDestinationPath: "/dev/full")
    await #expect(throws: RecorderError.self) {
      try await RunRecorder.start(
        Build.header(runID: "run"), store: nil, folder: folder.path)
    }
  }

  @Test("While load runs the recorder's memory does not grow with the requests")
  func memory() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    await #expect(processExitsWith: .success) { [path = path as String] in
      let recorder = try await RunRecorder.start(
        Build.header(runID: "long"), store: .sqlite(path: path + "/results.db"), folder: path)
      func record(_ batches: Range<Int>) throws -> Int {
        for batch in batches {
          recorder.queue.push((batch * 1_000..<(batch + 1) * 1_000).map { Build.success(seq: $0) })
          while recorder.pendingCount > 0 { sched_yield() }
        }
        return try residentBytes()
      }
      let before = try record(0..<5)
      let after = try record(5..<45)
      // In memory 40,000 samples take 16 MB and more.
      let recording = await recorder.stop()
      guard after - before < 4 << 20, recording.samples.count == 45_000 else { exit(1) }
    }
  }

  @Test("A file that may grow no further keeps whole batches, and memory takes the rest")
  func fileLimit() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    await #expect(processExitsWith: .success) { [path = path as String] in
      let recorder = try await RunRecorder.start(
        Build.header(runID: "run"), store: nil, folder: path)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 20_000, rlim_max: 20_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      for start in stride(from: 0, to: 100, by: 10) {
        recorder.queue.push((start..<start + 10).map { Build.success(seq: $0) })
        while recorder.queue.count > 0 { sched_yield() }
      }
      let recording = await recorder.stop()
      guard recording.samples == (0..<100).map({ Build.success(seq: $0) }), recording.lost == 0,
        case .notWritten = recording.spoolFailure
      else { exit(1) }
      let file = try RunFile.read(path + "/spool/run.jsonl").samples ?? []
      guard (10..<100).contains(file.count), file.count.isMultiple(of: 10) else { exit(2) }
    }
  }

  @Test("A spool that somebody removes while the run goes on takes no request with it")
  func removed() async throws {
    let folder = try TemporaryFolder()
    let recorder = try await RunRecorder.start(
      Build.header(runID: "run"), store: nil, folder: folder.path)
    recorder.queue.push(samples(0..<10))
    try FileManager.default.removeItem(atPath: folder.path + "/spool")
    recorder.queue.push(samples(10..<20))
    let recording = await recorder.stop()
    #expect(recording == Recording(samples: samples(0..<20), refused: 0))
  }

  @Test("A spool that can no longer be read is made up for by the store, or is said to be lost")
  func unreadable() async throws {
    let folder = try TemporaryFolder()
    for store in [StoreLocation.sqlite(path: folder.path + "/results.db"), nil] {
      let id = store == nil ? "lost" : "stored"
      let recorder = try await RunRecorder.start(
        Build.header(runID: id), store: store, folder: folder.path)
      recorder.queue.push(samples(0..<10))
      while recorder.queue.count > 0 { sched_yield() }
      let spool = try FileHandle(forWritingTo: URL(filePath: "\(folder.path)/spool/\(id).jsonl"))
      try spool.truncate(atOffset: 0)
      let recording = await recorder.stop()
      #expect(recording.samples == (store == nil ? [] : samples(0..<10)))
      #expect(recording.lost == (store == nil ? 10 : 0))
      #expect(recording.spoolFailure != nil)
    }
  }

  @Test(
    "A process that is killed leaves a readable, unfinished run in store and file",
    arguments: StoreKind.available)
  func killed(kind: StoreKind) async throws {
    let place = try TestStore(kind)
    _ = try place.open()
    let folder = place.folder.path
    let text = connectionText(place.location)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [folder = folder as String, text = text as String] in
      let header = Build.header(runID: "crash")
      let recorder = try await RunRecorder.start(
        header, store: StoreLocation(text), folder: folder)
      recorder.queue.push((0..<100).map { Build.success(seq: $0) })
      // The next batch is drained only after the one before it was stored.
      let reader = try ResultStore.open(StoreLocation(text), for: .read)
      while try reader.samples("crash").isEmpty { sched_yield() }
      recorder.queue.push((100..<5_000).map { Build.success(seq: $0) })
      kill(getpid(), SIGKILL)
    }

    let store = try place.open()
    let stored = try store.record("crash")
    #expect(!stored.header.isFinished)
    #expect(!stored.header.isUsable)
    let kept = try store.samples("crash")
    #expect(kept.count >= 100)
    let file = try RunFile.read(place.folder.path + "/spool/crash.jsonl")
    #expect(!file.header.isFinished)
    #expect(try #require(file.samples).count >= kept.count)
    #expect(try store.check().problems.isEmpty)
    try store.importRun(file)
    #expect(try store.samples("crash") == file.samples)
  }

  private func connectionText(_ location: StoreLocation) -> String {
    switch location {
    case .sqlite(let path): path
    case .postgres(let connection): connection
    }
  }
}

/// Bytes of this process that are in memory.
private func residentBytes() throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
  return try #require(Int(line.filter(\.isNumber))) * 1_024
}
