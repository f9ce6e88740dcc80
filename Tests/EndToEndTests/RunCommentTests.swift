import Foundation
import TestKit
import Testing

@Suite("run --comment", .waiting)
struct RunCommentTests {
  /// A job whose service fails every request, so that a verdict is there within seconds.
  private static func job(_ shape: ForgeServer.Shape, in place: TemporaryFolder) throws -> (
    job: Job, simulator: Simulator
  ) {
    let simulator = try Simulator(in: place, "--fault", "http_500=100%")
    let plan = TestPlan.sustained(
      url: simulator.url, rate: 20, lines: "abort: { error: 50%, over: 2s }")
    let user = shape == .github ? ForgeServer.User.job : ForgeServer.User()
    return (try Job(shape, user: user, plan: plan), simulator)
  }

  @Test(
    "On Gitea and GitLab the verdict is posted, brought up to date, and stands when it is refused",
    arguments: [ForgeServer.Shape.gitea, .gitlab])
  func posted(shape: ForgeServer.Shape) throws {
    let place = try TemporaryFolder()
    let (job, simulator) = try RunCommentTests.job(shape, in: place)
    defer { withExtendedLifetime(simulator) {} }
    let first = try job.run("run", "--comment", "--out", "out")
    #expect(first.code == 1, "\(first.errors)")
    let pull = shape == .gitlab ? "merge request" : "pull request"
    #expect(first.errors.contains("comment 101 created in acme/gateway \(pull) 7"))
    let text = try #require(job.bodies.first)
    #expect(text.contains("\n### ❌ FAIL: aborted in sustained"))
    #expect(text.contains("commit `\(Job.head.prefix(12))`"))
    #expect(text.contains("](\(job.server.url)/acme/gateway/"))
    // The verdict of a commit is repeated; the forge may have another answer.
    let second = try job.run("run", "--comment")
    #expect(second.code == 1)
    #expect(second.errors.contains("comment 101 updated in acme/gateway \(pull) 7"))
    #expect(job.bodies.count == 1)
    let update = shape == .gitlab ? "PUT" : "PATCH"
    job.server.fail(update, .answer(403, headers: [], body: #"{"message":"no \#(Job.token)"}"#))
    let refused = try job.run("run", "--comment")
    #expect(refused.code == 1)
    #expect(refused.errors.contains("warning: \(job.server.apiURL): the comment was not written"))
    #expect(refused.errors.contains("because: status 403: no ***"), "\(refused.errors)")
    if shape == .gitlab { #expect(refused.errors.contains("a project access token")) }
    for end in [first, second, refused] {
      #expect(!(end.output + end.errors).contains(Job.token))
    }
  }

  @Test("A forge whose certificate is not trusted is a warning that says how to name its authority")
  func untrusted() throws {
    let place = try TemporaryFolder()
    let certificates = try Certificates(in: place)
    let forge = try TLSServer(certificates)
    let (job, simulator) = try RunCommentTests.job(.github, in: place)
    defer { withExtendedLifetime(simulator) {} }
    job.product.environment["GITHUB_API_URL"] = forge.url
    let end = try job.run("run", "--comment", "--no-check", "--out", "out")
    #expect(end.code == 1, "\(end.errors)")
    #expect(end.errors.contains("warning: \(forge.url): the comment was not written"))
    #expect(end.errors.contains("because: its certificate is not trusted: "), "\(end.errors)")
    #expect(end.errors.contains("try: SSL_CERT_FILE=FILE"))
    // Named, it is spoken to: this one knows no pull request.
    for variable in ["SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE"] {
      job.product.environment[variable] = certificates.path("ca.pem")
      let trusted = try job.run("run", "--comment", "--no-check")
      #expect(trusted.code == 1)
      #expect(trusted.errors.contains("because: status 404: not here"), "\(trusted.errors)")
      job.product.environment[variable] = nil
    }
  }
}
