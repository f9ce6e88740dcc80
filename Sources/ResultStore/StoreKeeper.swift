import Model

/// The store's side of a recording, on a thread of its own: a store that hangs keeps no request
/// out of the spool.
///
/// Use: `begin`, `take` batches, `drain`, then whatever else. Its calls wait for the store, which
/// is bounded by its limits, and end at once when `forget` is called.
final class StoreKeeper: Sendable {
  private struct State: Sendable {
    var isBegun = false
    var isDrained = false
    var isForgotten = false
    /// Why the store stopped taking requests.
    var failure: StoreError?
    var answer: Answer?
  }

  private enum Task: Sendable {
    case read(runID: String)
    case finish(RunRecord)
    case importWhole(RunRecord)
  }

  /// What a task came to.
  private enum Answer: Sendable {
    case failed
    case done
    case samples([StreamSample])
  }

  private let location: StoreLocation
  private let limits: StoreLimits
  /// What the store has not taken yet.
  private let pending = BatchQueue<StreamSample>()
  private let tasks = BatchQueue<Task>()
  private let state = Locked(State())

  private init(_ location: StoreLocation, _ limits: StoreLimits) {
    self.location = location
    self.limits = limits
  }

  /// Opens the store and begins the run in it; waits for both.
  static func begin(
    _ header: RunHeader, at location: StoreLocation, limits: StoreLimits
  ) throws(RecorderError) -> StoreKeeper {
    let keeper = StoreKeeper(location, limits)
    let code = startThread { keeper.work(header) }
    guard code == 0 else { throw .noThread(code: code) }
    if let failure = keeper.state.withLock(when: \.isBegun, \.failure) { throw .store(failure) }
    return keeper
  }

  /// Lets the thread end once it has nothing left to do.
  func end() {
    pending.close()
    tasks.close()
  }

  // MARK: Asked by the spool's thread

  /// Hands requests over. Never waits but for a lock; a store that is too far behind is given up.
  func take(_ batch: [StreamSample]) {
    guard failure == nil, !pending.push(batch) else { return }
    lose(
      .busy(
        store: location.description,
        reason: "more than \(pending.limit) requests waited to be stored"))
  }

  /// Requests that the store has not begun to take.
  var pendingCount: Int { pending.count }

  /// Waits until the store has all that was handed over; why it has not, nil if it has.
  func drain() -> StoreError? {
    pending.close()
    return state.withLock(when: { $0.isDrained || $0.isForgotten }, \.failure)
  }

  /// Why the store stopped taking requests.
  var failure: StoreError? { state.withLock(\.failure) }

  /// The run's stored requests; nil if they cannot be read.
  func samples(of runID: String) -> [StreamSample]? {
    if case .samples(let samples) = ask(.read(runID: runID)) { samples } else { nil }
  }

  /// True if the store took every batch and takes the summary now.
  func finish(_ record: RunRecord) -> Bool {
    guard failure == nil, case .done = ask(.finish(record)) else { return false }
    return true
  }

  /// Tries once more, with a new connection and the whole run: most losses are short.
  func importWhole(_ whole: RunRecord) -> Bool {
    if case .done = ask(.importWhole(whole)) { true } else { false }
  }

  private func ask(_ task: Task) -> Answer {
    guard state.withLock({ !$0.isForgotten }), tasks.push([task]) else { return .failed }
    return state.withLock(when: { $0.answer != nil || $0.isForgotten }) { state in
      defer { state.answer = nil }
      return state.answer ?? .failed
    }
  }

  // MARK: Asked by any thread

  /// Waits for the store no longer, now and later. What it is doing goes on by itself.
  func forget() {
    state.withLockNotifying { state in
      state.isForgotten = true
      state.failure =
        state.failure
        ?? .busy(store: location.description, reason: "it was not waited for after an interrupt")
    }
  }

  // MARK: The thread

  private func work(_ header: RunHeader) {
    let store: ResultStore
    let run: RunKey
    do {
      store = try ResultStore.open(location, for: .write, limits: limits)
      run = try store.beginRun(header)
    } catch {
      return state.withLockNotifying { ($0.failure, $0.isBegun) = (error, true) }
    }
    state.withLockNotifying { $0.isBegun = true }
    while let batch = pending.drain() {
      guard failure == nil else { continue }
      do { try store.append(batch, to: run) } catch { lose(error) }
    }
    state.withLockNotifying { $0.isDrained = true }
    while let some = tasks.drain() {
      for task in some {
        let answer = answer(task, store)
        state.withLockNotifying { $0.answer = answer }
      }
    }
  }

  private func lose(_ error: StoreError) {
    state.withLock { $0.failure = $0.failure ?? error }
  }

  private func answer(_ task: Task, _ store: ResultStore) -> Answer {
    switch task {
    case .read(let runID):
      return (try? store.samples(runID)).map(Answer.samples) ?? .failed
    case .finish(let record):
      do {
        try store.finishRun(record)
        return .done
      } catch {
        lose(error)
        return .failed
      }
    case .importWhole(let whole):
      do {
        let store = try ResultStore.open(location, for: .write, limits: limits)
        do {
          try store.importRun(whole)
        } catch .runExists {
          // The summary was stored and only the answer got lost.
        }
        return .done
      } catch {
        return .failed
      }
    }
  }
}
