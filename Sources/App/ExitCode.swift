/// How the process ends; thrown to end it with a code and without an error text.
enum ExitCode: Int32, Error, Equatable {
  case pass = 0
  case fail = 1
  case inconclusive = 2
  case cannotEvaluate = 3
  case usage = 64
  case plan = 65
  case input = 66
  case unavailable = 69
  case defect = 70
  case notStored = 74
  case refused = 77
  case interrupted = 130
  case terminated = 143
  case bisectSkip = 125
  case bisectStop = 128

  /// The code that wins where several things went wrong: a signal, then a regression, which no
  /// storage fault may mask, then what could not be evaluated, then storage.
  static func mostSevere(_ codes: [ExitCode]) -> ExitCode {
    let order: [ExitCode] = [
      .interrupted, .terminated, .fail, .cannotEvaluate, .notStored, .inconclusive,
    ]
    return order.first(where: codes.contains) ?? codes.first { $0 != .pass } ?? .pass
  }
}
