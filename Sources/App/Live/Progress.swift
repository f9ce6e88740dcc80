import LoadEngine
import Model
import Plan

/// How far a run is, on stderr: lines in place at a terminal, else a plain line every ten seconds;
/// nothing when silence was asked for.
struct Progress {
  /// Between two looks at the engine.
  static let interval = Nanos.milliseconds(200)
  /// Between two lines in a log.
  static let logInterval = Nanos.seconds(10)

  /// Where progress goes.
  enum Output {
    case nowhere
    case log
    case terminal(LiveView.Style)
  }

  private let output: Output
  private let label: String
  /// What is under way where that is not the profile, such as a warm pass.
  private let phase: LivePhase?
  private let metrics: MetricsEndpoint?
  private var window: ProgressWindow
  private var behindWatch = BehindWatch()
  private var slotWatch = SlotWatch()
  private var lastLine: MonotonicNanos

  /// Progress under a label such as `look 2 of 3`; the client is held against the smallest median
  /// of the runs of main where there is one, once a profile has warmed up.
  init(
    label: String, phase: LivePhase? = nil, to output: Output, metrics: MetricsEndpoint? = nil,
    baselineMedian: Nanos? = nil, warmups: [Nanos] = [], now: MonotonicNanos
  ) {
    self.label = label
    self.phase = phase
    self.output = output
    self.metrics = metrics
    window = ProgressWindow(baselineMedian: baselineMedian, warmups: warmups)
    lastLine = now
  }

  /// Shows what there is to show at this moment.
  mutating func update(_ progress: EngineProgress, now: MonotonicNanos) {
    window.add(progress)
    let facts = window.facts(label: label, phase: phase)
    metrics?.update(progress, facts)
    if case .nowhere = output { return }
    if let warning = behindWatch.look(at: window) { Console.error(warning) }
    // A step of a search is said to have missed, with what found no slot, at its end.
    if phase == nil, let warning = slotWatch.look(at: window) { Console.error(warning) }
    switch output {
    case .nowhere: break
    case .terminal(let style):
      Console.show(LiveView(size: Console.errorSize, style: style).lines(facts))
    case .log:
      guard now - lastLine >= Progress.logInterval else { return }
      Console.error(LiveLine.text(facts))
      lastLine = now
    }
  }

  /// Takes the lines in place away.
  func end() {
    if case .terminal = output { Console.show([]) }
  }
}
