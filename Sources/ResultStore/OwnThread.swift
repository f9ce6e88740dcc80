import Glibc

/// Starts a thread that does `body` and ends; 0, or the system's error number.
///
/// Its own thread because what it does blocks, which nothing on the cooperative pool may.
func startThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
  let work = Unmanaged.passRetained(Work(body))
  var thread = pthread_t()
  let code = pthread_create(&thread, nil, runWork, work.toOpaque())
  if code == 0 { pthread_detach(thread) } else { work.release() }
  return code
}

private final class Work: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
  }
}

private func runWork(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
  return nil
}
