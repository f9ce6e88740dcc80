/// What becomes of a secret, a `${NAME}` of headers, login, body, url or store, whose variable is
/// unset or empty.
public enum SecretRule: Sendable {
  /// It is a problem of the plan.
  case required
  /// It is noted: a pull request from a fork has no secrets.
  case mayBeMissing
}

/// A secret that the plan names and that is not there.
public struct MissingSecret: Sendable, Equatable {
  /// The variable's name.
  public var variable: String
  /// Where the plan names it, such as `target.headers.Authorization`.
  public var path: String

  /// True for one that only the store needs: without it the endpoint can be driven.
  public var isOfStore: Bool { path == Self.storePath }

  private static let storePath = "store"
}

extension PlanResolution {
  /// The variables of the endpoint's credentials that are missing, each once, in the plan's order.
  public var missingCredentials: [String] { variables { !$0.isOfStore } }

  /// The variables of the store's address that are missing, each once.
  public var missingOfStore: [String] { variables(\.isOfStore) }

  private func variables(_ isWanted: (MissingSecret) -> Bool) -> [String] {
    var seen: Set<String> = []
    return missing.filter(isWanted).map(\.variable).filter { seen.insert($0).inserted }
  }
}
