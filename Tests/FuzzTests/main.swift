import Foundation

// Lets libFuzzer run a target: `streamgate-fuzz --target=NAME`, then libFuzzer's own options, which
// do not begin with two dashes. `--prepare=FOLDER` writes the target's seeds and words there, and
// `--list` names the targets; neither runs anything.

let arguments = CommandLine.arguments

func value(_ option: String) -> String? {
  arguments.first { $0.hasPrefix(option) }.map { String($0.dropFirst(option.count)) }
}

func stop(_ code: CInt, _ text: String) -> Never {
  print(text)
  exit(code)
}

if arguments.contains("--list") { stop(0, FuzzTarget.all.map(\.name).joined(separator: "\n")) }
guard let target = value("--target=").flatMap(FuzzTarget.named) else {
  stop(64, "--target= must be one of: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
}
if let folder = value("--prepare=") {
  do {
    stop(0, "\(try Seeds(of: target).write(to: URL(filePath: folder))) seeds")
  } catch {
    stop(74, "\(folder): \(error)")
  }
}
exit(fuzz(target))
