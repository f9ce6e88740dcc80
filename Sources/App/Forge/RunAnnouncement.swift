import ArgumentParser
import Forge
import Model
import Reports

/// How a run is announced on the forge.
struct AnnouncementOptions: ParsableArguments {
  @Flag(
    help: "Post the verdict as a comment of the pull request, or bring the one there up to date.")
  var comment = false

  @OptionGroup var forge: ForgeOptions
}

/// What a run says of itself on the forge. Nothing here changes the verdict or its exit code: what
/// the forge refuses is a warning.
struct RunAnnouncement: Sendable {
  private let address: ForgeAddress
  private let pullRequest: Int
  private let pipeline: PipelineFacts
  private let options: GlobalOptions

  /// What the flags ask for; nil for nothing, or where it cannot be done, which is said before
  /// load.
  static func open(
    _ announcement: AnnouncementOptions, _ loaded: LoadedPlan, options: GlobalOptions
  ) -> RunAnnouncement? {
    guard announcement.comment else { return nil }
    let pipeline = Environment.pipeline
    guard let number = announcement.forge.pullRequest ?? pipeline.pullRequest else {
      options.say(
        "note: --comment: there is no pull request here, so that there will be no comment")
      return nil
    }
    do throws(Failure) {
      let address = try announcement.forge.address(pipeline, git: loaded.git)
      // The token is looked for now, so that a missing one is known before load.
      _ = try ForgeClient.open(address)
      return RunAnnouncement(
        address: address, pullRequest: number, pipeline: pipeline, options: options)
    } catch {
      options.say(error.text.replacing("error: ", with: "warning: --comment: ", maxReplacements: 1))
      return nil
    }
  }

  /// Posts the report.
  func end(_ report: Report) async {
    let outcome = await onOwnThread { () -> String in
      do throws(Failure) {
        let client = try ForgeClient.open(address)
        let comment = PullRequestComment(
          client: client, pullRequest: pullRequest, runURL: pipeline.runURL)
        do throws(ForgeError) {
          return try comment.post([report])
        } catch {
          return error.text("the comment was not written", at: address)
        }
      } catch {
        return error.text
      }
    }
    options.say(outcome)
  }
}
