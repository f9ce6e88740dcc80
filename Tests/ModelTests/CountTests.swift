import Model
import Testing

@Suite("Figures that are counts")
struct CountTests {
  @Test("A figure that is no count becomes the nearest one that an integer holds")
  func clamped() {
    #expect(Int(clamping: 3.9) == 3 && Int(clamping: -1.0) == 0 && Int(clamping: Double.nan) == 0)
    #expect(Int(clamping: Double.infinity) == 1_000_000_000_000_000)
  }
}
