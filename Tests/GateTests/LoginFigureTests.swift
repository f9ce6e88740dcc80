import Gate
import Model
import Plan
import TestKit
import Testing

@Suite("Logins are measured over the whole run")
struct LoginFigureTests {
  private let objective = Objective(
    metric: .latency(.login, quantile: 0.95), comparison: .less, bound: 0.8)

  private func log(_ durations: [Double], failed: Int = 0) -> LoginLog {
    var attempts = durations.map {
      LoginAttempt(step: .login, at: .zero, duration: Nanos(seconds: $0), isGranted: true)
    }
    attempts += (0..<failed).map { _ in
      LoginAttempt(step: .refresh, at: .zero, duration: .milliseconds(1), isGranted: false)
    }
    return LoginLog(
      attempts: attempts, waits: [LoginWait(duration: .milliseconds(20), isRepeat: true)])
  }

  private func record(_ log: LoginLog) -> RunRecord {
    let header = Build.header(
      runID: "c", profiles: ["ramp-up", "sustained"], scenarios: ["short"])
    return Gate.summarize(
      samples: [], header: header, objectives: [objective], logins: log)
  }

  @Test("An objective on logins has one figure, of all logins, with failures as infinity")
  func figure() throws {
    let record = record(log((1...99).map { Double($0) / 1_000 }, failed: 1))
    #expect(record.objectives.count == 1)
    let figure = try #require(record.objectives.first)
    #expect(figure.objective == "login.p95 < 800ms" && figure.n == 100)
    #expect(abs((figure.value ?? 0) - 0.09505) < 1e-12)
    let failing = self.record(log((1...90).map { Double($0) / 1_000 }, failed: 10))
    #expect(failing.objectives.first?.value == .infinity)
  }

  @Test("An objective on logins is judged by their number, and without any it is no success")
  func judged() {
    func verdict(_ log: LoginLog) -> ObjectiveResult? {
      var record = record(log)
      record.header.branch = "change"
      return Gate.judge(
        GateInput(
          settings: GateSettings(objectives: [objective]), candidates: [record], baseline: [])
      ).objectives.first
    }
    let quick = Array(repeating: 0.1, count: 140)
    let slow = Array(repeating: 0.9, count: 140)
    #expect(verdict(log(quick))?.verdict == .ok)
    #expect(verdict(log(slow))?.verdict == .fail)
    #expect(verdict(log([0.1, 0.1]))?.verdict != .ok)
    #expect(verdict(LoginLog())?.verdict != .ok)
  }

  @Test("A run's figures tell its logins, and those of a run without one do not")
  func figures() {
    let record = record(log(Array(repeating: 0.25, count: 20), failed: 1))
    let figures = record.figures.filter { $0.name.hasPrefix(ReportFigure.loginPrefix) }
    #expect(figures.allSatisfy { $0.profile.isEmpty && $0.scenario.isEmpty })
    let values = Dictionary(uniqueKeysWithValues: figures.map { ($0.name, $0.value) })
    #expect(
      values == [
        "login.count": 21, "login.failed": 1, "login.refreshes": 1, "login.p50": 0.25,
        "login.p95": 0.25, "login.wait.count": 1, "login.wait.p50": 0.02,
        "login.wait.max": 0.02, "login.repeated": 1,
      ])
    #expect(!self.record(LoginLog()).figures.contains { $0.name.hasPrefix("login.") })
  }
}
