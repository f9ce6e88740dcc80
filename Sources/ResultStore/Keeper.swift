import Glibc
import Model

/// What a recorder's thread owns: the spool, and the store by its keeper.
///
/// While load runs no request is held in memory once the spool and the store have it, so that a
/// run's length costs none: `stop` reads them back.
struct Keeper: ~Copyable {
  private var spool: Spool
  private let store: StoreKeeper?
  private let runID: String
  /// Requests that were taken from the queue.
  private var takenCount = 0
  /// Those that the spool did not take; after `stop` all.
  private var samples: [StreamSample] = []
  private var spoolFailure: FileError?

  private init(spool: consuming Spool, store: StoreKeeper?, runID: String) {
    self.spool = spool
    self.store = store
    self.runID = runID
  }

  deinit {
    store?.end()
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
    guard let location else { return Keeper(spool: spool, store: nil, runID: header.runID) }
    do {
      let store = try StoreKeeper.begin(header, at: location, limits: limits)
      return Keeper(spool: spool, store: store, runID: header.runID)
    } catch {
      unlink(spool.path)
      throw error
    }
  }

  /// What takes the requests for the store; nil without one.
  var storeKeeper: StoreKeeper? { store }

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

  /// The file first, and without waiting for the store: it survives one that hangs, and a process
  /// that is killed.
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
    store?.take(batch)
  }

  private mutating func stop(_ queue: BatchQueue<StreamSample>) -> Recording {
    let storeFailure = store?.drain()
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
      if let stored = store?.samples(of: runID) { samples = stored }
    }
  }

  private mutating func finish(_ record: RunRecord) -> RecordingEnd {
    var whole = record
    whole.header.isFinished = true
    whole.samples = samples
    if let store, store.finish(record) || store.importWhole(whole) {
      unlink(spool.path)
      return RecordingEnd(isStored: true, storeFailure: store.failure)
    }
    do {
      try RunFile.write(whole, to: spool.path)
      spoolFailure = nil
    } catch {
      spoolFailure = error
    }
    return RecordingEnd(
      isStored: false, storeFailure: store?.failure, spoolPath: spool.path,
      spoolFailure: spoolFailure)
  }
}
