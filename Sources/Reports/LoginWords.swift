import Model

extension ReportBuilder {
  /// What the last judged run's logins did, one sentence each; empty where nobody logged in.
  func loginSentences() -> [String] {
    guard let record = candidates.last else { return [] }
    let prefix = ReportFigure.loginPrefix
    var figures: [String: ReportFigure] = [:]
    for figure in record.figures where figure.profile.isEmpty && figure.name.hasPrefix(prefix) {
      figures[String(figure.name.dropFirst(prefix.count))] = figure
    }
    func count(_ name: String) -> Int { figures[name].map { Int(clamping: $0.value) } ?? 0 }
    guard count("count") > 0 else { return [] }
    let refreshes = count("refreshes")
    var text =
      Figures.count(count("count"), "login")
      + (refreshes > 0
        ? ", \(refreshes) of them \(refreshes == 1 ? "a refresh" : "refreshes")" : "")
    for (name, floor) in [("p50", 11), ("p95", 130)] {
      guard let figure = figures[name] else { continue }
      text += ", \(name) \(Figures.duration(figure.value))" + (figure.n < floor ? "*" : "")
    }
    let failed = count("failed")
    var sentences = [text + (failed > 0 ? "; \(failed) failed" : "")]
    if count("wait.count") > 0 {
      let longest = figures["wait.max"].map { ", the longest \(Figures.duration($0.value))" } ?? ""
      sentences.append(
        Figures.count(count("wait.count"), "request", plural: "requests")
          + " waited for a token\(longest): that is in no latency")
    }
    if count("repeated") > 0 {
      sentences.append(
        Figures.count(count("repeated"), "request", plural: "requests")
          + " went out again with a new token after a 401")
    }
    return sentences
  }
}
