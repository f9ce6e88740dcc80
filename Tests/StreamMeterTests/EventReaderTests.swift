import Testing

@testable import StreamMeter

/// The HTML standard's section 9.2.6, step by step: what data each event has that is dispatched.
@Suite("Events and their data by the HTML standard")
struct EventReaderTests {
  /// The data of each event of a body that comes in reads which end before `cut` and at the end.
  private func events(_ body: [UInt8], cut: Int) -> [String] {
    var reader = EventReader(limits: MeterLimits())
    reader.reset(.events)
    var found: [String] = []
    for piece in [0..<cut, cut..<body.count] {
      body[piece].withUnsafeBytes { bytes in
        Dialect.all[0].paths.withView { table in
          reader.begin(bytes, offset: piece.lowerBound)
          while case .event(let data) = reader.next(table) {
            found.append(String(decoding: data, as: UTF8.self))
          }
          reader.suspend()
        }
      }
    }
    return found
  }

  @Test(
    "A body has the standard's events, wherever it is cut into two reads",
    arguments: [
      // The standard's own examples.
      ("data: YHOO\ndata: +2\ndata: 10\n\n", ["YHOO\n+2\n10"]),
      (
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
          + "data:  third event\n\n",
        ["first event", "second event", " third event"]
      ),
      ("data\n\ndata\ndata\n\ndata:", ["", "\n"]),
      ("data:test\n\ndata: test\n\n", ["test", "test"]),
      // The byte order mark: one, and only at the start of the stream.
      ("\u{FEFF}data: a\n\n", ["a"]), ("\u{FEFF}\u{FEFF}data: a\n\n", []),
      ("\u{FEFF}\n\u{FEFF}data: a\n\n", []), ("data: \u{FEFF}a\n\n", ["\u{FEFF}a"]),
      ("\u{FEFF}", []), ("\u{FEFF}:\n\ndata: a\n\n", ["a"]),
      // Ends of lines: CR LF is one, CR and LF alone are one each.
      ("data: a\r\ndata: b\r\n\r\n", ["a\nb"]), ("data: a\rdata: b\r\r", ["a\nb"]),
      ("data: a\r\n\rdata: b\n\r\n", ["a", "b"]), ("data: a\n\rdata: b\r\r\n", ["a", "b"]),
      ("data: a\n\u{85}\u{2028}\n\n", ["a"]), ("data: a\u{0B}\u{0C}b\n\n", ["a\u{0B}\u{0C}b"]),
      // A blank line is an empty one: white space is a field without a meaning.
      ("data: a\n \ndata: b\n\n", ["a\nb"]),
      // The first colon parts name and value, and one space after it goes.
      ("data:a:b\n\n", ["a:b"]), ("data:  a\n\n", [" a"]), ("data:\ta\n\n", ["\ta"]),
      ("data:\u{A0}a\n\n", ["\u{A0}a"]), ("data: a \n\n", ["a "]), ("data::\n\n", [":"]),
      ("data: \n\n", [""]), ("data:\n\n", [""]), ("data\n\n", [""]),
      // Names are taken literally.
      ("Data: a\n\n", []), ("data : a\n\n", []), (" data: a\n\n", []), ("dat: a\n\n", []),
      ("datas: a\n\n", []), ("\u{0}data: a\n\n", []), ("data\u{0}: a\n\n", []),
      // No data, no event, whatever else there is; its name does not outlive it.
      ("event: x\nid: 1\nretry: 5\n\n", []), (":\n\n: c\n\n", []), ("\n\n\n", []),
      ("event: ping\n\ndata: a\n\n", ["a"]), ("id\nevent\nretry\ndata: a\n\n", ["a"]),
      ("id: \u{0}\nretry: x\ndata: a\n\n", ["a"]), ("data: a\u{0}b\n\n", ["a\u{0}b"]),
      // What the end of the stream cuts is discarded.
      ("data: a\n\ndata: b", ["a"]), ("data: a\n\ndata: b\n", ["a"]), ("data: a\r", []),
      ("data: a\r\r\n", ["a"]), ("", []), ("data: a\n\nda", ["a"]),
    ])
  func standard(_ text: String, _ expected: [String]) {
    let body = Array(text.utf8)
    for cut in 0...body.count {
      #expect(events(body, cut: cut) == expected, "cut at \(cut)")
    }
  }

  @Test("A comment between two lines of data parts nothing, and neither does an unknown field")
  func between() {
    let body = Array("data: a\n: aside\nunknown: field\nid: 7\ndata: b\n\n".utf8)
    for cut in 0...body.count { #expect(events(body, cut: cut) == ["a\nb"]) }
  }
}
