import Gate
import LoadEngine
import Model
import Plan
import Reports

/// A scenario as the labels of its metrics say it; none of it is ever a secret.
struct MetricsScenario: Equatable {
  var name: String
  /// Empty where the plan names none.
  var model: String
  /// OpenTelemetry's `gen_ai.operation.name`.
  var operation: String
  /// OpenTelemetry's `gen_ai.provider.name`: whose form of request and stream it is.
  var provider: String
  var isStreamed: Bool

  init(_ scenario: ScenarioPlan) {
    let target = scenario.target
    name = scenario.name
    model = target.model
    isStreamed = target.isStreamed
    let dialect = target.dialect
    operation =
      ["openai-completions", "ollama-generate", "tgi", "raw-text"].contains(dialect)
      ? "text_completion" : "chat"
    provider =
      ["openai", "anthropic", "ollama", "tgi"].first { dialect.hasPrefix($0) } ?? "custom"
  }
}

/// A moment of a run in Prometheus' text format, version 0.0.4.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/. Names that begin with `gen_ai`
/// mean what OpenTelemetry's conventions for generative AI say, in Prometheus' spelling; all others
/// are ours (docs/live.md).
struct MetricsText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  let progress: EngineProgress
  /// What the live view shows; nil while no load runs.
  let facts: LoadFacts?
  let scenarios: [MetricsScenario]

  /// All metrics, UTF-8.
  var bytes: [UInt8] {
    var writer = MetricsWriter()
    writeOperations(&writer)
    writeLatencies(&writer)
    writeCounters(&writer)
    writePlace(&writer)
    writeClient(&writer)
    return Array(writer.text.utf8)
  }

  // MARK: OpenTelemetry's

  private func writeOperations(_ writer: inout MetricsWriter) {
    writer.family(
      "gen_ai_client_operation_duration_seconds", .histogram,
      "From the sending of a request to the end of its reply.")
    each { scenario, counts in
      for (error, histogram) in Self.operations(counts) {
        writer.histogram(histogram, labels(scenario, error.map { [("error_type", $0)] } ?? []))
      }
    }
    writer.family(
      "gen_ai_client_operation_time_to_first_chunk_seconds", .histogram,
      "From the sending of a request to the first event with a choice.")
    each { scenario, counts in
      if scenario.isStreamed { writer.histogram(counts.firstChunk, labels(scenario)) }
    }
    writer.family(
      "gen_ai_client_token_usage", .histogram,
      "Tokens of a request, as the service counts them.")
    each { scenario, counts in
      let parts = [("input", counts.inputTokens), ("output", counts.outputTokens)]
      for (type, histogram) in parts where histogram.count > 0 {
        writer.histogram(histogram, labels(scenario, [("gen_ai_token_type", type)]), unit: 1)
      }
    }
  }

  /// Histograms by `error.type`, which is an outcome's name; a success has none.
  private static func operations(
    _ counts: ScenarioCounts
  ) -> [(error: String?, histogram: BucketHistogram)] {
    var success = BucketHistogram(bounds: BucketHistogram.times)
    var failures: [(error: String?, histogram: BucketHistogram)] = []
    for outcome in Outcome.allCases {
      guard let histogram = counts.operations[outcome] else { continue }
      if outcome.isSuccess {
        success.merge(histogram)
      } else {
        failures.append((outcome.name, histogram))
      }
    }
    return [(nil, success)] + failures
  }

  private func labels(
    _ scenario: MetricsScenario, _ more: [(String, String)] = []
  ) -> [(String, String)] {
    var labels = [
      ("gen_ai_operation_name", scenario.operation),
      ("gen_ai_provider_name", scenario.provider),
    ]
    if !scenario.model.isEmpty { labels.append(("gen_ai_request_model", scenario.model)) }
    return labels + more + [("scenario", scenario.name)]
  }

  private func each(_ body: (MetricsScenario, ScenarioCounts) -> Void) {
    for (index, scenario) in scenarios.enumerated() {
      body(
        scenario,
        progress.scenarios.indices.contains(index) ? progress.scenarios[index] : ScenarioCounts())
    }
  }

  // MARK: Ours

  private func writeLatencies(_ writer: inout MetricsWriter) {
    writer.family(
      "streamgate_ttft_seconds", .histogram,
      "Time to first token, from when the request should have been sent.")
    each { writer.histogram($1.ttft, [("scenario", $0.name)]) }
    writer.family(
      "streamgate_duration_seconds", .histogram,
      "Time to the last token of a success, from when the request should have been sent.")
    each { writer.histogram($1.duration, [("scenario", $0.name)]) }
  }

  private func writeCounters(_ writer: inout MetricsWriter) {
    let counters = [
      (
        "streamgate_arrivals_due_total", "Arrivals of open loops that were due.",
        progress.arrivalsDue
      ),
      (
        "streamgate_arrivals_sent_total", "Of those, the ones that were sent.",
        progress.arrivalsSent
      ),
      ("streamgate_requests_sent_total", "Requests sent.", progress.sent),
      ("streamgate_first_tokens_total", "Streams that had a first token.", progress.firstTokens),
      ("streamgate_token_events_total", "Events with a token.", progress.tokens),
    ]
    for (name, help, count) in counters {
      writer.family(name, .counter, help)
      writer.sample(Double(count))
    }
    writer.family(
      "streamgate_requests_ended_total", .counter,
      "Requests that ended, the dropped ones included, by outcome.")
    for outcome in Outcome.allCases {
      writer.sample(Double(progress.ended[outcome, default: 0]), [("outcome", outcome.name)])
    }
  }

  private func writePlace(_ writer: inout MetricsWriter) {
    func gauge(_ name: String, _ help: String, _ value: Double) {
      writer.family(name, .gauge, help)
      writer.sample(value)
    }
    gauge("streamgate_in_flight", "Streams open.", Double(progress.inFlight))
    writer.family("streamgate_profile", .gauge, "1 for the profile that runs.")
    for kind in ProfileKind.allCases {
      let runs = facts != nil && progress.profile == kind
      writer.sample(runs ? 1 : 0, [("profile", kind.rawValue)])
    }
    gauge("streamgate_stage", "The stage of the profile, from 1.", Double(facts?.stage ?? 0))
    gauge(
      "streamgate_target_rate", "Arrivals a second that the stage has scheduled.",
      facts == nil ? 0 : progress.targetRate)
    gauge(
      "streamgate_target_users", "Users of a closed loop.",
      facts == nil ? 0 : Double(progress.targetUsers))
    gauge(
      "streamgate_run_left_seconds", "To the last arrival of the last profile.",
      facts?.runLeft.seconds ?? 0)
  }

  private func writeClient(_ writer: inout MetricsWriter) {
    writer.family(
      "streamgate_late_seconds", .gauge, "How long the next request has been due and not sent.")
    writer.sample(facts == nil ? 0 : progress.lateBy.seconds)
    let lags = facts?.lags
    writer.family(
      "streamgate_loop_lag_seconds", .gauge,
      "Quantiles of the loop lag of the last five seconds: the error of every stamp.")
    for (p, lag) in [("0.5", lags?.loopLagMedian), ("0.99", lags?.loopLagP99)] {
      writer.sample(lag?.seconds ?? 0, [("p", p)])
    }
    writer.family(
      "streamgate_schedule_lag_seconds", .gauge,
      "Quantiles of sent minus intended of the last five seconds.")
    for (p, lag) in [("0.5", lags?.scheduleLagMedian), ("0.99", lags?.scheduleLagP99)] {
      writer.sample(lag?.seconds ?? 0, [("p", p)])
    }
    writer.family(
      "streamgate_client_light", .gauge, "1 for what the client's own lags of late amount to.")
    for colour in ClientLight.Colour.allCases {
      let light = facts?.light.colour ?? .unknown
      writer.sample(light == colour ? 1 : 0, [("colour", colour.rawValue)])
    }
  }
}
