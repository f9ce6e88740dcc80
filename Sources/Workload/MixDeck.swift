import Model
import Plan

/// Deals scenarios by weight so that each one's total is always within one of its share: a cell's
/// n is then the plan's and not luck, and the same for every seed.
///
/// It goes by the scenarios' names and not by their order in the plan, so that the order of keys
/// changes nothing. Ties go to the first name.
struct MixDeck {
  /// Indices into the plan's scenarios, by name.
  private let order: [Int]
  /// By position in `order`; the sum is 1.
  private let shares: [Double]
  private var assigned: [Int]
  private var total = 0

  /// A deck of the plan's scenarios.
  init(plan: Plan) {
    let order = scenariosByName(plan)
    let sum = order.reduce(0) { $0 + plan.scenarios[$1].weight }
    shares = order.map { plan.scenarios[$0].weight / sum }
    assigned = Array(repeating: 0, count: order.count)
    self.order = order
  }

  /// The next `count` scenarios, sorted by name: indices into the plan's.
  mutating func deal(_ count: Int) -> [Int] {
    let counts = counts(dealing: count)
    return order.flatMap { Array(repeating: $0, count: counts[$0]) }
  }

  /// How often each of the plan's scenarios comes in the next `count`, in the plan's order: the
  /// one furthest below its share is served next (on a fresh deck, largest remainders).
  /// O(scenarios^2) on a fresh deck, else O(count x scenarios).
  mutating func counts(dealing count: Int) -> [Int] {
    let before = assigned
    let isFresh = total == 0
    total += count
    let quotas = shares.map { $0 * Double(total) }
    var left = count
    if isFresh {
      assigned = quotas.map { Int($0) }
      left -= assigned.reduce(0, +)
    }
    while left > 0 {
      var best = 0
      for position in quotas.indices
      where deficit(position, quotas) > deficit(best, quotas) + 1e-9 {
        best = position
      }
      assigned[best] += 1
      left -= 1
    }
    var result = Array(repeating: 0, count: order.count)
    for (position, scenario) in order.enumerated() {
      result[scenario] = assigned[position] - before[position]
    }
    return result
  }

  private func deficit(_ position: Int, _ quotas: [Double]) -> Double {
    quotas[position] - Double(assigned[position])
  }
}

/// Indices of the plan's scenarios, by the bytes of their names.
func scenariosByName(_ plan: Plan) -> [Int] {
  plan.scenarios.indices.sorted {
    plan.scenarios[$0].name.utf8.lexicographicallyPrecedes(plan.scenarios[$1].name.utf8)
  }
}

/// Each scenario's prompts in a seeded order, over and over.
struct PromptCycle {
  /// By scenario, in the plan's order.
  private var orders: [[Int]]
  private var positions: [Int]

  /// A cycle; the order of a scenario's prompts depends on `generator` and its name only.
  init(plan: Plan, generator: SeededGenerator) {
    orders = plan.scenarios.map { scenario in
      var order = Array(scenario.prompts.indices)
      var own = generator.fork(scenario.name)
      own.shuffle(&order)
      return order
    }
    positions = Array(repeating: 0, count: plan.scenarios.count)
  }

  /// The next request of a scenario.
  mutating func next(scenario: Int) -> PlannedRequest {
    let order = orders[scenario]
    let prompt = order[positions[scenario] % order.count]
    positions[scenario] += 1
    return PlannedRequest(scenario: scenario, prompt: prompt)
  }
}
