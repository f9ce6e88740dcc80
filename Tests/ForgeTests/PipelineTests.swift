import Forge
import Model
import TestKit
import Testing

@Suite("Pipelines")
struct PipelineTests {
  @Test("What each pipeline's variables say is read", arguments: PipelineFixture.names)
  func fixtures(name: String) throws {
    let fixture = try PipelineFixture(name)
    let facts = PipelineFacts.detect(fixture.variables, event: fixture.event)
    #expect(facts.named == fixture.facts)
  }

  @Test("There is a fixture of every pipeline that is known, and of one that is not")
  func complete() throws {
    let seen = try PipelineFixture.names.map { try PipelineFixture($0).facts["provider"] }
    #expect(Set(seen) == Set(PipelineProvider.allCases.map(\.rawValue) + ["none"]))
  }

  @Test("An event file that is missing, cut or of another shape leaves the variables' word")
  func brokenEvent() throws {
    let fixture = try PipelineFixture("github_pull_request")
    let whole = try #require(fixture.event)
    let merge = try #require(fixture.facts["tested commit"])
    for event in [nil, [], Array(whole.prefix(100)), Array("[]".utf8), Array("{}".utf8)] {
      let facts = PipelineFacts.detect(fixture.variables, event: event)
      #expect(facts.commit == merge)
      #expect(facts.pullRequest == nil)
    }
    let odd = #"{"pull_request":{"number":"x","head":{"sha":7,"repo":[]},"base":null}}"#
    let facts = PipelineFacts.detect(fixture.variables, event: Array(odd.utf8))
    #expect(facts.commit == merge && facts.pullRequest == nil && facts.isFork)
  }

  @Test("Empty variables are none, and a commit is a full name")
  func noise() {
    let facts = PipelineFacts.detect([
      "GITLAB_CI": "true", "CI_COMMIT_SHA": "$(id)", "CI_COMMIT_BRANCH": "",
      "CI_MERGE_REQUEST_IID": "", "CI_SERVER_URL": "https://gitlab.example/",
    ])
    #expect(facts.commit == nil && facts.branch == nil && facts.pullRequest == nil)
    #expect(facts.apiURL == "https://gitlab.example/api/v4")
    #expect(PipelineFacts.detect(["GITLAB_CI": "", "JENKINS_URL": ""]) == PipelineFacts())
  }

  @Test(
    "A repository is found by what git clones, without the secrets in it",
    arguments: [
      ("https://x-access-token:s3cret@github.com/acme/gateway.git", "github.com acme/gateway"),
      ("git@gitlab.example:acme/ml/gateway.git", "gitlab.example acme/ml/gateway"),
      ("ssh://git@gitea.example:2222/acme/gateway/", "gitea.example acme/gateway"),
      ("http://forge.example:3000/acme/gateway", "forge.example:3000 acme/gateway"),
      ("/srv/git/gateway.git", nil), ("../gateway", nil), ("C:gateway", nil), ("", nil),
      ("https://github.com/", nil), ("https://a b/acme/gateway", nil),
    ])
  func remotes(url: String, wanted: String?) {
    var facts = PipelineFacts()
    facts.addRemote(url)
    let host = facts.serverURL?.dropFirst("https://".count)
    #expect(host.map { "\($0) \(facts.repository ?? "")" } == wanted)
  }
}

extension PipelineFacts {
  /// The facts as fixtures name them.
  fileprivate var named: [String: String] {
    let followedFrom = [followed?.commit, followed == nil ? nil : "of", followed?.repository]
    let follows = (followedFrom + [followed?.branch]).compactMap { $0 }.joined(separator: " ")
    let all: [String: String?] = [
      "provider": provider?.rawValue ?? "none", "commit": commit, "tested commit": testedCommit,
      "branch": branch, "base commit": baseCommit, "base branch": baseBranch,
      "pull request": pullRequest.map(String.init), "repository": repository,
      "forge": forge?.rawValue, "server": serverURL, "api": apiURL, "run": runURL,
      "fork": isFork ? "yes" : nil, "merge queue": isMergeQueue ? "yes" : nil,
      "own merge": isOwnMerge ? "yes" : nil, "followed": follows.isEmpty ? nil : follows,
      "followed run": followed?.runURL,
    ]
    return all.compactMapValues { $0 }
  }
}
