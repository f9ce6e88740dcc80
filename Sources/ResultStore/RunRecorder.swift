public import Model

/// Keeps a run while it is measured, on two threads of its own: in a spool file, and from there in
/// the store, which may hang meanwhile. For the summary it is read back from the spool, so that a
/// long run needs no more memory than a short one while load runs.
///
/// Use: `start`, push batches to `queue`, `stop`, then `finish` with the summary. A store or a
/// disk that fails in between is remembered, and recording goes on with what is left.
public final class RunRecorder: Sendable {
  /// Takes the finished requests in batches; `stop` closes it.
  public let queue = BatchQueue<StreamSample>()
  private let orders = BatchQueue<Order>()
  /// The store's side; nil without a store.
  private let store = Locked<StoreKeeper?>(nil)

  private init() {}

  deinit {
    queue.close()
    orders.close()
  }

  /// Makes the spool file below `folder`, opens the store and stores the run as unfinished: what
  /// cannot be written is known before load starts. Without a store there is the spool alone.
  public static func start(
    _ header: RunHeader, store: StoreLocation?, folder: String,
    limits: StoreLimits = StoreLimits()
  ) async throws(RecorderError) -> RunRecorder {
    let recorder = RunRecorder()
    let queue = recorder.queue
    let (orders, storeKeeper) = (recorder.orders, recorder.store)
    let failure: RecorderError? = await withCheckedContinuation { continuation in
      let code = startThread {
        do throws(RecorderError) {
          var keeper = try Keeper.begin(header, store: store, folder: folder, limits: limits)
          storeKeeper.withLock { $0 = keeper.storeKeeper }
          continuation.resume(returning: nil)
          keeper.record(queue, orders)
        } catch {
          continuation.resume(returning: error)
        }
      }
      if code != 0 { continuation.resume(returning: .noThread(code: code)) }
    }
    if let failure { throw failure }
    return recorder
  }

  /// Waits for the store no longer: what it has not taken by now is left to the spool, which stays
  /// as a whole run file. For who interrupts a run and has no time for a store that hangs.
  public func forgetStore() {
    store.withLock { $0 }?.forget()
  }

  /// Requests that neither the spool nor the store has begun to take.
  var pendingCount: Int { queue.count + (store.withLock { $0 }?.pendingCount ?? 0) }

  /// Closes the queue, waits until all that was pushed is kept, and returns it.
  public func stop() async -> Recording {
    await withCheckedContinuation { continuation in
      orders.push([.stop(continuation)])
      queue.close()
    }
  }

  /// Stores what the run came to. The spool goes once the store has everything; else it stays, as
  /// a whole run file that can be imported. Call it once, after `stop`.
  public func finish(_ record: RunRecord) async -> RecordingEnd {
    await withCheckedContinuation { continuation in
      orders.push([.finish(record, continuation)])
    }
  }
}

/// Why a recording could not start.
public enum RecorderError: Error, Sendable, Equatable {
  /// The store cannot be used.
  case store(StoreError)
  /// The spool file cannot be made.
  case spool(FileError)
  /// The system gives no thread; its error number.
  case noThread(code: Int32)
}

/// What was recorded.
public struct Recording: Sendable, Equatable {
  /// Every request, sorted by profile and position.
  public var samples: [StreamSample]
  /// Requests that were refused because the recorder was too far behind; 0 but in a disaster.
  public var refused: Int
  /// Requests that were kept and can no longer be read; 0 but in a disaster.
  public var lost = 0
  /// Why the store stopped taking requests, nil if it did not.
  public var storeFailure: StoreError?
  /// Why the spool stopped taking requests, nil if it did not.
  public var spoolFailure: FileError?
}

/// Where a finished run is.
public struct RecordingEnd: Sendable, Equatable {
  /// True if the store holds the whole run.
  public var isStored: Bool
  /// What failed in the store on the way, also if a second try at the end stored everything.
  public var storeFailure: StoreError?
  /// The run file that is left on disk, nil if the store made it needless.
  public var spoolPath: String?
  /// Why the file is not whole, nil if it is or if there is none.
  public var spoolFailure: FileError?
}

/// What a recorder's thread is told.
enum Order: Sendable {
  case stop(CheckedContinuation<Recording, Never>)
  case finish(RunRecord, CheckedContinuation<RecordingEnd, Never>)
}
