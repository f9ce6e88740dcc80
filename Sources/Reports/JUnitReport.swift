import Model

/// The report as JUnit XML, in the part of it that the Jenkins and the Ant schema share.
///
/// Suites: `gate` (the verdict and the composites), `objectives`, `run` (whether the run could be
/// judged), then one a profile with a case for each scenario and metric. A failure is a regression
/// or a missed objective, an error what could not be evaluated, skipped what is inconclusive,
/// waived or has too few samples; no case is red where the verdict is not. Names hold no figure
/// that changes between runs. A latency's case takes the candidate's latency as its time.
public enum JUnitReport {
  /// The report, UTF-8. `isExtended` adds what CircleCI, Buildkite and GitHub reporters read and
  /// the schemas refuse: properties on cases and a type on skipped ones.
  public static func bytes(_ model: ReportModel, isExtended: Bool = false) -> [UInt8] {
    let suites = JUnitSuites(model: model).suites()
    var writer = XMLWriter()
    writer.element("testsuites") { writer in
      for (id, suite) in suites.enumerated() {
        write(suite, id: id, model, isExtended: isExtended, &writer)
      }
    }
    return writer.bytes
  }

  private static func write(
    _ suite: JUnitSuite, id: Int, _ model: ReportModel, isExtended: Bool,
    _ writer: inout XMLWriter
  ) {
    let time = suite.cases.reduce(0) { $0 + $1.milliseconds }
    let attributes: [(name: StaticString, value: String)] = [
      ("name", suite.name), ("package", "streamgate"), ("id", String(id)),
      ("hostname", model.hostName), ("timestamp", String(model.startedAt.iso8601.dropLast())),
      ("tests", String(suite.cases.count)), ("failures", String(suite.count(.failure))),
      ("errors", String(suite.count(.error))), ("skipped", String(suite.count(.skipped))),
      ("time", seconds(time)),
    ]
    writer.element("testsuite", attributes) { writer in
      writer.element("properties") { writer in
        guard id == 0 else { return }
        for fact in model.context.filter({ $0.label != "commit" }) + model.details {
          writer.element("property", [("name", fact.label), ("value", fact.text)])
        }
      }
      for item in suite.cases { write(item, isExtended: isExtended, &writer) }
      writer.element("system-out", content: suite.output)
      writer.element("system-err")
    }
  }

  private static func write(_ item: JUnitCase, isExtended: Bool, _ writer: inout XMLWriter) {
    let attributes: [(name: StaticString, value: String)] = [
      ("name", item.name), ("classname", item.className), ("time", seconds(item.milliseconds)),
    ]
    guard item.result != .passed || isExtended else {
      writer.element("testcase", attributes)
      return
    }
    writer.element("testcase", attributes) { writer in
      if isExtended {
        writer.element("properties") {
          $0.element("property", [("name", "finding"), ("value", item.message)])
        }
      }
      var facts: [(name: StaticString, value: String)] = [("message", item.message)]
      // The Ant schema knows no type on a skipped case.
      if item.result != .skipped || isExtended { facts.insert(("type", item.type), at: 0) }
      switch item.result {
      case .passed: break
      case .failure: writer.element("failure", facts, content: item.message)
      case .error: writer.element("error", facts, content: item.message)
      case .skipped: writer.element("skipped", facts, content: item.message)
      }
    }
  }

  private static func seconds(_ milliseconds: Int) -> String {
    let fraction = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }
}

/// A suite before it is laid out.
struct JUnitSuite {
  var name: String
  var output = ""
  var cases: [JUnitCase] = []

  func count(_ result: JUnitCase.Result) -> Int { cases.count { $0.result == result } }
}

/// A case before it is laid out.
struct JUnitCase {
  enum Result {
    case passed
    case failure
    case error
    case skipped
  }

  var className: String
  var name: String
  var result: Result
  /// `regression`, `objective`, `learning` …: one word, the same from run to run.
  var type = ""
  var message = ""
  var milliseconds = 0
}
