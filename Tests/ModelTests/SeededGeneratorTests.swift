import Model
import Testing

@Suite("Seeded generator")
struct SeededGeneratorTests {
  /// The numbers come from an independent xoshiro256** in Python, seeded by hashlib's SHA-256.
  @Test(
    "A seed and label give the same numbers for ever",
    arguments: [
      (
        0, "",
        [0xdd68_28fe_69f8_553a, 0x6f0c_b960_0edc_eef4, 0xe9f7_8a6e_fa4a_df4b]
      ),
      (
        1, "arrivals",
        [0xd683_0ac0_2728_3e09, 0x4400_0fa1_5d36_3a06, 0xaddb_b883_9b74_4935]
      ),
      (
        UInt64.max, "prompts",
        [0x3ca2_2538_f8b5_1da8, 0x44b9_dc30_a89b_6d7a, 0xd642_5959_7d95_5a14]
      ),
    ] as [(UInt64, String, [UInt64])])
  func pinned(seed: UInt64, label: String, numbers: [UInt64]) {
    var generator = SeededGenerator(seed: seed, label: label)
    #expect(numbers.map { _ in generator.next() } == numbers)
  }

  @Test("A fork depends on the labels and not on what was drawn")
  func fork() {
    var parent = SeededGenerator(seed: 1, label: "arrivals")
    var early = parent.fork("sustained")
    _ = parent.next()
    var late = parent.fork("sustained")
    let wanted: [UInt64] = [0x7166_142f_d4b3_df46, 0x31fd_133b_4e89_2169, 0xad8a_816e_ec9d_4c4e]
    #expect(wanted.map { _ in early.next() } == wanted)
    #expect(wanted.map { _ in late.next() } == wanted)
    var other = parent.fork("stress")
    #expect(other.next() != wanted[0])
  }

  @Test("Unit numbers are in [0, 1) and uniform in mean, variance and every tenth")
  func uniform() {
    var generator = SeededGenerator(seed: 7, label: "uniform")
    let count = 100_000
    let values = (0..<count).map { _ in generator.nextUnit() }
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = values.reduce(0, +) / Double(count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    // Five standard errors: sqrt(1/12/n) for the mean, sqrt(1/180/n) for the variance.
    #expect((mean - 0.5).magnitude < 0.0046)
    #expect((variance - 1.0 / 12).magnitude < 0.0012)
    var tenths = [Int](repeating: 0, count: 10)
    for value in values { tenths[Int(value * 10)] += 1 }
    // chi-square with 9 degrees of freedom, P(> 33.7) = 1e-4.
    let expected = Double(count) / 10
    let chiSquare = tenths.reduce(0.0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    #expect(chiSquare < 33.7)
  }

  @Test(
    "Indices stay below their bound and reach every value",
    arguments: [1, 2, 3, 7, 10, 64, 100])
  func index(bound: Int) {
    var generator = SeededGenerator(seed: 3, label: "index")
    var seen = [Int](repeating: 0, count: bound)
    for _ in 0..<bound * 200 {
      let index = generator.nextIndex(below: bound)
      guard (0..<bound).contains(index) else {
        Issue.record("\(index) is not below \(bound)")
        return
      }
      seen[index] += 1
    }
    // 200 expected each; six standard deviations.
    #expect(seen.allSatisfy { (115...285).contains($0) || bound == 1 })
  }

  @Test("The largest bound works")
  func largestBound() {
    var generator = SeededGenerator(seed: 3, label: "large")
    #expect((0..<100).allSatisfy { _ in generator.nextIndex(below: .max) >= 0 })
  }

  @Test("A shuffle keeps the elements and puts each in each place equally often")
  func shuffle() {
    var generator = SeededGenerator(seed: 5, label: "shuffle")
    var places = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 5)
    for _ in 0..<5_000 {
      var elements = Array(0..<5)
      generator.shuffle(&elements)
      #expect(elements.sorted() == Array(0..<5))
      for (place, element) in elements.enumerated() { places[element][place] += 1 }
    }
    // 1,000 expected each; six standard deviations.
    #expect(places.joined().allSatisfy { (830...1_170).contains($0) })
    var empty: [Int] = []
    generator.shuffle(&empty)
    #expect(empty.isEmpty)
  }
}
