/// Prompts from one column of a CSV file with a header, by RFC 4180.
///
/// Fields are split by commas; one in double quotes may hold commas, line breaks and doubled
/// quotes. A line break in a field is LF, however the file writes it. A row with another number of
/// fields than the header is refused: a comma that should be in quotes would cut a prompt short.
enum CSVPrompts {
  /// Columns of a file.
  static let columnsMax = 1_000

  /// Reads the column's fields into `found`.
  static func read(_ bytes: ArraySlice<UInt8>, column: String?, _ found: inout FoundPrompts) {
    var reader = CSVReader(bytes)
    var header: (index: Int, count: Int)?
    while !found.isFull, let row = reader.next() {
      switch row {
      case .failure(let error):
        found.add(.failure(error), line: reader.rowLine)
        return
      case .success(let fields):
        guard let place = header else {
          switch index(of: column, in: fields) {
          case .success(let index): header = (index, fields.count)
          case .failure(let error):
            found.add(.failure(error), line: reader.rowLine)
            return
          }
          continue
        }
        guard fields.count == place.count else {
          let what = "\(fields.count) fields where the header has \(place.count)"
          found.add(.failure(ValueError(what)), line: reader.rowLine)
          continue
        }
        found.add(PromptFile.utf8Text(fields[place.index]), line: reader.rowLine)
      }
    }
  }

  /// The column's place in the header.
  private static func index(
    of column: String?, in header: [[UInt8]]
  ) -> Result<Int, ValueError> {
    guard header.count <= columnsMax else {
      return .failure(ValueError("more than \(columnsMax) columns"))
    }
    let names = header.map { trimmed(String(decoding: $0, as: UTF8.self)) }
    if let column {
      let places = names.indices.filter { names[$0] == column }
      guard let place = places.first else {
        return .failure(ValueError("none of the \(names.count) columns is \(quoted(column))"))
      }
      return places.count == 1
        ? .success(place) : .failure(ValueError("two columns are \(quoted(column))"))
    }
    if let place = names.firstIndex(of: "prompt") ?? names.firstIndex(of: "text") {
      return .success(place)
    }
    return names.count == 1
      ? .success(0)
      : .failure(ValueError("none of the \(names.count) columns is \"prompt\"; name one: column"))
  }
}

/// Cuts CSV into rows of fields.
private struct CSVReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  /// The line at `position`, from 1.
  private var line = 1
  /// The line at which the row that was given last began.
  private(set) var rowLine = 1

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  private var byte: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  /// The next row that is not blank; nil after the last.
  mutating func next() -> Result<[[UInt8]], ValueError>? {
    while takeLineEnd() {}
    guard byte != nil else { return nil }
    rowLine = line
    var fields: [[UInt8]] = []
    while true {
      switch field() {
      case .failure(let error): return .failure(error)
      case .success(let field): fields.append(field)
      }
      if byte == UInt8(ascii: ",") {
        position += 1
      } else if byte == nil || takeLineEnd() {
        return .success(fields)
      } else {
        return .failure(ValueError("text after a closing quote"))
      }
    }
  }

  private mutating func field() -> Result<[UInt8], ValueError> {
    var field: [UInt8] = []
    guard byte == UInt8(ascii: "\"") else {
      while let byte, byte != UInt8(ascii: ","), !isLineEnd { field.append(take(byte)) }
      return .success(field)
    }
    position += 1
    while let byte {
      if takeLineEnd() {
        field.append(0x0A)
      } else if byte != UInt8(ascii: "\"") {
        field.append(take(byte))
      } else {
        position += 1
        guard self.byte == UInt8(ascii: "\"") else { return .success(field) }
        field.append(take(byte))
      }
    }
    return .failure(ValueError("a quote that never closes"))
  }

  private mutating func take(_ byte: UInt8) -> UInt8 {
    position += 1
    return byte
  }

  private var isLineEnd: Bool {
    guard let byte else { return false }
    if byte == 0x0A { return true }
    return byte == 0x0D && position + 1 < bytes.endIndex && bytes[position + 1] == 0x0A
  }

  /// Goes over LF or CRLF; false where there is none. A CR at the very end counts too.
  private mutating func takeLineEnd() -> Bool {
    guard let byte else { return false }
    if isLineEnd {
      position += byte == 0x0D ? 2 : 1
      line += 1
      return true
    }
    guard byte == 0x0D, position + 1 == bytes.endIndex else { return false }
    position += 1
    return true
  }
}
