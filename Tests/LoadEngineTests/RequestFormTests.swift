import Plan
import StreamMeter
import Testing

@Suite("The two tables of dialects")
struct RequestFormTests {
  @Test("Requests and replies know the same dialects, and the same of them can do without a stream")
  func names() {
    let own = RequestForm.all.filter { $0.dialect != "custom" }
    #expect(own.map(\.dialect) == Dialect.names)
    for form in own {
      #expect(form.hasWholeReplies == (Dialect.named(form.dialect)?.unstreamed != nil))
      #expect(form.path != nil)
    }
    #expect(RequestForm.of("custom")?.path == nil)
  }
}
