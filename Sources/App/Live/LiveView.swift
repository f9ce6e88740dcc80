import Gate
import Model
import Reports

/// A moment of a run as lines for a terminal of a given size: none is wider, and none is lost that
/// a smaller terminal has room for.
struct LiveView {
  /// What the terminal can show.
  struct Style: Equatable {
    var isColoured = false
    /// False where the locale is not UTF-8: only ASCII then.
    var isUnicode = false
  }

  /// Columns and rows of a terminal.
  struct Size: Equatable {
    var columns: Int
    var rows: Int
  }

  /// The widest bar.
  private static let barMax = 40
  /// A bar below this says nothing.
  private static let barMin = 8

  let size: Size
  let style: Style

  /// The lines, the most important first where there is no room for all. A column at the right and
  /// a row stay free, so that nothing wraps or scrolls.
  func lines(_ facts: LiveFacts) -> [String] {
    guard case .loading(let load) = facts.place else {
      return [fitted(["\(facts.label): \(LiveLine.place(facts.place))"])]
    }
    let all = [
      head(facts.label, load), rateLine(load), endedLine(load), ttftLine(load), clientLine(load),
    ]
    return Array(all.prefix(max(1, size.rows - 1)))
  }

  private var columns: Int { max(1, size.columns - 1) }

  private func head(_ label: String, _ load: LoadFacts) -> String {
    let name = "\(label): \(LiveWords.name(load))"
    let time = LiveWords.time(load)
    let left = LiveWords.left(load)
    let room = columns - name.count - time.count - left.count - 6
    guard room >= Self.barMin else { return fitted([name, time, left]) }
    return [name, bar(load.share, width: min(room, Self.barMax)), time, left]
      .joined(separator: "  ")
  }

  private func bar(_ share: Double, width: Int) -> String {
    let full = min(width, Int(share * Double(width)))
    let (done, rest) = style.isUnicode ? ("━", "─") : ("#", "-")
    return String(repeating: done, count: full) + String(repeating: rest, count: width - full)
  }

  private func rateLine(_ load: LoadFacts) -> String {
    let tokens = load.tokenRate.map(LiveWords.number) ?? Figures.none
    return fitted([
      "  rate    \(LiveWords.rate(load))", "in flight \(load.inFlight)", "tokens \(tokens)/s",
    ])
  }

  private func endedLine(_ load: LoadFacts) -> String {
    fitted(["  ended   \(load.endedCount)"] + load.ended.map(LiveWords.outcome))
  }

  private func ttftLine(_ load: LoadFacts) -> String {
    guard let ttft = load.ttft else { return fitted(["  ttft    " + Figures.none]) }
    return fitted([
      "  ttft    p50 \(LiveWords.duration(ttft.p50))", "p95 \(LiveWords.duration(ttft.p95))",
    ])
  }

  private func clientLine(_ load: LoadFacts) -> String {
    let dot: Character = style.isUnicode ? "●" : "*"
    var parts = ["  client  \(dot) \(LiveWords.light(load.light))"]
    if let lags = load.lags {
      let loop = LiveWords.pair(lags.loopLagMedian, lags.loopLagP99)
      parts += ["loop lag \(loop) (p50/p99)", LiveWords.late(lags)]
    }
    let line = fitted(parts)
    guard style.isColoured, let colour = code(load.light.colour),
      let at = line.firstIndex(of: dot)
    else { return line }
    return line[..<at] + "\u{1B}[\(colour)m\(dot)\u{1B}[0m" + line[line.index(after: at)...]
  }

  private func code(_ colour: ClientLight.Colour) -> String? {
    switch colour {
    case .unknown: nil
    case .green: "32"
    case .amber: "33"
    case .red: "1;31"
    }
  }

  /// As many parts as fit, the rest left out with a mark; a first part that does not fit is cut.
  private func fitted(_ parts: [String]) -> String {
    let texts = style.isUnicode ? parts : parts.map(ascii)
    let mark = style.isUnicode ? "…" : "..."
    var line = ""
    for (index, part) in texts.enumerated() {
      let next = index == 0 ? part : line + "  " + part
      let isLast = index == texts.count - 1
      if next.count + (isLast ? 0 : mark.count + 2) <= columns {
        line = next
        continue
      }
      guard index > 0 else { return String(part.prefix(columns)) }
      return line + "  " + mark
    }
    return line
  }

  private func ascii(_ text: String) -> String {
    String(text.map { $0.isASCII ? $0 : $0 == "µ" ? "u" : "-" })
  }
}
