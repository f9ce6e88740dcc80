import Forge
import Foundation
import Gate
import Model
import Reports

/// A comment in a pull request, and what it says of reports.
struct PullRequestComment: Sendable {
  let client: ForgeClient
  let pullRequest: Int
  /// The job's page.
  let runURL: String?
  /// The run of a stranger's pipeline that the reports are from, nil for a run of this one.
  var foreign: FollowedRun?
  /// Set apart from other comments of the same project and environment; nil for by these alone.
  var key: String?

  /// Posts the reports; returns what was done, for a person. Throws why it was not.
  func post(_ reports: [Report]) throws(ForgeError) -> String {
    let reports = foreign.map { run in reports.map { $0.of(run) } } ?? reports
    let text = CommentReport.bytes(
      reports.map(\.model), runURL: runURL, isForeign: foreign != nil)
    let comment = StickyComment(
      in: pullRequest, client: client, mark: mark(reports),
      text: String(decoding: text, as: UTF8.self))
    let place = "\(client.address.repository) pull request \(pullRequest)"
    switch try comment.post() {
    case .created(let id): return "comment \(id) created in \(place)"
    case .updated(let id): return "comment \(id) updated in \(place)"
    case .outdated(let id):
      return "comment \(id) in \(place) tells of a newer commit already: left as it is"
    }
  }

  private func mark(_ reports: [Report]) -> CommentMark {
    let headers = reports.compactMap { $0.input.candidates.last?.header }
    let commits = Set(headers.map(\.commit)).sorted().joined(separator: " ")
    if let key {
      return CommentMark(subject: ["key", key], variant: [], commit: commits)
    }
    return CommentMark(
      subject: headers.map { "\($0.project)\n\(PullRequestComment.name(of: $0.environment))" },
      variant: headers.map { "\($0.project)\n\($0.environment)" }, commit: commits)
  }

  /// The environment's name without the digest of the plan, which changes with the plan.
  static func name(of environment: String) -> Substring {
    guard let dash = environment.lastIndex(of: "-") else { return environment[...] }
    return environment[..<dash]
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
  static func open(_ address: ForgeAddress) throws(Failure) -> ForgeClient {
    let variables = Environment.variables
    guard let token = ForgeToken(for: address.kind, in: variables) else {
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
      caFile: files.first { !$0.isEmpty })
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
    case .unreachable(let reason): return ("it does not answer: \(reason)", nil)
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
