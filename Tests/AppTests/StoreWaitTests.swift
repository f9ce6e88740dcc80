import Model
import ResultStore
import Testing

@testable import App

@Suite("A store that is waited for is told of")
struct StoreWaitTests {
  private func at(_ seconds: Double) -> MonotonicNanos {
    MonotonicNanos(0) + Nanos(seconds: 100 + seconds)
  }

  private func wait(_ begun: Double, _ kind: StoreWait.Kind = .answer) -> StoreWait {
    StoreWait(store: "s", kind: kind, limit: .seconds(35), begunAt: at(begun))
  }

  /// The seconds at which a line came, with what is waited for at each second.
  private func said(_ waits: (Double) -> StoreWait?) -> [Double: String] {
    var lines = StoreWaitLines()
    var said: [Double: String] = [:]
    for second in stride(from: 0.0, through: 40, by: 1) {
      said[second] = lines.line(for: waits(second), at: at(second))
    }
    return said
  }

  @Test("A line comes after ten seconds and every ten seconds, and says how long it may last")
  func every() {
    let said = said { _ in self.wait(0) }
    #expect(said.keys.sorted() == [10, 20, 30, 40])
    #expect(
      said[20]
        == "waiting for the store s: 20 s so far; a server that says nothing is given up after 35 s"
    )
  }

  @Test("Waits one after the other are one, and a store that answers ends it")
  func successive() {
    // A lock that is given up after seven seconds and tried for again at once.
    let tries = said { second in self.wait((second / 7).rounded(.down) * 7, .file) }
    #expect(tries.keys.sorted() == [10, 20, 30, 40])
    let answered = said { second in
      second < 9 ? self.wait(0) : second < 20 ? nil : self.wait(20)
    }
    #expect(answered.keys.sorted() == [30, 40])
    // Many short statements are no wait.
    #expect(said { second in self.wait(second - 0.1) }.isEmpty)
    #expect(said { _ in nil }.isEmpty)
  }
}
