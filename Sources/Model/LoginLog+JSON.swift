extension LoginLog {
  /// The types of a run file's lines on logins.
  public static let lineTypes = ["login", "login_wait"]

  /// A line of a run file for each attempt and each wait; times in seconds.
  public var lines: [JSONValue] {
    let attempts = attempts.map { attempt in
      JSONValue.object([
        JSONMember("type", .string("login")), JSONMember("step", .string(attempt.step.rawValue)),
        JSONMember("at_s", .seconds(attempt.at)),
        JSONMember("duration_s", .seconds(attempt.duration)),
        JSONMember("granted", .bool(attempt.isGranted)),
      ])
    }
    let waits = waits.map { wait in
      JSONValue.object([
        JSONMember("type", .string("login_wait")),
        JSONMember("duration_s", .seconds(wait.duration)),
        JSONMember("repeat", .bool(wait.isRepeat)),
      ])
    }
    return attempts + waits
  }

  /// Takes one of the lines; throws for what it cannot be.
  public mutating func read(line: JSONValue) throws(FieldError) {
    var fields = try JSONFields(line)
    let type = try fields.string("type")
    let duration = try fields.seconds("duration_s")
    guard type == "login" else {
      let isRepeat = try fields.optionalBool("repeat") ?? false
      waits.append(LoginWait(duration: duration, isRepeat: isRepeat))
      return
    }
    let name = try fields.string("step")
    guard let step = LoginStep(rawValue: name) else {
      throw FieldError(field: "step", what: "is neither login nor refresh")
    }
    attempts.append(
      LoginAttempt(
        step: step, at: try fields.seconds("at_s"), duration: duration,
        isGranted: try fields.optionalBool("granted") ?? true))
  }
}
