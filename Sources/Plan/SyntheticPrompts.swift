import Model

/// Prompts made of common short English words, each of which is one token to the tokenizers in
/// use, so that words count as tokens within a few per cent.
///
/// Lengths are log-normal: `tokens` is the median, `sigma` the standard deviation of the
/// logarithm. The same seed gives the same texts on every machine: only IEEE 754 additions and
/// multiplications are used, no logarithm of a C library.
struct SyntheticPrompts: Equatable {
  /// Median length.
  var tokens: Int
  /// Spread, 0 for prompts of one length.
  var sigma: Double
  /// Prompts.
  var count: Int

  /// The texts. O(words).
  func texts(_ generator: SeededGenerator) -> [String] {
    var lengths = generator.fork("lengths")
    var words = generator.fork("words")
    return (0..<count).map { _ in
      let length = Double(tokens) * exponential(sigma * normal(&lengths))
      let bounded = min(max(1, length.rounded()), Double(PlanLimits.syntheticTokensMax))
      return SyntheticPrompts.text(words: Int(bounded), &words)
    }
  }

  /// A text of so many words.
  static func text(words count: Int, _ generator: inout SeededGenerator) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(count * 6)
    for index in 0..<count {
      if index > 0 { text.append(0x20) }
      text += words[generator.nextIndex(below: words.count)]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// A standard normal number, cut at six: the sum of twelve uniform ones less six.
  private func normal(_ generator: inout SeededGenerator) -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + generator.nextUnit() }
  }

  /// e to the power of x, for x of at most some tens: the series at x/1024, squared ten times.
  private func exponential(_ x: Double) -> Double {
    let r = x / 1_024
    var (term, sum) = (1.0, 1.0)
    for n in 1...10 {
      term = term * r / Double(n)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }

  private static let words: [[UInt8]] = """
    the of and to in is that for it as was with be by on not he his but at are this have from or \
    had an they which one you were all her she there would their we him been has when who will no \
    more if out so up said what its about than into them can only other time new some could these \
    two may first then do any like my now over such our man me even most made after also did many \
    off before must well back through years much where your way down should because long each just \
    state those people too mr how little good world make very year still see own work men day get \
    here old life both between being under three never know same last another while us might great \
    go come since against right came take used himself few house use place during high without \
    again home around small found part school every number water war point hand side once head \
    end ever white light city set room door night book story word name line game music paper table \
    river road ship stone tree green sound
    """.split(separator: " ").map { Array($0.utf8) }
}
