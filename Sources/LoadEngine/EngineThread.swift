import CLinux
import Glibc

/// A piece of work on its way to a thread.
private final class ThreadWork {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

/// Does blocking work on a thread of its own and suspends until it is done, so that no thread of
/// the cooperative pool waits.
func onOwnThread<Value: Sendable>(
  named name: String, _ work: @escaping @Sendable () throws(EngineError) -> Value
) async throws(EngineError) -> Value {
  let result: Result<Value, EngineError> = await withCheckedContinuation { continuation in
    let box = ThreadWork(name: name) {
      continuation.resume(returning: Result { () throws(EngineError) -> Value in try work() })
    }
    var thread = pthread_t()
    let pointer = Unmanaged.passRetained(box).toOpaque()
    let code = pthread_create(&thread, nil, { runThreadWork($0) }, pointer)
    guard code == 0 else {
      Unmanaged<ThreadWork>.fromOpaque(pointer).release()
      continuation.resume(returning: .failure(.system("pthread_create", Int(code))))
      return
    }
    pthread_detach(thread)
  }
  return try result.get()
}

private func runThreadWork(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let pointer else { return nil }
  let work = Unmanaged<ThreadWork>.fromOpaque(pointer).takeRetainedValue()
  streamgate_name_thread(work.name)
  work.body()
  return nil
}
