/// The argument parser takes `-5` after an option for an option of its own, and says that the
/// value is missing; written with `=` it is a value, and refused with what is allowed.
enum NegativeValues {
  /// The arguments with each number below 0 joined to the option before it.
  static func joined(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    for (index, argument) in arguments.enumerated() {
      if argument == "--" { return joined + arguments[index...] }
      if isNegativeNumber(argument), let last = joined.last, isOption(last) {
        joined[joined.count - 1] = last + "=" + argument
      } else {
        joined.append(argument)
      }
    }
    return joined
  }

  private static func isNegativeNumber(_ text: String) -> Bool {
    let digits = text.dropFirst().drop { $0 == "." }
    return text.hasPrefix("-") && digits.first?.isNumber == true
  }

  private static func isOption(_ text: String) -> Bool {
    text.hasPrefix("--") && text.count > 2 && !text.contains("=")
  }
}
