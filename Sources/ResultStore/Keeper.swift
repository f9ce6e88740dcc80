import Glibc
import Model

/// What a recorder's thread owns: the spool and the store's connection.
///
/// While load runs no request is held in memory once the spool has it, so that a run's length costs
/// none: `stop` reads them back.
struct Keeper: ~Copyable {
  private let location: StoreLocation?
  private let limits: StoreLimits
  private var spool: Spool
  private var store: ResultStore?
  private let run: RunKey?
  private let runID: String
  /// Requests that were taken from the queue.
  private var takenCount = 0
  /// Those that the spool did not take; after `stop` all.
  private var samples: [StreamSample] = []
  private var storeFailure: StoreError?
  private var spoolFailure: FileError?

  private init(
    location: StoreLocation?, limits: StoreLimits, spool: consuming Spool, store: ResultStore?,
    run: RunKey?, runID: String
  ) {
    self.location = location
    self.limits = limits
    self.spool = spool
    self.store = store
    self.run = run
    self.runID = runID
  }

  /// Makes the spool and begins the run in the store, both or neither.
  static func begin(
    _ header: RunHeader, store location: StoreLocation?, folder: String, limits: StoreLimits
  ) throws(RecorderError) -> Keeper {
    let spool: Spool
    do {
      spool = try Spool.create(header, folder: folder)
    } catch {
      throw .spool(error)
    }
    guard let location else {
      return Keeper(
        location: nil, limits: limits, spool: spool, store: nil, run: nil, runID: header.runID)
    }
    do {
      let store = try ResultStore.open(location, for: .write, limits: limits)
      let run = try store.beginRun(header)
      return Keeper(
        location: location, limits: limits, spool: spool, store: store, run: run,
        runID: header.runID)
    } catch {
      unlink(spool.path)
      throw .store(error)
    }
  }

  /// Keeps batches until the queue is closed, then does what it is told, then ends.
  mutating func record(_ queue: BatchQueue<StreamSample>, _ orders: BatchQueue<Order>) {
    while let batch = queue.drain() { keep(batch) }
    while let some = orders.drain() {
      for order in some {
        switch order {
        case .stop(let continuation): continuation.resume(returning: stop(queue))
        case .finish(let record, let continuation):
          continuation.resume(returning: finish(record))
          return
        }
      }
    }
  }

  /// The file first: it survives a store that hangs, and a process that is killed.
  private mutating func keep(_ batch: [StreamSample]) {
    takenCount += batch.count
    if spoolFailure == nil {
      do {
        try spool.append(batch)
      } catch {
        spoolFailure = error
      }
    }
    if spoolFailure != nil { samples += batch }
    if let store, let run {
      do {
        try store.append(batch, to: run)
      } catch {
        lose(error)
      }
    }
  }

  private mutating func lose(_ error: StoreError) {
    storeFailure = storeFailure ?? error
    store = nil
  }

  private mutating func stop(_ queue: BatchQueue<StreamSample>) -> Recording {
    readBack()
    samples.sort { $0.profile == $1.profile ? $0.seq < $1.seq : $0.profile < $1.profile }
    return Recording(
      samples: samples, refused: queue.refused, lost: takenCount - samples.count,
      storeFailure: storeFailure, spoolFailure: spoolFailure)
  }

  /// Takes the requests back from the spool; from the store where the spool cannot be read.
  private mutating func readBack() {
    do {
      let spooled = try spool.read()
      samples = samples.isEmpty ? spooled : spooled + samples
    } catch {
      spoolFailure = spoolFailure ?? error
      guard let store, let stored = try? store.samples(runID) else { return }
      samples = stored
    }
  }

  private mutating func finish(_ record: RunRecord) -> RecordingEnd {
    var whole = record
    whole.header.isFinished = true
    whole.samples = samples
    if storeInTime(record) || storeLate(whole) {
      unlink(spool.path)
      return RecordingEnd(isStored: true, storeFailure: storeFailure)
    }
    do {
      try RunFile.write(whole, to: spool.path)
      spoolFailure = nil
    } catch {
      spoolFailure = error
    }
    return RecordingEnd(
      isStored: false, storeFailure: storeFailure, spoolPath: spool.path,
      spoolFailure: spoolFailure)
  }

  /// True if the store took every batch and takes the summary now.
  private mutating func storeInTime(_ record: RunRecord) -> Bool {
    guard let store else { return false }
    do {
      try store.finishRun(record)
      return true
    } catch {
      lose(error)
      return false
    }
  }

  /// Tries once more, with a new connection and the whole run: most losses are short.
  private func storeLate(_ whole: RunRecord) -> Bool {
    guard let location else { return false }
    do {
      let store = try ResultStore.open(location, for: .write, limits: limits)
      do {
        try store.importRun(whole)
      } catch .runExists {
        // The summary was stored and only the answer got lost.
      }
      return true
    } catch {
      return false
    }
  }
}
