import Glibc

/// A field's name; an empty one begins a comment.
enum FieldName: Equatable {
  case comment
  case data
  case event
  case ignored
  case unknown

  init(_ name: UnsafeRawBufferPointer) {
    if name.isEmpty {
      self = .comment
    } else if FieldName.equal(name, "data") {
      self = .data
    } else if FieldName.equal(name, "event") {
      self = .event
    } else if FieldName.equal(name, "id") || FieldName.equal(name, "retry") {
      self = .ignored
    } else {
      self = .unknown
    }
  }

  /// True if a line that goes on after these bytes can begin with a known name.
  static func isStartOfOne(_ bytes: UnsafeRawBufferPointer) -> Bool {
    isPrefix(bytes, "data") || isPrefix(bytes, "event") || isPrefix(bytes, "id")
      || isPrefix(bytes, "retry") || isPrefix(bytes, "\u{FEFF}data")
  }

  private static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && isPrefix(bytes, text)
  }

  private static func isPrefix(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard bytes.count <= text.utf8CodeUnitCount else { return false }
    guard let base = bytes.baseAddress else { return true }
    return memcmp(base, text.utf8Start, bytes.count) == 0
  }
}
