import Model
public import Plan

extension Schedule {
  /// SHA-256 of the schedule as 64 hexadecimal digits: over `text(plan)`'s UTF-8.
  ///
  /// Two runs of one value sent the same scenarios and prompts at the same times.
  public func sha256(_ plan: Plan) -> String {
    var hash = SHA256()
    write(plan) { hash.update($0.utf8) }
    return SHA256.hex(hash.finalized())
  }

  /// The schedule as lines, each ended by a line feed; times in nanoseconds:
  /// ```
  /// streamgate-schedule/1
  /// profile NAME DURATION WARMUP STAGES
  /// at TIME STAGE SCENARIO PROMPT        an open loop's request, in time order
  /// user START                           a closed loop's user, then its steps
  /// step SCENARIO PROMPT THINK
  /// turn THINK PROMPT                    the next turn of the arrival's conversation
  /// step SCENARIO PROMPT THINK TURN      the same of a user's conversation, TURN from 1
  /// ```
  /// SCENARIO is the scenario's name, PROMPT the prompt's index in it.
  public func text(_ plan: Plan) -> String {
    var text = ""
    write(plan) { text += $0 }
    return text
  }

  private func write(_ plan: Plan, _ line: (String) -> Void) {
    func request(_ request: PlannedRequest) -> String {
      "\(plan.scenarios[request.scenario].name) \(request.prompt)"
    }
    line("streamgate-schedule/\(Plan.scheduleVersion)\n")
    for profile in profiles {
      line(
        "profile \(profile.kind.rawValue) \(profile.duration.rawValue) "
          + "\(profile.warmup.rawValue) \(profile.stageCount)\n")
      switch profile.load {
      case .open(let arrivals):
        for arrival in arrivals {
          line("at \(arrival.at.rawValue) \(arrival.stage) \(request(arrival.request))\n")
          for turn in arrival.laterTurns {
            line("turn \(turn.think.rawValue) \(turn.request.prompt)\n")
          }
        }
      case .closed(let users):
        for user in users {
          line("user \(user.startAt.rawValue)\n")
          for step in user.steps {
            let turn = step.turn == 0 ? "" : " \(step.turn)"
            line("step \(request(step.request)) \(step.think.rawValue)\(turn)\n")
          }
        }
      }
    }
  }
}
