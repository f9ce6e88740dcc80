import LoadEngine
import Model
import Plan
import Reports
import ResultStore
import Testing

@testable import App

@Suite("Exit codes and error texts")
struct ExitTests {
  @Test(
    "A signal wins, then a regression, then what could not be evaluated, then storage",
    arguments: [
      ([ExitCode.notStored, .fail], ExitCode.fail), ([.fail, .interrupted], .interrupted),
      ([.notStored, .cannotEvaluate], .cannotEvaluate), ([.inconclusive, .notStored], .notStored),
      ([.pass, .inconclusive], .inconclusive), ([.pass], .pass), ([], .pass),
      ([.terminated, .fail], .terminated), ([.pass, .unavailable], .unavailable),
    ])
  func severity(_ codes: [ExitCode], _ wanted: ExitCode) {
    #expect(ExitCode.mostSevere(codes) == wanted)
    #expect(ExitCode.mostSevere(codes.reversed()) == wanted)
  }

  @Test("For git bisect what cannot tell is 125, other errors 128, signals as they are")
  func bisect() {
    let wanted: [ExitCode: ExitCode] = [
      .pass: .pass, .fail: .fail, .inconclusive: .bisectSkip, .cannotEvaluate: .bisectSkip,
      .unavailable: .bisectSkip, .plan: .bisectStop, .usage: .bisectStop, .input: .bisectStop,
      .defect: .bisectStop, .notStored: .bisectStop, .refused: .bisectStop,
      .interrupted: .interrupted, .terminated: .terminated,
    ]
    for (code, expected) in wanted { #expect(code.forBisect == expected) }
    #expect(ExitCode.bisectSkip.rawValue == 125 && ExitCode.bisectStop.rawValue == 128)
  }

  @Test("An inconclusive verdict exits as the policy says, a new environment may block")
  func policy() {
    func code(
      _ kind: VerdictKind, _ policy: InconclusivePolicy = .warn,
      _ onNew: NewEnvironmentPolicy = .warn, reasons: [VerdictReason] = []
    ) -> ExitCode {
      var verdict = Verdict(kind: kind, look: 1, maxLooks: 3)
      verdict.reasons = reasons
      return ExitPolicy(inconclusive: policy, onNewEnvironment: onNew).code(for: verdict)
    }
    #expect(code(.pass, .block, .block) == .pass)
    #expect(code(.fail) == .fail)
    #expect(code(.cannotEvaluate, .block) == .cannotEvaluate)
    #expect(code(.inconclusive) == .pass)
    #expect(code(.inconclusive, .block) == .fail)
    #expect(code(.inconclusive, .code) == .inconclusive)
    #expect(code(.inconclusive, .warn, .block, reasons: [.newEnvironment]) == .fail)
    #expect(code(.inconclusive, .warn, .block) == .pass)
  }

  @Test("Every error of an edge has a code of its own sort and says what to try or why")
  func edges() {
    let failures: [(Failure, ExitCode)] = [
      (Failure(StoreError.unreachable(store: "s", reason: "r")), .unavailable),
      (Failure(StoreError.refused(store: "s", reason: "r")), .refused),
      (Failure(StoreError.notWritable(store: "s", reason: "r")), .notStored),
      (Failure(StoreError.missing(store: "s")), .input),
      (Failure(StoreError.schemaTooNew(store: "s", found: 9, known: 1, version: "2.0")), .input),
      (Failure(StoreError.schemaTooOld(store: "s", found: 1, known: 2)), .input),
      (Failure(StoreError.busy(store: "s", reason: "r")), .unavailable),
      (Failure(StoreError.ambiguousRun("a", matches: ["ab", "ac"])), .input),
      (Failure(StoreError.unknownRun("a")), .input),
      (Failure(EngineError.unresolved(host: "h", code: -2)), .unavailable),
      (
        Failure(EngineError.unreachable(host: "h", port: 1, within: .seconds(5), systemError: nil)),
        .unavailable
      ),
      (Failure(EngineError.tls(host: "h", port: 1, code: 60, reason: "r")), .unavailable),
      (Failure(EngineError.openFiles(allowed: 10, needed: 20, engines: 1)), .unavailable),
      (Failure(EngineError.badURL("u")), .plan),
      (Failure(FileError.unreadable(path: "p", reason: "r")), .input),
      (Failure(FileError.notWritten(path: "p", reason: "r")), .notStored),
      (Failure(RecorderError.spool(.notWritten(path: "p", reason: "r"))), .notStored),
      (Failure(ResultFileError.notAResult, at: "p"), .input),
      (Failure(ResultFileError.otherFormat("x/9"), at: "p"), .input),
    ]
    for (failure, code) in failures {
      #expect(failure.code == code, "\(failure.text)")
      #expect(failure.text.hasPrefix("error: "))
      #expect(failure.remedy != nil || failure.cause != nil || failure.place != nil)
    }
    #expect(
      Failure(StoreError.schemaTooNew(store: "s", found: 9, known: 1, version: "2.0")).text
        .contains("2.0"))
  }

  @Test("A foreign text in an error neither drives a terminal nor begins a line")
  func foreign() {
    let text = Failure(
      .input, "wrong\n::add-mask::c", at: "a\n::error::b",
      because: "x\n::set-output y\u{1B}[31m", remedy: "try"
    ).text
    #expect(!text.contains("\u{1B}"))
    #expect(!text.split(separator: "\n").contains { $0.hasPrefix("::") })
    #expect(Console.inertLine("a\nb\tc\u{202E}") == "a b c\u{FFFD}")
    #expect(Console.inert("a\nb\tc\u{7}") == "a\nb\tc\u{FFFD}")
  }
}
