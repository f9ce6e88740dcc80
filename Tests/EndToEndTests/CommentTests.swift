import Foundation
import Model
import TestKit
import Testing

/// A job of a pull request's pipeline, and the forge that it talks to.
final class Job {
  static let token = "s3cret-t0ken-0123456789"
  static let head = String(repeating: "4f2a9c1be0", count: 4)

  let product: Product
  let server: ForgeServer

  init(
    _ shape: ForgeServer.Shape = .github, user: ForgeServer.User = .job, plan: String? = nil
  ) throws {
    product = try Product(plan: plan)
    server = try ForgeServer(shape, users: [Job.token: user])
    product.environment = variables(shape)
  }

  private func variables(_ shape: ForgeServer.Shape) -> [String: String] {
    switch shape {
    case .github, .gitea:
      [
        "GITHUB_ACTIONS": "true", "GITEA_ACTIONS": shape == .gitea ? "true" : "",
        "GITHUB_API_URL": server.apiURL, "GITHUB_SERVER_URL": server.url,
        "GITHUB_REPOSITORY": "acme/gateway", "GITHUB_RUN_ID": "99", "GITHUB_RUN_NUMBER": "99",
        "GITHUB_TOKEN": Job.token, "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": event(
          """
          {"number":7,"pull_request":{"number":7,"head":{"ref":"change","sha":"\(Job.head)",
          "repo":{"full_name":"acme/gateway"}},"base":{"ref":"main","repo":
          {"full_name":"acme/gateway"}}}}
          """),
      ]
    case .gitlab:
      [
        "GITLAB_CI": "true", "CI_API_V4_URL": server.apiURL, "CI_PROJECT_PATH": "acme/gateway",
        "CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": Job.head, "GITLAB_TOKEN": Job.token,
        "CI_JOB_URL": server.url + "/acme/gateway/-/jobs/99",
      ]
    }
  }

  /// Writes the file of an event; gives its path.
  func event(_ text: String) -> String {
    let file = try? product.folder.write(text, to: "event.json")
    return file?.path(percentEncoded: false) ?? ""
  }

  func run(_ arguments: String...) throws -> RunningProcess.End { try product.run(arguments) }

  var bodies: [String] { server.comments.map(\.body) }
}

@Suite("The comment of a pull request", .waiting)
struct CommentTests {
  @Test("It is made when red and says so when green again", arguments: ForgeServer.Shape.allCases)
  func redAndGreen(shape: ForgeServer.Shape) throws {
    let job = try Job(shape, user: shape == .github ? .job : ForgeServer.User())
    let red = try JudgedRun.result("red", in: job.product, scale: 1.2)
    let green = try JudgedRun.result("green", in: job.product)
    let first = try job.run("comment", red)
    #expect(first.code == 0, "\(first.errors)")
    let pull = shape == .gitlab ? "merge request" : "pull request"
    #expect(first.output == "comment 101 created in acme/gateway \(pull) 7\n")
    let text = try #require(job.bodies.first)
    #expect(text.hasPrefix("<!-- streamgate/2 "))
    #expect(text.contains("\n### ❌ FAIL: ttft_p50"))
    #expect(text.contains("](\(job.server.url)/acme/gateway/"))
    let second = try job.run("comment", green)
    #expect(second.output == "comment 101 updated in acme/gateway \(pull) 7\n")
    #expect(job.bodies.count == 1 && job.bodies[0].contains("\n### ✅ PASS"))
  }

  @Test("Two processes started together leave one comment, fifty times")
  func race() throws {
    let job = try Job()
    let result = try JudgedRun.result("out", in: job.product)
    for round in 0..<50 {
      job.server.clear()
      // Neither writes before both have looked: the worst order every time.
      if round % 2 == 0 { job.server.holdCreation(untilLists: 2) }
      let processes = try (0..<2).map { _ in try job.product.start(["comment", result]) }
      for process in processes {
        let end = try process.waitForEnd()
        #expect(end.code == 0 && !end.errors.contains("warning"), "round \(round): \(end.errors)")
      }
      #expect(job.bodies.count == 1, "round \(round)")
    }
  }

  @Test("Several results make one comment, the failed one first")
  func several() throws {
    let job = try Job()
    let files = try [("a", 1.0), ("b", 1.2), ("c", 1.0)].map { name, scale in
      try JudgedRun.result(name, in: job.product, scale: scale) { header in
        header.project = "service-\(name)"
        header.environment = "default-1a2b3c4d"
      }
    }
    #expect(try job.product.run(["comment"] + files).code == 0)
    #expect(try job.product.run(["comment"] + files.reversed()).code == 0)
    #expect(job.bodies.count == 1)
    let text = try #require(job.bodies.first)
    #expect(text.contains("### ❌ 1 of 3 gates failed"))
    #expect(text.contains("| 1 | `service-b` | `default-1a2b3c4d` | ❌ FAIL"))
    #expect(text.contains("<details><summary>3: PASS</summary>"))
    // A name of its own sets a comment apart.
    #expect(try job.run("comment", files[0], "--key", "other").code == 0)
    #expect(job.bodies.count == 2)
  }

  @Test("A refusal is a warning with what to try, and no error")
  func refusals() throws {
    let readOnly = ForgeServer.User(id: 3, name: "fork[bot]", isBot: true, canComment: false)
    let job = try Job(user: readOnly)
    let result = try JudgedRun.result("out", in: job.product)
    let fork = try job.run("comment", result)
    #expect(fork.code == 0 && fork.output.isEmpty)
    #expect(fork.errors.contains("because: status 403: Resource not accessible"))
    #expect(fork.errors.contains("Pull requests from forks"))
    let absent = try job.run("comment", result, "--pull-request", "8")
    #expect(absent.code == 0 && absent.errors.contains("status 404"))
    job.product.environment["GITHUB_TOKEN"] = "stale"
    let stale = try job.run("comment", result)
    #expect(stale.code == 0 && stale.errors.contains("status 401: Bad credentials"))
    #expect(job.bodies.isEmpty)
  }

  @Test("What is no result.json is refused before anything is sent")
  func noResult() throws {
    let job = try Job()
    let good = try JudgedRun.result("out", in: job.product)
    try job.product.folder.write("# FAIL\n[click](http://evil.example)", to: "summary.md")
    try job.product.folder.write(#"{"format":"streamgate-result/9"}"#, to: "later.json")
    for (name, words) in [
      ("summary.md", "no JSON"), ("later.json", "streamgate-result/9"), ("none.json", "cannot"),
      (".", "it is a folder"),
    ] {
      let end = try job.run("comment", good, name)
      #expect(end.code == 66 && end.errors.contains(words), "\(name): \(end.errors)")
    }
    try job.product.folder.write("[]", to: "list.json")
    let list = try job.run("comment", good, "list.json")
    #expect(list.code == 66 && list.errors.contains("--out folder"), "\(list.errors)")
    #expect(!list.errors.contains("--baseline"))
    #expect(job.server.requests.isEmpty)
  }

  @Test("Flags of plan and store have no meaning here, which is said rather than passed over")
  func otherFlags() throws {
    let job = try Job()
    for flags in [["--config", "none.yaml"], ["--set", "raet=1"], ["--store", "/nowhere/x.db"]] {
      let end = try job.product.run(["comment", "out/result.json"] + flags)
      #expect(end.code == 64, "\(end.errors)")
      #expect(end.errors.contains("\(flags[0]): a comment is made of result.json alone"))
    }
  }

  @Test("Without a pull request, a forge or a token it is said which flags and variables help")
  func usage() throws {
    let job = try Job()
    let result = try JudgedRun.result("out", in: job.product)
    job.product.environment["GITHUB_EVENT_PATH"] = ""
    let push = try job.run("comment", result)
    #expect(push.code == 64 && push.errors.contains("--pull-request"))
    job.product.environment["GITHUB_TOKEN"] = ""
    let bare = try job.run("comment", result, "--pull-request", "7")
    #expect(bare.code == 64 && bare.errors.contains("STREAMGATE_FORGE_TOKEN, GITHUB_TOKEN"))
    job.product.environment["GITHUB_TOKEN"] = "to ken"
    let broken = try job.run("comment", result, "--pull-request", "7")
    #expect(broken.code == 64 && broken.errors.contains("the token in GITHUB_TOKEN is none"))
    #expect(!broken.errors.contains("to ken"))
    job.product.environment = [
      "TF_BUILD": "True", "BUILD_REPOSITORY_URI": "https://dev.azure.com/acme/shop/_git/gateway",
      "BUILD_REPOSITORY_PROVIDER": "TfsGit", "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
    ]
    let azure = try job.run("comment", result)
    #expect(azure.code == 64 && azure.errors.contains("pull requests of Azure Repos are not"))
    job.product.environment = ["STREAMGATE_FORGE_TOKEN": Job.token]
    let unknown = try job.run("comment", result)
    #expect(unknown.code == 64 && unknown.errors.contains("--provider"))
    // The flags alone are enough.
    let flags = try job.run(
      "comment", result, "--provider", "github", "--api-url", job.server.apiURL, "--repository",
      "acme/gateway", "--pull-request", "7")
    #expect(flags.code == 0 && job.bodies.count == 1, "\(flags.errors)")
    let odd = try job.run(
      "comment", result, "--provider", "github", "--api-url", job.server.apiURL, "--repository",
      "acme/../user", "--pull-request", "7")
    #expect(odd.code == 64 && odd.errors.contains("no address of a repository"))
  }

  @Test("A password in the interface's address is in no error, wherever the address is from")
  func password() throws {
    let job = try Job()
    let result = try JudgedRun.result("out", in: job.product)
    let address = "http://user:hunter2-0@127.0.0.1:9"
    let flag = try job.run("comment", result, "--api-url", address)
    job.product.environment["GITHUB_API_URL"] = address
    let variable = try job.run("comment", result)
    for end in [flag, variable] {
      #expect(end.code == 64 && end.errors.contains("no address of a repository"), "\(end.errors)")
      #expect(end.errors.contains("http://***@127.0.0.1:9 acme/gateway"), "\(end.errors)")
      #expect(!end.errors.contains("hunter2"))
    }
  }

  @Test("A forge that cannot tell where the pull request is at gets the comment all the same")
  func headUnknown() throws {
    let job = try Job()
    let older = String(repeating: "0a1b2c3d4e", count: 4)
    let old = try JudgedRun.result("old", in: job.product, scale: 1.2) { header in
      if header.branch == "change" { header.commit = older }
    }
    #expect(try job.run("comment", old).code == 0)
    let other = String(repeating: "1b2c3d4e5f", count: 4)
    let new = try JudgedRun.result("new", in: job.product) { header in
      if header.branch == "change" { header.commit = other }
    }
    job.server.failAlways("/pulls/7", .answer(500, headers: [], body: ""))
    let end = try job.run("comment", new)
    #expect(end.code == 0 && end.output.hasPrefix("comment 101 updated"), "\(end.errors)")
    #expect(job.bodies.count == 1 && job.bodies[0].contains("\n### ✅ PASS"))
  }
}
