import LoadEngine
import Plan
import Workload

extension Failure {
  /// Why a user could not log in before load. The service's words are without secrets already.
  init(login failure: LoginFailure, at url: String, account: Int) {
    let place = "\(Console.inertLine(url)), account \(account + 1) of target.login.accounts"
    let why = Console.inertLine(Failure.hiddenEndpoints.masked(failure.description))
    switch failure {
    case .refused(let status, _):
      self.init(refusedLogin: status, at: place, because: why)
    case .noToken:
      self.init(
        .plan, "the login's reply has no token where the plan says", at: place, because: why,
        remedy: "set target.login.token to the path of the token, or to none for cookies alone")
    case .notJSON:
      self.init(
        .plan, "the login's reply is no JSON", at: place, because: why,
        remedy: "check target.login.path; token: none takes cookies alone")
    case .unusableToken:
      self.init(
        .plan, "the login's token is none", at: place, because: why,
        remedy: "set target.login.token to the path of the token")
    case .transport, .timedOut, .tooLong:
      self.init(
        .unavailable, "the login does not answer as it should", at: place, because: why,
        remedy: "check target.login.path and url, or raise target.login.timeout")
    }
  }

  private init(refusedLogin status: Int, at place: String, because why: String) {
    switch status {
    case 408, 429, 500...:
      self.init(
        .unavailable, "the service cannot log users in now", at: place, because: why,
        remedy: "try again later, or with fewer target.login.users")
    case ..<400, 404, 405:
      self.init(
        .plan, "nobody can log in there", at: place, because: why,
        remedy: "check target.login.path and url; redirects are not followed with credentials")
    default:
      self.init(
        .refused, "the service refused a login", at: place, because: why,
        remedy: "check the variables in target.login.accounts, and form")
    }
  }
}
