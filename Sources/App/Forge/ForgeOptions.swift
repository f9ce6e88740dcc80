public import ArgumentParser
public import Forge

/// Where a pull request is, as far as the pipeline does not say it.
struct ForgeOptions: ParsableArguments {
  @Option(help: "github, gitea (also Forgejo) or gitlab: the interface that is spoken.")
  var provider: ForgeKind?

  @Option(name: .customLong("api-url"), help: "The interface's address; else the pipeline's.")
  var apiURL: String?

  @Option(help: "The repository, such as acme/gateway; else the pipeline's, else git's origin.")
  var repository: String?

  @Option(name: .customLong("pull-request"), help: "The pull or merge request's number.")
  var pullRequest: Int?

  func validate() throws {
    if let pullRequest, pullRequest < 1 {
      throw ValidationError("--pull-request \(pullRequest): a number above 0.")
    }
  }

  /// The flags that name what is missing.
  static let remedy = "--provider, --api-url, --repository and --pull-request name them"

  /// The interface: flags first, then the pipeline, then git's origin.
  func address(_ pipeline: PipelineFacts, git: Git) throws(Failure) -> ForgeAddress {
    var facts = pipeline
    if repository == nil, facts.repository == nil || (provider ?? facts.forge) == nil {
      facts.addRemote((try? git.originURL()) ?? nil, kind: provider)
    }
    guard let kind = provider ?? facts.forge else {
      if let place = facts.foreignForge {
        throw Failure(
          .usage, "comments on pull requests of \(place) are not supported",
          because: "GitHub, Gitea, Forgejo and GitLab are",
          remedy: "leave the comment out here; summary.md and junit.xml of --out tell the same")
      }
      throw Failure(
        .usage, "the forge that pull requests are on is not known", remedy: ForgeOptions.remedy)
    }
    guard let repository = repository ?? facts.repository else {
      throw Failure(.usage, "the repository is not known", remedy: ForgeOptions.remedy)
    }
    guard let url = apiURL ?? facts.apiURL(of: kind) else {
      throw Failure(
        .usage, "the address of the forge's interface is not known", remedy: ForgeOptions.remedy)
    }
    guard let address = ForgeAddress(kind: kind, apiURL: url, repository: repository) else {
      throw Failure(
        .usage, "no address of a repository",
        at: Console.inertLine(
          ForgeAddress.withoutSecrets(url) + " " + ForgeAddress.withoutSecrets(repository)),
        because: "an http or https URL without user and query is needed, and owner/name",
        remedy: ForgeOptions.remedy)
    }
    return address
  }
}

extension ForgeKind: ExpressibleByArgument {}
