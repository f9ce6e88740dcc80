import Forge
import Foundation
import Gate
import Model
import Reports

/// A comment in a pull request, and what it says of gates.
struct PullRequestComment: Sendable {
  let client: ForgeClient
  let pullRequest: Int
  /// The job's page.
  let runURL: String?
  /// The run of a stranger's pipeline that the reports are from, nil for a run of this one.
  var foreign: FollowedRun?
  /// Set apart from other comments of the same project and environment; nil for by these alone.
  var key: String?
  /// The commits that this job is about: a report on one of them is no surprise.
  var expected: Set<String> = []

  /// What was done, for a person.
  struct Outcome: Sendable {
    var text: String
    /// What is odd about it, nil for nothing.
    var warning: String?
  }

  /// Posts the reports. Throws why it was not.
  func post(_ reports: [Report]) throws(ForgeError) -> Outcome {
    let reports = foreign.map { run in reports.map { $0.of(run) } } ?? reports
    let headers = reports.compactMap { $0.input.candidates.last?.header }
    let warning = warning(headers)
    let report = CommentReport(
      reports.map { .report($0.model) }, runURL: runURL, isForeign: foreign != nil,
      remark: warning)
    let gates = headers.map { header in
      GateName(
        project: header.project, name: PullRequestComment.name(of: header.environment),
        environment: header.environment, commit: header.commit)
    }
    return Outcome(text: try post(report, gates, mayCreate: true), warning: warning)
  }

  /// Says of a gate that it has no verdict on its commit, so that an older one does not stand for
  /// it.
  func post(
    missing verdict: MissingVerdict, of gate: GateName, mayCreate: Bool
  ) throws(ForgeError) -> String {
    try post(CommentReport([.missing(verdict)], runURL: runURL), [gate], mayCreate: mayCreate)
  }

  /// What a comment knows a gate by.
  struct GateName: Sendable {
    var project: String
    /// The environment's name, without the digest of the plan.
    var name: String
    /// The environment, nil where the plan could not be read.
    var environment: String?
    var commit: String
  }

  private func post(
    _ report: CommentReport, _ gates: [GateName], mayCreate: Bool
  ) throws(ForgeError) -> String {
    let notes = report.notes(among: gates.count)
    let mark = CommentMark(
      key: key,
      gates: zip(gates, notes).map { gate, note in
        CommentMark.Gate(
          subject: "\(gate.project)\n\(gate.name)",
          variant: gate.environment.map { "\(gate.project)\n\($0)" }, commit: gate.commit,
          note: note)
      })
    let comment = StickyComment(
      in: pullRequest, client: client, mark: mark, mayCreate: mayCreate
    ) { kept, bytesMax in
      let rows = kept.compactMap { CommentRow(note: $0.note) }
      return String(decoding: report.bytes(keeping: rows, bytesMax: bytesMax), as: UTF8.self)
    }
    let place = "\(client.address.repository) \(kindName) \(pullRequest)"
    switch try comment.post() {
    case .created(let id): return "comment \(id) created in \(place)"
    case .updated(let id): return "comment \(id) updated in \(place)"
    case .outdated(let id):
      return "comment \(id) in \(place) tells of a newer commit already: left as it is"
    case .absent: return "no comment in \(place) to bring up to date"
    }
  }

  /// What the forge calls it.
  private var kindName: String {
    client.address.kind == .gitlab ? "merge request" : "pull request"
  }

  /// What is said of reports that are neither on this job's commit nor on the one that the pull
  /// request is at; nil for none.
  private func warning(_ headers: [RunHeader]) -> String? {
    let others = headers.filter { header in
      ![header.commit, header.testedCommit].contains { $0.map(expected.contains) ?? false }
    }
    guard foreign == nil, !others.isEmpty else { return nil }
    guard let head = client.headCommit(ofPullRequest: pullRequest) else { return nil }
    let odd = others.filter { $0.commit != head && $0.testedCommit != head }
    guard let first = odd.first else { return nil }
    let count = odd.count == 1 ? "The figures are" : "\(odd.count) results are"
    return "\(count) of another commit (\(first.commit.prefix(12)), branch \(first.branch)): "
      + "the \(kindName) is at \(head.prefix(12))"
  }

  /// The environment's name without the digest of the plan, which changes with the plan.
  static func name(of environment: String) -> String {
    guard let dash = environment.lastIndex(of: "-") else { return environment }
    return String(environment[..<dash])
  }
}

extension Report {
  /// The report as one of that run, without what its writer had to remark.
  fileprivate func of(_ run: FollowedRun) -> Report {
    var report = self
    report.input.candidates = report.input.candidates.map { $0.of(run) }
    report.facts.notes = []
    for index in report.verdict.runs.indices where report.verdict.runs[index].role == .candidate {
      report.verdict.runs[index].commit = run.commit
    }
    return report
  }
}

extension RunRecord {
  /// The record as one of a stranger's run: its commit and branch are the event's word, never the
  /// file's. As it is for a run of our own.
  func of(_ run: FollowedRun?) -> RunRecord {
    guard let run else { return self }
    var record = self
    record.header.commit = run.commit
    record.header.testedCommit = nil
    record.header.branch = PipelineFacts.forkBranch(repository: run.repository, branch: run.branch)
    return record
  }
}

extension ForgeClient {
  /// A client for an errand that starts now; throws where no variable holds a token.
  static func open(
    _ address: ForgeAddress, patience: ForgePatience = ForgePatience()
  ) throws(Failure) -> ForgeClient {
    let variables = Environment.variables
    let token: ForgeToken
    do throws(ForgeTokenError) {
      token = try ForgeToken(for: address.kind, in: variables)
    } catch {
      if case .malformed(let variable) = error {
        throw Failure(
          .usage, "the token in \(variable) is none", at: ForgeClient.origin(of: address),
          because: "a blank, a control character or a letter beyond ASCII is within it",
          remedy: "set \(variable) to the token alone")
      }
      let names = ["STREAMGATE_FORGE_TOKEN"] + ForgeToken.variables(of: address.kind)
      throw Failure(
        .usage, "no token for \(ForgeClient.origin(of: address))",
        because: "none of \(names.joined(separator: ", ")) is set to one",
        remedy: address.kind == .gitlab
          ? "a project access token with the api scope: CI_JOB_TOKEN cannot write comments"
          : "a job's own token is enough; a pipeline hands it on where it is told to")
    }
    // A private forge's certificate: what the pipeline itself clones with.
    let files = ["SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE"].compactMap { variables[$0] }
    return ForgeClient(
      address, token: token, agent: "streamgate/" + App.version,
      caFile: files.first { !$0.isEmpty }, patience: patience)
  }

  private static func origin(of address: ForgeAddress) -> String {
    Console.inertLine(address.apiURL)
  }
}

extension ForgeError {
  /// Why it failed and what to try, for a person; `permission` is what a job on GitHub needs.
  func text(
    _ what: String, at address: ForgeAddress, permission: String = "pull-requests: write"
  ) -> String {
    let (why, remedy) = reason(address, permission)
    return "warning: \(Console.inertLine(address.apiURL)): \(what)\n  because: "
      + Console.inertLine(why) + (remedy.map { "\n  try: " + $0 } ?? "")
  }

  private func reason(
    _ address: ForgeAddress, _ permission: String
  ) -> (why: String, remedy: String?) {
    switch self {
    case .refused(let status, let said):
      let words = said.isEmpty ? "status \(status)" : "status \(status): \(said)"
      return (words, remedy(status, address.kind, permission))
    case .busy(let pause):
      return (
        "its limit of requests is reached, for another \(Int(pause.seconds)) s",
        "streamgate comment later, on the result.json"
      )
    case .unreachable(let reason): return (reason, nil)
    case .untrusted(let reason):
      return (
        "its certificate is not trusted: \(reason)",
        "SSL_CERT_FILE=FILE, the certificates of its authority in PEM; it is verified always"
      )
    case .redirected(let other):
      return (
        "it sends the request on to \(other), where the token does not go", "--api-url \(other)/…"
      )
    case .unexpected(let what): return (what, "is --api-url the interface's address?")
    }
  }

  private func remedy(_ status: Int, _ kind: ForgeKind, _ permission: String) -> String? {
    switch (status, kind) {
    case (401, _): "a token that is still good"
    case (403, .gitlab): "a project access token with the api scope and the role Reporter"
    case (403, _):
      "permissions: \(permission) for the job; a pull request from a fork has no such "
        + "token: see \"Pull requests from forks\" in docs/ci.md"
    case (404, _): "is it the right repository and pull request, and may the token see them?"
    default: nil
    }
  }
}

/// Does blocking work on a thread of its own: nothing that blocks runs on the cooperative pool.
func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread { continuation.resume(returning: work()) }
  }
}
