import Foundation
import Model

/// libFuzzer's own entrance for a program that has a `main`; no header declares it.
@_silgen_name("LLVMFuzzerRunDriver")
private func runLibFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The target that runs: libFuzzer's function takes nothing along.
private let running = Locked<FuzzTarget?>(nil)

/// Runs a target by the process's arguments until libFuzzer has enough; its exit code. A finding
/// is said on standard error and ends the process, so that libFuzzer keeps the input.
func fuzz(_ target: FuzzTarget) -> CInt {
  running.withLock { $0 = target }
  var count = CommandLine.argc
  var arguments = CommandLine.unsafeArgv
  return runLibFuzzer(&count, &arguments) { data, count in
    let target = running.withLock { $0 }
    if let finding = target?.finding(UnsafeRawBufferPointer(start: data, count: count)) {
      FileHandle.standardError.write(Data("FINDING in \(target?.name ?? ""): \(finding)\n".utf8))
      abort()
    }
    return 0
  }
}
