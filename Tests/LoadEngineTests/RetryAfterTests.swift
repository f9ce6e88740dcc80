import Curl
import Model
import Testing

@testable import LoadEngine

@Suite("Retry-After")
struct RetryAfterTests {
  /// Sun, 06 Nov 1994 08:49:37 GMT.
  private static let moment: Int64 = 784_111_777

  private func retryAfter(_ lines: String, now: Int64 = moment) -> Nanos? {
    var reader = HeaderReader()
    let header = ["HTTP/1.1 429 Slow"] + lines.split(separator: "\r\n").map(String.init) + [""]
    for line in header {
      _ = Array((line + "\r\n").utf8).withUnsafeBytes { reader.line($0, now: now) }
    }
    return reader.retryAfter
  }

  private func seconds(_ date: String, now: Int64 = moment) -> Int64? {
    Array(date.utf8).withUnsafeBytes { HTTPDate.seconds($0, now: now) }
  }

  @Test(
    "A date is read in each of HTTP's three forms",
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", moment), ("Sunday, 06-Nov-94 08:49:37 GMT", moment),
      ("Sun Nov  6 08:49:37 1994", moment), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Tue, 29 Feb 2028 23:59:60 GMT", 1_835_481_599), ("Wed Nov 16 08:49:37 1994", 784_975_777),
    ])
  func form(date: String, seconds expected: Int64) {
    #expect(seconds(date) == expected)
  }

  @Test("Two digits of a year are at most fifty years ahead")
  func century() {
    let now: Int64 = 1_767_225_600  // 2026
    #expect(seconds("Sunday, 06-Nov-94 08:49:37 GMT", now: now) == RetryAfterTests.moment)
    #expect(seconds("Friday, 06-Nov-76 08:49:37 GMT", now: now) == 3_371_878_177)  // 2076
    #expect(seconds("Saturday, 06-Nov-77 08:49:37 GMT", now: now) == 247_654_177)  // 1977
    let late: Int64 = 3_471_292_800  // 2080
    #expect(seconds("Friday, 06-Nov-05 08:49:37 GMT", now: late) == 4_286_940_577)  // 2105
  }

  @Test(
    "What is no date says nothing",
    arguments: [
      "", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
      "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
      "Sun, 06 Nov 94 08:49:37 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT or so", "Sun, 00 Nov 1994",
      "Sun, 06 nov 1994 08:49:37 GMT", "Sun Nov 66 08:49:37 1994", "-7", "7.5", "7 s", "+7",
    ])
  func noDate(text: String) {
    #expect(seconds(text) == nil)
    #expect(retryAfter("Retry-After: \(text)\r\n") == nil)
  }

  @Test("A date counts from the response's own, and else from the wall clock")
  func base() {
    let later = "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n"
    #expect(retryAfter(later) == .seconds(30))
    let date = "Date: Sun, 06 Nov 1994 08:50:00 GMT\r\n"
    #expect(retryAfter(later + date, now: 0) == .seconds(7))
    #expect(retryAfter(date + later, now: 0) == .seconds(7))
    #expect(retryAfter("Date: now\r\n" + later) == .seconds(30))
  }

  @Test("A moment that has passed is no wait, and none is longer than the limit")
  func bounds() {
    #expect(retryAfter("Retry-After: Sun, 06 Nov 1994 08:49:36 GMT\r\n") == .zero)
    let most = Nanos.seconds(HeaderReader.retrySecondsMax)
    #expect(retryAfter("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n") == most)
    #expect(retryAfter("Retry-After: 2592000\r\n") == most)
    #expect(retryAfter("Retry-After: 2592001\r\n") == most)
    #expect(retryAfter("Retry-After: 2591999\r\n") == most - .seconds(1))
    #expect(retryAfter("Retry-After: 99999999999999999999\r\n") == most)
    #expect(retryAfter("Retry-After: 0\r\n") == .zero)
  }
}
