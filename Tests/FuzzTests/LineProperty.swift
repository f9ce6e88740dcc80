@testable import StreamMeter

/// The line reader gives, in any packing, the lines that a plain splitter finds.
enum LineProperty {
  static let target = FuzzTarget(
    name: "line",
    seeds: { body in
      guard body.isStream else { return [] }
      return [
        FuzzInput.bytes(options: 6, sizes: [1, 1, 1], body: body.bytes),
        FuzzInput.bytes(options: 7, sizes: [7, 0, 30], body: body.bytes),
        FuzzInput.bytes(options: 4, sizes: [40, 3, 255], body: body.bytes),
      ]
    },
    finding: { bytes in FuzzInput(bytes).flatMap(finding) })

  private static func finding(_ input: FuzzInput) -> String? {
    let isCarriageReturnAnEnd = input.options & 1 == 0
    let bytesMax = [4, 16, 64, 1 << 20][Int(input.options >> 1) & 3]
    let wanted = LineTranscript(
      splitting: input.body, isCarriageReturnAnEnd: isCarriageReturnAnEnd, bytesMax: bytesMax)
    for packing in [input.packing, .whole] {
      var reader = LineReader(bytesMax: bytesMax)
      reader.reset(isCarriageReturnAnEnd: isCarriageReturnAnEnd)
      var got = LineTranscript()
      got.read(input.body, packing, by: &reader)
      if reader.rest.count > bytesMax {
        return "\(reader.rest.count) bytes are kept, of at most \(bytesMax)"
      }
      if got != wanted { return "packed as \(packing.sizes): \(got), not \(wanted)" }
    }
    return nil
  }
}

/// What was read of a body: its lines, what follows the last, and whether a limit ended it.
struct LineTranscript: Equatable {
  struct Line: Equatable {
    /// Bytes of the body before it.
    var offset: Int
    var bytes: [UInt8]
  }

  var lines: [Line] = []
  /// What follows the last line's end, nil where the limit ended the reading.
  var rest: Line?
  /// Where the line beyond the limit starts.
  var longLineOffset: Int?

  init() {}

  /// Splits a body at LF, and at CR and CR LF where wanted, until a line is too long.
  init(splitting body: UnsafeRawBufferPointer, isCarriageReturnAnEnd: Bool, bytesMax: Int) {
    var start = 0
    var at = 0
    while at < body.count {
      let isEnd = body[at] == 0x0A || (isCarriageReturnAnEnd && body[at] == 0x0D)
      guard isEnd else {
        at += 1
        continue
      }
      guard at - start <= bytesMax else { break }
      lines.append(Line(offset: start, bytes: Array(body[start..<at])))
      let isPair = body[at] == 0x0D && at + 1 < body.count && body[at + 1] == 0x0A
      at += isPair ? 2 : 1
      start = at
    }
    if at - start > bytesMax {
      longLineOffset = start
    } else {
      rest = Line(offset: start, bytes: Array(body[start...]))
    }
  }

  /// Reads a body in pieces.
  mutating func read(
    _ body: UnsafeRawBufferPointer, _ packing: Packing, by reader: inout LineReader
  ) {
    let memory = ReadMemory(capacity: body.count)
    var start = 0
    for end in packing.ends(of: body.count) {
      let piece = UnsafeRawBufferPointer(rebasing: body[start..<end])
      let goesOn = memory.withCopy(of: piece) { bytes in
        reader.begin(bytes, offset: start)
        while true {
          switch reader.next() {
          case .line(let line):
            lines.append(Line(offset: reader.lineOffset, bytes: Array(line)))
          case .exhausted:
            reader.keepRest()
            return true
          case .tooLong:
            longLineOffset = reader.restOffset
            return false
          }
        }
      }
      guard goesOn else { return }
      start = end
    }
    rest = Line(offset: body.count - reader.rest.count, bytes: Array(reader.rest))
  }
}

extension CorpusBody {
  /// True for the body of a response.
  var isStream: Bool { folder != PlanProperty.folder && folder != ResponseProperty.folder }
}
