import Testing
import Workload

@Suite("The trace context of a request")
struct TraceContextTests {
  @Test("Each request has a trace of its own, the same whenever it is asked for")
  func traces() throws {
    let context = TraceContext(runID: "0190-run")
    var seen: Set<String> = []
    for profile in 0..<3 {
      for seq in 0..<100 {
        let value = context.traceparent(profile: profile, seq: seq)
        let fields = value.split(separator: "-")
        #expect(fields.map(\.count) == [2, 32, 16, 2])
        #expect(fields[0] == "00" && fields[3] == "01")
        #expect(fields[1] == context.traceID(profile: profile, seq: seq))
        #expect(value.allSatisfy { $0 == "-" || ($0.isHexDigit && !$0.isUppercase) })
        #expect(seen.insert(String(fields[1])).inserted)
        #expect(value == TraceContext(runID: "0190-run").traceparent(profile: profile, seq: seq))
      }
    }
    #expect(
      context.traceID(profile: 0, seq: 0)
        != TraceContext(runID: "0191-run").traceID(profile: 0, seq: 0))
  }
}
