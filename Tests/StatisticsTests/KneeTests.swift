import Foundation
import Model
import Statistics
import Testing

@Suite("A knee is where a latency leaves its flat part, and nowhere else")
struct KneeTests {
  private func levels(_ values: [Double]) -> [Knee.Level] {
    values.enumerated().map { index, value in
      Knee.Level(load: Double(index + 1), value: value, low: value * 0.95)
    }
  }

  @Test("The first level from which on all are above the line is the knee")
  func examples() {
    #expect(Knee.find(levels([1, 1, 1, 1, 1.6, 2, 3])) == 4)
    #expect(Knee.find(levels([1, 1, 1, 1, 2, 1, 1])) == nil, "it comes back")
    #expect(Knee.find(levels([1, 1, 1, 1, 1, 1, 1.9])) == nil, "one level alone must double")
    #expect(Knee.find(levels([1, 1, 1, 1, 1, 1, 2.1])) == 6)
    #expect(Knee.find(levels([1, 2.1, 3, 4])) == 1, "one flat level alone")
    #expect(Knee.find(levels([1, 1.9, 3, 4])) == nil, "which must double too")
    #expect(Knee.find(levels([2, 1.5, 1.2, 1, 1, 1, 1])) == nil, "cold caches make none")
    #expect(Knee.find(levels([1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4])) == nil, "it grows evenly")
    #expect(Knee.find(levels([1, 1.2, 1.4, 1.6, 1.8, 4, 5, 6])) == 5)
    #expect(Knee.find(levels([1, 1, 1, .infinity, .infinity])) == 3, "most requests fail")
    #expect(Knee.find(levels([1, .infinity, 1, .infinity, .infinity])) == nil)
    #expect(Knee.find(levels([1, 1, 3])) == nil, "three levels are too few")
    #expect(Knee.find([]) == nil)
  }

  @Test("A level whose interval reaches down to the line has not left")
  func wideIntervals() {
    var wide = levels([1, 1, 1, 1, 1.6, 2, 3])
    wide[4].low = 0.9
    #expect(Knee.find(wide) == 5)
  }

  @Test("Levels of equal load count each")
  func equalLoads() {
    let loads = [1.0, 2, 3, 3, 3, 4]
    let values = [1.0, 1, 1, 1.01, 1, 3]
    let pairs = zip(loads, values).map { Knee.Level(load: $0, value: $1, low: $1) }
    #expect(Knee.find(pairs) == 5)
  }

  /// The median and the lower end of its interval, as stages have them.
  private func level(_ load: Double, _ times: [Double]) -> Knee.Level {
    let sorted = times.sorted()
    let n = Double(sorted.count)
    let rank = max(0, Int(n / 2 - 2.576 * n.squareRoot() / 2))
    return Knee.Level(load: load, value: Quantile.type7(sorted: sorted, 0.5), low: sorted[rank])
  }

  /// Requests of a stage of 15 s in a ramp of ten to 1.5 times `rate`.
  private func rampCounts(_ rate: Double) -> [(load: Double, count: Int)] {
    (0..<10).map { stage in
      let load = rate * (0.1 + 1.4 / 9 * Double(stage))
      return (load, Int((load * 15).rounded()))
    }
  }

  /// Spread of the requests, luck of a whole stage, luck that lasts some requests.
  private static let noises: [[Double]] = [
    [0.1, 0, 0], [0.3, 0, 0], [0.6, 0, 0], [1, 0, 0], [0.3, 0.1, 0], [0.3, 0, 0.3],
  ]

  @Test("Flat noise makes a knee in less than one ramp of a hundred", arguments: noises)
  func falseKnees(noise: [Double]) {
    var generator = SeededGenerator(seed: 7, label: "flat")
    var found = 0
    let rounds = 1_000
    for round in 0..<rounds {
      let rate = [5.0, 20][round % 2]
      let ramp = rampCounts(rate).filter { $0.count >= 11 }.map { load, count in
        let luck = noise[1] * generator.nextNormal()
        var lasting = 0.0
        return level(
          load,
          (0..<count).map { _ in
            lasting = 0.9 * lasting + noise[2] * 0.19.squareRoot() * generator.nextNormal()
            return exp(noise[0] * generator.nextNormal() + luck + lasting)
          })
      }
      if Knee.find(ramp) != nil { found += 1 }
    }
    #expect(found < rounds / 100, "\(found) of \(rounds)")
  }

  @Test(
    "A queue that begins to grow is found within one stage of where the slots are full",
    arguments: [16, 32, 64])
  func queue(slots: Int) {
    var generator = SeededGenerator(seed: 11, label: "queue")
    var near = 0
    let rounds = 100
    for _ in 0..<rounds {
      let stages = rampCounts(20)
      // Full in stage 6 of 0...9.
      let service = Double(slots) / ((stages[5].load + stages[6].load) / 2)
      var free = [Double](repeating: 0, count: slots)
      let ramp = stages.enumerated().map { stage, item in
        let arrivals = (0..<item.count).map { _ in (Double(stage) + generator.nextUnit()) * 15 }
        return level(
          item.load,
          arrivals.sorted().map { at in
            let slot = free.indices.min { free[$0] < free[$1] } ?? 0
            let start = max(at, free[slot])
            free[slot] = start + service * exp(0.2 * generator.nextNormal())
            return start - at + 0.1 * exp(0.3 * generator.nextNormal())
          })
      }
      if let knee = Knee.find(ramp), (5...7).contains(knee) { near += 1 }
    }
    #expect(near >= 95, "\(near) of \(rounds)")
  }
}

extension SeededGenerator {
  /// A standard normal number (Box & Muller 1958).
  fileprivate mutating func nextNormal() -> Double {
    (-2 * log(1 - nextUnit())).squareRoot() * cos(2 * .pi * nextUnit())
  }
}
