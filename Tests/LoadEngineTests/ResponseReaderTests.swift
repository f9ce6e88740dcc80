import Curl
import Testing

@testable import LoadEngine

/// Keeps what a reader hands out, and refuses the body's piece of a number.
private final class Parts: ResponseSink {
  private let refusedPiece: Int?
  private var pieces = 0
  private(set) var lines: [String] = []
  private(set) var text = ""

  init(refusing piece: Int? = nil) { refusedPiece = piece }

  func headerLine(_ line: UnsafeRawBufferPointer) -> Bool {
    lines.append(String(decoding: line, as: UTF8.self))
    return true
  }

  func body(_ piece: UnsafeRawBufferPointer) -> Bool {
    pieces += 1
    if pieces == refusedPiece { return false }
    text += String(decoding: piece, as: UTF8.self)
    return true
  }
}

@Suite("Where a response ends, and whether its connection goes on")
struct ResponseReaderTests {
  private struct Reading {
    var step: ResponseReader.Step
    var text: String
    var lines: [String]
    var isKept: Bool
    var closing: TransportCode?
  }

  private static func read(_ text: String, refusing piece: Int? = nil) -> Reading {
    var reader = ResponseReader()
    let parts = Parts(refusing: piece)
    let step = Array(text.utf8).withUnsafeBytes { reader.read($0, into: parts) }
    let isKept = reader.isKept
    return Reading(
      step: step, text: parts.text, lines: parts.lines, isKept: isKept,
      closing: step == .more ? reader.close() : nil)
  }

  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"

  private static let wholes: [(String, String)] = [
    (ok + "Content-Length: 5\r\n\r\nhello", "hello"), (ok + "Content-Length: 0\r\n\r\n", ""),
    (ok + "Content-Length: 2, 2\r\nContent-Length: 2\r\n\r\nok", "ok"),
    (chunked + "3\r\nhel\r\n2;x=\"y\"\r\nlo\r\n0\r\n\r\n", "hello"),
    (chunked + "0000000000000000000A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n", "0123456789"),
    ("HTTP/1.1 200 OK\nTransfer-Encoding: CHUNKED\n\n5\nhello\n0\n\n", "hello"),
    (
      ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"
    ),
    ("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", ""),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", ""),
    ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nok", "ok"),
    ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "ok"),
  ]

  private static let closings: [String] = [
    ok + "Connection: close\r\nContent-Length: 2\r\n\r\nok",
    ok + "Connection: x, Close\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ok + "Content-Length: 2\r\n\r\nokay", chunked + "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
  ]

  private static let failures: [(String, TransportCode)] = [
    ("SSH-2.0-OpenSSH\r\n\r\n", TransportCode.unsupportedProtocol),
    ("\u{0}\u{1}\u{2}", .unsupportedProtocol), ("HTTP/2 200\r\n\r\n", .unsupportedProtocol),
    ("HTTP/1.2 200 OK\r\n\r\n", .unsupportedProtocol),
    ("HTTP/1.1 two hundred\r\n\r\n", .weirdReply), ("HTTP/1.1 099 X\r\n\r\n", .weirdReply),
    (ok + "Content-Length: -5\r\n\r\n", .weirdReply),
    (ok + "Content-Length: 9999999999999999999\r\n\r\n", .weirdReply),
    (ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", .weirdReply),
    (ok + "Content-Length: 5, 6\r\n\r\nhello!", .weirdReply),
    (ok + "Content-Length: 5,\r\n\r\nhello", .weirdReply),
    (ok + "X-A: \u{0}\r\n\r\n", .weirdReply), (chunked + "zz\r\nnonsense", .receive),
    (chunked + "\r\n", .receive), (chunked + "5\r\nhelloworld\r\n0\r\n\r\n", .receive),
    (chunked + "FFFFFFFFFFFFFFFF\r\n", .receive),
    (chunked + "8000000000000000\r\nx", .receive),
    (chunked + "80000000000000000\r\n\r\n", .receive),
    (ok + "X-A: " + String(repeating: "x", count: 70_000), .outOfMemory),
    (ok + "X-A: " + String(repeating: "x", count: 70_000) + "\r\n\r\n", .outOfMemory),
  ]

  @Test(
    "Length, last chunk, or nothing at all ends a response, and the connection goes on",
    arguments: wholes)
  func whole(response: String, text: String) {
    let reading = ResponseReaderTests.read(response)
    #expect(reading.step == .whole)
    #expect(reading.text == text)
    #expect(reading.isKept)
  }

  @Test(
    "A connection is not used again where the peer says so, speaks 1.0, or sends too much",
    arguments: closings)
  func notKept(response: String) {
    let reading = ResponseReaderTests.read(response)
    #expect(reading.step == .whole)
    #expect(!reading.isKept)
  }

  @Test("A close ends a response of no stated length, and breaks every other")
  func closed() {
    let open = ResponseReaderTests.read(ResponseReaderTests.ok + "\r\nhello")
    #expect(open.text == "hello")
    #expect(open.closing == .ok)
    #expect(!open.isKept)
    let coded = ResponseReaderTests.ok + "Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nhello"
    #expect(ResponseReaderTests.read(coded).closing == .ok)
    #expect(ResponseReaderTests.read("").closing == .gotNothing)
    for cut in [
      "HTT", ResponseReaderTests.ok + "X-A",
      ResponseReaderTests.ok + "Content-Length: 5\r\n\r\nhell",
      ResponseReaderTests.chunked, ResponseReaderTests.chunked + "5\r\nhel",
      ResponseReaderTests.chunked + "5\r\nhello\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
      ResponseReaderTests.chunked + "5\r\nhello\r\n0\r\n",
    ] {
      let reading = ResponseReaderTests.read(cut)
      #expect(reading.step == .more, "\(cut)")
      #expect(reading.closing == .partial, "\(cut)")
    }
  }

  @Test(
    "What is no HTTP/1.1 is told by libcurl's code for it",
    arguments: failures)
  func failed(response: String, code: TransportCode) {
    #expect(ResponseReaderTests.read(response).step == .failed(code))
  }

  @Test(
    "Lines go out whole with their ends, a trailer's as well, and a refused piece stops the reading"
  )
  func parts() {
    let text = ResponseReaderTests.chunked + "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
    let reading = ResponseReaderTests.read(text)
    #expect(
      reading.lines == [
        "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "\r\n", "X-Sum: 1\r\n",
      ])
    let refused = ResponseReaderTests.read(text, refusing: 1)
    #expect(refused.step == .stopped)
    #expect(!refused.isKept)
  }
}
