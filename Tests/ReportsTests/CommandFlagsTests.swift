import Reports
import Testing

@Suite("Commands in hints")
struct CommandFlagsTests {
  private let flags = CommandFlags(config: "ci/plan.yaml", store: "my runs.db")
  private let both = "--config ci/plan.yaml --store 'my runs.db'"

  @Test("A command in a hint gets the flags that were given, wherever it stands")
  func put() {
    #expect(
      flags.put(into: "streamgate report 0198 --stream lists them; or streamgate runs list.")
        == "streamgate report \(both) 0198 --stream lists them; or streamgate runs list \(both).")
    #expect(
      flags.put(into: "next: streamgate check, then\nstreamgate run --repeat 5")
        == "next: streamgate check \(both), then\nstreamgate run \(both) --repeat 5")
    #expect(flags.put(into: "(streamgate plan)") == "(streamgate plan \(both))")
  }

  @Test("init has no store, and a flag that is there is not said twice")
  func own() {
    #expect(
      flags.put(into: "streamgate init writes") == "streamgate init --config ci/plan.yaml writes")
    #expect(
      flags.put(into: "streamgate plan --store s.db; streamgate plan")
        == "streamgate plan --config ci/plan.yaml --store s.db; streamgate plan \(both)")
    #expect(
      CommandFlags(store: "it's").put(into: "streamgate trends")
        == #"streamgate trends --store 'it'\''s'"#)
  }

  @Test(
    "What is no command stays as it is",
    arguments: [
      "an error that streamgate does not know", "install the streamgate that wrote it",
      "my-streamgate report", "streamgate-sim faults", "streamgate runs", "streamgate ",
      "streamgate",
      "is started by streamgate runner", "streamgate baseline", "",
    ])
  func untouched(_ text: String) {
    #expect(flags.put(into: text) == text)
    #expect(
      CommandFlags().put(into: "streamgate report 1 " + text) == "streamgate report 1 " + text)
  }
}
