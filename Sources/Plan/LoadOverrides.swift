public import Model

/// What flags put over a plan's load for once. A run of it is not the fixed profile: it keeps the
/// plan's environment and is compared with nothing in it.
public struct LoadOverrides: Sendable, Equatable {
  /// Arrivals per second of the open-loop profiles, `--rate`; nil: the plan's.
  public var rate: Double?
  /// Users of the stress profile, `--users`; nil: the plan's.
  public var users: Int?
  /// The length of every profile, `--duration`; nil: the size's, as `samples` stretches it.
  public var duration: Nanos?

  /// Overrides; by default none.
  public init(rate: Double? = nil, users: Int? = nil, duration: Nanos? = nil) {
    self.rate = rate
    self.users = users
    self.duration = duration
  }

  /// The overrides of three flags' texts, written and bounded as a plan's values are.
  public init(
    rate: String?, users: String?, duration: String?
  ) throws(LoadOverrideError) {
    func read<Value>(
      _ flag: String, _ text: String?, _ kind: ValueKind<Value>, _ example: String
    ) throws(LoadOverrideError) -> Value? {
      guard let text else { return nil }
      switch kind.parse(text) {
      case .success(let value): return value
      case .failure(let error):
        throw LoadOverrideError(
          flag: flag, what: error.what, remedy: error.remedy ?? "write it as in \(flag) \(example)")
      }
    }
    self.rate = try read("--rate", rate, .positive(max: PlanLimits.rateMax), "12")
    self.users = try read("--users", users, .count(1...PlanLimits.stressUsersMax), "80")
    self.duration = try read(
      "--duration", duration, .duration(.seconds(1)...PlanLimits.durationMax), "60s")
  }
}

/// Why a load cannot be put over a plan's.
public struct LoadOverrideError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The flag that asked for it.
  public var flag: String
  /// What is wrong, a phrase without a full stop.
  public var what: String
  /// What to try.
  public var remedy: String

  /// An error of a flag.
  public init(flag: String, what: String, remedy: String) {
    self.flag = flag
    self.what = what
    self.remedy = remedy
  }

  /// `--rate: "fast" is no number; write it as in 2.5`.
  public var description: String { "\(flag): \(what); \(remedy)" }
}

extension Plan {
  /// A number of arrivals a second as a plan writes it.
  public static func text(rate: Double) -> String { numberText(rate) }

  /// A length of time as a plan writes it.
  public static func text(duration: Nanos) -> String { durationText(duration) }
}

extension PlanResolution {
  /// The values with the overridden ones in their places, each with the flag that it came from.
  public func values(under overrides: LoadOverrides) -> [PlanValue] {
    var values = self.values
    func put(_ path: String, _ text: String?, _ flag: String, after neighbour: String) {
      guard let text else { return }
      let value = PlanValue(path: path, text: text, origin: .flag(flag))
      if let index = values.firstIndex(where: { $0.path == path }) {
        values[index] = value
      } else {
        let index = values.firstIndex { $0.path == neighbour }.map { $0 + 1 }
        values.insert(value, at: index ?? values.endIndex)
      }
    }
    put("rate", overrides.rate.map(numberText), "--rate", after: "")
    put("stressUsers", overrides.users.map { "\($0)" }, "--users", after: "rate")
    put("duration", overrides.duration.map(durationText), "--duration", after: "size")
    return values
  }
}
