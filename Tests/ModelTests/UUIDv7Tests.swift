import Model
import Testing

@Suite("Run ids")
struct UUIDv7Tests {
  @Test("The RFC's example comes out of its time and random bits")
  func example() {
    // RFC 9562, appendix A.6: 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    let random: [UInt8] = [0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F]
    let time = UnixNanos(1_645_557_742_000_999_999)
    #expect(UUIDv7.make(at: time, random: random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
  }

  @Test("Ids sort by their millisecond, whatever is random")
  func sorting() {
    let ones = [UInt8](repeating: 0xFF, count: 10)
    let zeros = [UInt8](repeating: 0, count: 10)
    let early = UUIDv7.make(at: UnixNanos(1_000_999_999), random: ones)
    let late = UUIDv7.make(at: UnixNanos(1_001_000_000), random: zeros)
    #expect(early < late)
  }
}
