import Model
public import Plan

/// Which account each user has, and how far each user's renewals are moved: seeded, and the same in
/// every run of a plan.
public struct LoginRoster: Sendable, Equatable {
  /// By user, an index into the login's accounts. No account has two users more than another.
  public private(set) var accounts: [Int]
  /// By user, 0...1: evenly spread, in an order of its own.
  public private(set) var spreads: [Double]

  /// `users` over `accounts`; nobody where one of them is 0.
  public init(users: Int, accounts: Int, seed: UInt64) {
    guard users > 0, accounts > 0 else {
      (self.accounts, spreads) = ([], [])
      return
    }
    let generator = SeededGenerator(seed: seed, label: "logins")
    var shuffler = generator.fork("accounts")
    var order = Array(0..<accounts)
    shuffler.shuffle(&order)
    self.accounts = (0..<users).map { order[$0 % accounts] }
    var places = (0..<users).map { users > 1 ? Double($0) / Double(users - 1) : 1 }
    var spreader = generator.fork("renewals")
    spreader.shuffle(&places)
    spreads = places
  }

  /// The first `count` users; with as many as there are accounts, each account once.
  public func prefix(_ count: Int) -> LoginRoster {
    var first = self
    first.accounts = Array(accounts.prefix(count))
    first.spreads = Array(spreads.prefix(count))
    return first
  }

  /// The roster of a plan; nobody where the plan has no login.
  public init(plan: Plan) {
    self.init(
      users: plan.loginUsers, accounts: plan.target.login?.accounts.count ?? 0, seed: plan.seed)
  }
}
