import Foundation
import LoadEngine
import Model
import Plan
import TestKit
import Testing

@testable import App

@Suite("Metrics of a run while it goes on")
struct MetricsTests {
  /// A request that ended, with all its times.
  private static func sample(_ outcome: Outcome) -> StreamSample {
    var sample = StreamSample(
      profile: 0, scenario: 0, seq: 0, intended: .zero, outcome: outcome)
    sample.sent = .milliseconds(1)
    sample.firstChoice = .milliseconds(101)
    sample.firstToken = .milliseconds(151)
    sample.lastToken = .milliseconds(900)
    sample.end = .milliseconds(901)
    sample.usageInputTokens = 12
    sample.usageOutputTokens = 100
    return sample
  }

  private static var scenarios: [MetricsScenario] {
    func scenario(_ name: String, _ model: String, isStreamed: Bool) -> MetricsScenario {
      let target = TargetPlan(
        url: SecretText("http://x"), path: "/", model: model, isStreamed: isStreamed)
      return MetricsScenario(
        ScenarioPlan(name: name, weight: 1, prompts: ["p"], maxTokens: 1, target: target))
    }
    return [
      scenario("short", #"a "model" of \ mine"#, isStreamed: true),
      scenario("whole", "", isStreamed: false),
    ]
  }

  static func text() -> String {
    var progress = LiveLooks.ramp[1]
    var counts = ScenarioCounts()
    for outcome in [Outcome.complete, .completeNoMarker, .truncated] { counts.add(sample(outcome)) }
    progress.scenarios = [counts, ScenarioCounts()]
    guard case .loading(let facts) = LiveViewTests.facts(LiveLooks.ramp).place else { return "" }
    let text = MetricsText(progress: progress, facts: facts, scenarios: scenarios)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  @Test("The text is as reviewed, and keeps to the format")
  func golden() throws {
    let text = MetricsTests.text()
    try Golden.expect(text, equals: "metrics.txt")
    #expect(MetricsFormat.problems(of: text).isEmpty, "\(MetricsFormat.problems(of: text))")
  }

  @Test("It is what Prometheus' own checker takes without complaint, where that is installed")
  func promtool() throws {
    let folder = try TemporaryFolder()
    try folder.write(MetricsTests.text(), to: "metrics.txt")
    let path = folder.file("metrics.txt").path(percentEncoded: false)
    let end = try RunningProcess.run(
      "sh", ["-c", "command -v promtool > /dev/null || exit 0; promtool check metrics < \(path)"])
    #expect(end.code == 0 && end.errors.isEmpty, "\(end.errors)")
  }

  @Test("The checker of these tests finds what is wrong")
  func checker() {
    func problems(_ text: String) -> [String] { MetricsFormat.problems(of: text) }
    #expect(problems("a 1\n") == ["a has no TYPE"])
    #expect(problems("# TYPE a gauge\na{b=\"c} 1\n") == ["no sample: a{b=\"c} 1"])
    #expect(problems("# TYPE a gauge\na one\n") == ["no sample: a one"])
    #expect(problems("# TYPE a gauge\na 1\na 2\n") == ["twice: a"])
    #expect(problems("# TYPE a gauge\n# TYPE a gauge\n") == ["two TYPEs: a"])
    #expect(problems("# TYPE a gauge\na 1") == ["no line end at the end"])
    let falling = "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n"
    #expect(problems(falling) == ["h{} falls"])
    let short = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 0\nh_count 1\n"
    #expect(problems(short) == ["h{} has no +Inf bucket that equals its count"])
  }

  @Test("Counters go on over the runs of a command, and nothing is under way between two")
  func over() throws {
    let plan = Plan(
      project: "p", target: TargetPlan(url: SecretText("http://x"), path: "/"), scenarios: [],
      rate: 1, profiles: [.sustained])
    let endpoint = try MetricsEndpoint(port: 0, plan: plan)
    let facts = LiveViewTests.facts(LiveLooks.ramp)
    func value(_ line: String) throws -> Bool {
      let reply = try Scrape.get(endpoint.url)
      #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
      return reply.contains("\n" + line + "\n")
    }
    #expect(try value("streamgate_requests_sent_total 0"))
    endpoint.update(LiveLooks.ramp[1], facts)
    #expect(try value("streamgate_requests_sent_total 79"))
    #expect(try value(#"streamgate_profile{profile="ramp-up"} 1"#))
    endpoint.finish(LiveLooks.ramp[1])
    #expect(try value("streamgate_requests_sent_total 79"))
    #expect(try value(#"streamgate_profile{profile="ramp-up"} 0"#))
    #expect(try value("streamgate_in_flight 0"))
    endpoint.update(LiveLooks.ramp[1], facts)
    #expect(try value("streamgate_requests_sent_total 158"))
    #expect(try value("streamgate_in_flight 42"))
    endpoint.finish(LiveLooks.ramp[1])
    #expect(try value(#"streamgate_requests_ended_total{outcome="complete"} 60"#))
  }
}
