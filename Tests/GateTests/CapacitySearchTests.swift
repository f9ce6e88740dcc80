import Foundation
import Gate
import Model
import Testing

@Suite("The search for a capacity asks for a step at a time")
struct CapacitySearchTests {
  private func rules(
    start: Double = 5, lowest: Double = 0.5, highest: Double = 320
  ) -> CapacitySearch.Rules {
    CapacitySearch.Rules(start: start, lowest: lowest, highest: highest)
  }

  /// Runs a search against a service; returns its answer and the rates that it tried.
  private func run(
    _ rules: CapacitySearch.Rules, _ isMet: (_ rate: Double, _ step: Int) -> Bool
  ) -> (answer: CapacitySearch.Answer?, rates: [Double]) {
    var search = CapacitySearch(rules)
    var rates: [Double] = []
    while case .step(let rate) = search.action {
      rates.append(rate)
      if rates.count > 100 { return (nil, rates) }
      search.take(isMet: isMet(rate, rates.count))
    }
    guard case .end(let answer) = search.action else { return (nil, rates) }
    return (answer, rates)
  }

  @Test("It doubles, halves the interval, and holds the lower end to three steps")
  func example() {
    let (answer, rates) = run(rules()) { rate, _ in rate <= 14.6 }
    #expect(rates == [5, 10, 20, 14.1, 16.8, 15.4, 14.1, 14.1])
    #expect(answer == .confirmed(rate: 14.1, missed: 15.4))
  }

  @Test("It goes down where the first rate is too high, and no lower than allowed")
  func down() {
    let (answer, rates) = run(rules(start: 40)) { rate, _ in rate <= 6 }
    #expect(rates.prefix(4) == [40, 20, 10, 5])
    #expect(answer == .confirmed(rate: 5.95, missed: 6.49))
    let nothing = run(rules(start: 4)) { _, _ in false }
    #expect(nothing.rates == [4, 2, 1, 0.5])
    #expect(nothing.answer == .nothing(lowest: 0.5))
  }

  @Test("It goes no higher than allowed, and says that nothing was missed there")
  func ceiling() {
    let (answer, rates) = run(rules(highest: 30)) { _, _ in true }
    #expect(rates == [5, 10, 20, 30, 30, 30])
    #expect(answer == .confirmed(rate: 30, missed: nil))
    let only = run(rules(start: 5, lowest: 5, highest: 5)) { _, _ in true }
    #expect(only.rates == [5, 5, 5])
  }

  @Test("A confirmation that misses gives the interval from the last rate that never missed")
  func refuted() {
    let (answer, rates) = run(rules()) { rate, step in rate <= 14.6 && step != 8 }
    #expect(rates.count == 8)
    #expect(answer == .between(low: 10, mixed: 14.1, high: 15.4))
    let top = run(rules(highest: 20)) { _, step in step < 4 }
    #expect(top.answer == .between(low: 10, mixed: 20, high: nil))
  }

  @Test("Where no lower rate is known it goes on down until one holds")
  func falling() {
    let (answer, rates) = run(rules(highest: 10)) { rate, step in
      step == 1 || (step > 5 && rate < 2)
    }
    // 5 met, 10 missed, 7.07, 5.95, 5.45 missed; then 5 is missed when it is repeated.
    #expect(rates == [5, 10, 7.07, 5.95, 5.45, 5, 2.5, 1.25])
    #expect(answer == .between(low: 1.25, mixed: 5, high: 5.45))
    let nothing = run(rules()) { _, step in step == 1 }
    #expect(nothing.answer == .nothing(lowest: 0.5))
  }

  @Test("A service with one capacity is found within a tenth below it, whatever the start")
  func sharp() {
    var generator = SeededGenerator(seed: 5, label: "capacity")
    for _ in 0..<500 {
      let capacity = 0.6 * pow(500, generator.nextUnit())
      let rules = rules(start: 0.5 * pow(600, generator.nextUnit()))
      let most = CapacitySearch.most(rules)
      let (answer, rates) = run(rules) { rate, _ in rate <= capacity }
      guard case .confirmed(let rate, let missed) = answer else {
        Issue.record("\(String(describing: answer)) of \(capacity)")
        continue
      }
      #expect(rate <= capacity && (missed ?? .infinity) > capacity)
      #expect(rate * 1.1 >= capacity * 0.9999)
      #expect(rates.count <= most.steps)
      #expect(rates.reduce(0, +) <= most.rateSum * 1.0001)
      #expect(rates.allSatisfy { (rules.lowest...rules.highest).contains($0) })
    }
  }

  @Test("A service whose steps miss by chance near its capacity is held between what it can do")
  func noisy() {
    var generator = SeededGenerator(seed: 9, label: "capacity")
    var (confirmed, wide) = (0, 0)
    for _ in 0..<500 {
      let capacity = 5 * pow(20, generator.nextUnit())
      let (answer, _) = run(rules()) { rate, _ in
        // Half of the steps at the capacity miss; 3 % below it 1 in 20.
        generator.nextUnit() < 1 / (1 + exp((rate / capacity - 1) * 100))
      }
      switch answer {
      case .confirmed(let rate, _):
        confirmed += 1
        if !(0.85...1.1).contains(rate / capacity) { wide += 1 }
      case .between(let low, _, let high):
        if low > capacity * 1.05 || (high ?? .infinity) < capacity * 0.95 { wide += 1 }
      case .nothing, nil: wide += 1
      }
    }
    #expect(confirmed > 300)
    #expect(wide <= 5, "\(wide) of 500")
  }
}
