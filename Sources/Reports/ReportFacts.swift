/// What a report says and the verdict does not know: the facts of the invocation.
public struct ReportFacts: Sendable, Equatable {
  /// What the process exits with.
  public var exitCode: Int
  /// The machine that ran the load; empty where it is not known.
  public var hostName: String
  /// The version of streamgate that judged.
  public var version: String
  /// The branch whose runs are the baseline.
  public var baselineBranch: String
  /// True if the verdict was reached earlier for this commit and is only shown again.
  public var isRepeated: Bool
  /// True if two runs were only put side by side: there was nothing to judge by.
  public var isDifference: Bool
  /// Why the looks of this commit were started anew, nil if they were not.
  public var restartReason: String?
  /// Further sentences for the reader, such as "without the store: baseline file alone".
  public var notes: [String]
  /// Streams of the last run that the flight recorder kept and that a reader should look at first.
  public var streams: [StreamNote]

  /// Facts; the defaults stand for what is not known.
  public init(
    exitCode: Int, hostName: String = "", version: String = "", baselineBranch: String = "main",
    isRepeated: Bool = false, isDifference: Bool = false,
    restartReason: String? = nil, notes: [String] = [], streams: [StreamNote] = []
  ) {
    self.exitCode = exitCode
    self.hostName = hostName
    self.version = version
    self.baselineBranch = baselineBranch
    self.isRepeated = isRepeated
    self.isDifference = isDifference
    self.restartReason = restartReason
    self.notes = notes
    self.streams = streams
  }
}
