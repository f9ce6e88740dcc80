import Gate
import Model
import Plan

/// What there is to show of a run at one moment.
struct LiveFacts: Equatable {
  /// What is under way.
  enum Place: Equatable {
    case connecting
    case loggingIn(done: Int, of: Int)
    case loading(LoadFacts)
  }

  /// Leads every line: `look 2 of 3`.
  var label: String
  var place: Place
}

/// What is under way where that is no profile of a run, such as a warm pass.
struct LivePhase: Equatable {
  var name: String
  /// What it is, in a word.
  var word: String
}

/// What there is to show of a profile.
struct LoadFacts: Equatable {
  /// What is wanted of the stage that is under way.
  enum Target: Equatable {
    /// Arrivals a second.
    case rate(Double)
    case users(Int)
  }

  /// The profile's name, or of what is no profile.
  var name: String
  /// What `runLeft` is the rest of: `run`, or what a phase calls itself.
  var whole: String
  /// From 1.
  var stage: Int
  var stageCount: Int
  var elapsed: Nanos
  /// To the last arrival.
  var duration: Nanos
  /// To the last arrival of the last profile.
  var runLeft: Nanos
  var target: Target
  /// Arrivals, in a closed loop requests, sent a second of late; nil before there are two looks.
  var rate: Double?
  var inFlight: Int
  /// Events with a token a second of late; nil before there are two looks.
  var tokenRate: Double?
  /// Of the latest first tokens; nil without one.
  var ttft: Quantiles?
  /// Requests that ended in all profiles, the most frequent outcome first.
  var ended: [EndedCount]
  var light: ClientLight
  /// The client's own lags of late; nil before there are two looks.
  var lags: RecentLags?

  /// A median and a 0.95 quantile.
  struct Quantiles: Equatable {
    var p50: Nanos
    var p95: Nanos
  }

  /// Requests of one outcome.
  struct EndedCount: Equatable {
    var outcome: Outcome
    var count: Int
  }

  /// The share of the profile that is over, 0...1.
  var share: Double {
    duration > .zero ? min(1, elapsed.seconds / duration.seconds) : 1
  }

  /// Requests that ended.
  var endedCount: Int { ended.reduce(0) { $0 + $1.count } }

  /// Of those, the failures of the service.
  var failed: [EndedCount] { ended.filter { $0.outcome.isCounted && !$0.outcome.isSuccess } }

  /// Of those, the ones that say nothing of the service.
  var uncounted: [EndedCount] { ended.filter { !$0.outcome.isCounted } }
}
