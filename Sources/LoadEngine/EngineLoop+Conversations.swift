import HeapModule
import Model
import Plan
import StreamMeter
import Workload

// Conversations: what becomes of a reply, and when the next turn is due.
extension EngineLoop {
  /// A request is over: its conversation takes the reply, and whoever waits for the end is freed.
  /// `slot` is nil for a request that was dropped.
  func proceed(
    _ place: StreamPlace, _ slot: UnsafeMutablePointer<Slot>?, at moment: MonotonicNanos
  ) {
    if let key = place.conversation, let rules = job.conversations[place.request.scenario] {
      let reply = slot.map { Array($0.pointee.replyText) } ?? []
      profile.conversations[key]?.append(
        prompt: place.request.prompt, reply: reply, exchangesMax: rules.exchangesMax)
      if place.user == nil { awaitTurn(after: place, of: key, at: moment) }
    }
    freeUser(place.user, at: moment)
  }

  /// Open loop: the next turn is due after the pause; the last one ends the conversation.
  private func awaitTurn(after place: StreamPlace, of key: Int, at moment: MonotonicNanos) {
    let turns = profile.arrivals[key].laterTurns
    guard place.turn < turns.count else {
      profile.conversations[key] = nil
      return
    }
    starts.insert(Due(at: moment + turns[place.turn].think, index: key))
  }

  /// Starts the turn of an open loop's conversation that is due.
  func startTurn(_ entry: Due, at now: MonotonicNanos) throws(EngineError) {
    guard let conversation = profile.conversations[entry.index] else { return }
    let arrival = profile.arrivals[entry.index]
    let turn = conversation.turns
    var place = self.place(
      arrival.laterTurns[turn - 1].request, stage: profile.stage(at: entry.at),
      seq: conversation.number + turn, user: nil, intended: entry.at)
    // So that each turn has as many measured requests as the plan says, however slow the service.
    place.isWarmup = profile.startedAt + arrival.at < profile.measuredFrom
    place.turn = turn
    place.conversation = entry.index
    place.sender = entry.index
    try start(place, at: now)
  }

  /// The place of a conversation's first request or of a user's next turn, with its conversation.
  func converse(_ place: StreamPlace, turn: Int, key: Int) -> StreamPlace {
    var place = place
    place.sender = key
    guard job.conversations[place.request.scenario] != nil else { return place }
    place.turn = turn
    place.conversation = key
    if turn == 0 || profile.conversations[key] == nil {
      profile.conversations[key] = Conversation(number: place.seq)
    }
    return place
  }

  /// The body of a request, with its conversation's history where it has one.
  func body(of place: StreamPlace) -> [UInt8] {
    guard let key = place.conversation, let conversation = profile.conversations[key],
      let make = job.conversationBody
    else { return job.body(place.request, place.profile, place.seq) }
    return make(place.request, place.profile, conversation)
  }
}
