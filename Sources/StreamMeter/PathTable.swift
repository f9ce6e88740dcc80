import Glibc

/// What a dialect's table knows of an event by its name.
struct EventKind: Sendable, Equatable {
  /// What its coming means.
  var meaning: EventMeaning
  /// Where the walk over its data begins.
  var root: UInt16

  /// An event without a name, or with one that means nothing.
  static let unnamed = EventKind(meaning: .unknown, root: PathTable.root)
}

/// A dialect's paths and names, compiled once into a small trie of object members.
///
/// Shared by all meters of a dialect. Node 0 is where everything unknown lies: nothing below it
/// means anything. Node 1 is the root of events without a name; a named one may have its own.
final class PathTable: Sendable {
  /// A place in an event.
  struct Node: Sendable {
    var meaningsStart: UInt16 = 0
    var meaningsCount: UInt16 = 0
    var edgesStart: UInt16 = 0
    var edgesCount: UInt16 = 0
    /// The node of an array's elements, 0 for none.
    var element: UInt16 = 0
    var indicesStart: UInt16 = 0
    var indicesCount: UInt16 = 0
  }

  /// What a value at a place means, and the text that it must have for that.
  struct Meaning: Sendable {
    var meaning: PathMeaning
    var hasLiteral: Bool
    var literalStart: UInt16
    var literalCount: UInt16
  }

  /// A member's name and where it leads.
  struct Edge: Sendable {
    /// The name's first eight bytes, as `PathTable.word` makes them: most names are told by it.
    var nameWord: UInt64
    var nameStart: UInt16
    var nameCount: UInt16
    var target: UInt16
  }

  /// An index of an array and where it leads.
  struct Index: Sendable {
    var index: Int
    var target: UInt16
  }

  /// What is known of an event's name.
  struct NameEntry: Sendable {
    var start: UInt16
    var count: UInt16
    var kind: EventKind
  }

  static let unknown: UInt16 = 0
  static let root: UInt16 = 1

  /// What the table was compiled from, for explanations.
  let rules: [PathRule]
  /// The same of events with names.
  let events: [String: EventRule]

  private let nodes: [Node]
  private let edges: [Edge]
  private let meanings: [Meaning]
  private let indices: [Index]
  private let names: [NameEntry]
  private let text: [UInt8]

  /// The first eight bytes of a name as a number, zeros after a shorter one.
  static func word(_ name: some Sequence<UInt8>) -> UInt64 {
    var word: UInt64 = 0
    var shift: UInt64 = 0
    for byte in name.prefix(8) {
      word |= UInt64(byte) << shift
      shift += 8
    }
    return word
  }

  /// Compiles a table.
  init(_ rules: [PathRule], events: [String: EventRule] = [:]) {
    self.rules = rules
    self.events = events
    var builder = PathTableBuilder()
    for rule in rules { builder.add(rule, root: PathTable.root) }
    let names = events.sorted { $0.key < $1.key }.map { name, event in
      var kind = EventKind(meaning: event.meaning, root: PathTable.root)
      if let paths = event.paths {
        kind.root = builder.addRoot()
        for rule in paths { builder.add(rule, root: kind.root) }
      }
      return NameEntry(
        start: UInt16(builder.append(name)), count: UInt16(name.utf8.count), kind: kind)
    }
    var nodes: [Node] = []
    var edges: [Edge] = []
    var meanings: [Meaning] = []
    var indices: [Index] = []
    for place in builder.places {
      var node = place.node
      node.edgesStart = UInt16(edges.count)
      node.edgesCount = UInt16(place.edges.count)
      edges += place.edges
      node.meaningsStart = UInt16(meanings.count)
      node.meaningsCount = UInt16(place.meanings.count)
      meanings += place.meanings
      node.indicesStart = UInt16(indices.count)
      node.indicesCount = UInt16(place.indices.count)
      indices += place.indices
      nodes.append(node)
    }
    self.nodes = nodes
    self.edges = edges
    self.meanings = meanings
    self.indices = indices
    self.names = names
    text = builder.text
  }

  /// The table as plain memory, for the length of one read.
  func withView<Result>(_ body: (View) -> Result) -> Result {
    nodes.withUnsafeBufferPointer { nodes in
      edges.withUnsafeBufferPointer { edges in
        meanings.withUnsafeBufferPointer { meanings in
          indices.withUnsafeBufferPointer { indices in
            text.withUnsafeBufferPointer { text in
              names.withUnsafeBufferPointer { names in
                body(
                  View(
                    nodes: nodes, edges: edges, meanings: meanings, indices: indices, text: text,
                    names: names))
              }
            }
          }
        }
      }
    }
  }
}

extension PathTable {
  /// The table as plain memory; indices are right by construction.
  struct View {
    let nodes: UnsafeBufferPointer<Node>
    fileprivate let edges: UnsafeBufferPointer<Edge>
    let meanings: UnsafeBufferPointer<Meaning>
    fileprivate let indices: UnsafeBufferPointer<Index>
    fileprivate let text: UnsafeBufferPointer<UInt8>
    fileprivate let names: UnsafeBufferPointer<NameEntry>

    /// Where a member of that name leads, `unknown` if nowhere; `word` is the name's. O(members
    /// known).
    @inline(__always)
    func member(_ node: UInt16, _ name: UnsafeRawBufferPointer, word: UInt64) -> UInt16 {
      let place = nodes[Int(node)]
      var i = Int(place.edgesStart)
      let end = i + Int(place.edgesCount)
      while i < end {
        let edge = edges[i]
        if edge.nameWord == word && Int(edge.nameCount) == name.count
          && (name.count <= 8 || equal(name, Int(edge.nameStart), Int(edge.nameCount)))
        {
          return edge.target
        }
        i += 1
      }
      return PathTable.unknown
    }

    /// Where the element at an index leads, `unknown` if nowhere. O(indices known).
    func element(_ node: UInt16, at index: Int) -> UInt16 {
      let place = nodes[Int(node)]
      for i in Int(place.indicesStart)..<Int(place.indicesStart + place.indicesCount)
      where indices[i].index == index {
        return indices[i].target
      }
      return place.element
    }

    /// True if the meaning asks for no literal, or for this one.
    @inline(__always)
    func holds(_ meaning: Meaning, of value: UnsafeRawBufferPointer) -> Bool {
      !meaning.hasLiteral
        || equal(value, Int(meaning.literalStart), Int(meaning.literalCount))
    }

    /// What is known of an event's name.
    func kind(_ name: UnsafeRawBufferPointer) -> EventKind {
      for entry in names where equal(name, Int(entry.start), Int(entry.count)) {
        return entry.kind
      }
      return .unnamed
    }

    @inline(__always)
    private func equal(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Bool {
      guard bytes.count == count, let base = bytes.baseAddress, let own = text.baseAddress
      else { return bytes.count == count }
      return memcmp(base, own + start, count) == 0
    }
  }
}

/// A table under construction.
private struct PathTableBuilder {
  struct Place {
    var node = PathTable.Node()
    var meanings: [PathTable.Meaning] = []
    var edges: [PathTable.Edge] = []
    var indices: [PathTable.Index] = []
  }

  private(set) var places = [Place(), Place()]
  private(set) var text: [UInt8] = []

  mutating func addRoot() -> UInt16 {
    places.append(Place())
    return UInt16(places.count - 1)
  }

  mutating func add(_ rule: PathRule, root: UInt16) {
    var place = Int(root)
    for step in rule.steps {
      switch step {
      case .member(let name): place = member(place, name)
      case .element: place = element(place)
      case .index(let index): place = self.index(place, index)
      }
    }
    places[place].meanings.append(
      PathTable.Meaning(
        meaning: rule.meaning, hasLiteral: rule.literal != nil,
        literalStart: UInt16(rule.literal.map { append($0) } ?? 0),
        literalCount: UInt16(rule.literal?.utf8.count ?? 0)))
  }

  mutating func append(_ name: some StringProtocol) -> Int {
    let start = text.count
    text += Array(name.utf8)
    return start
  }

  private mutating func member(_ place: Int, _ name: String) -> Int {
    let known = places[place].edges.first { edge in
      let start = Int(edge.nameStart)
      return text[start..<start + Int(edge.nameCount)].elementsEqual(name.utf8)
    }
    if let known { return Int(known.target) }
    let edge = PathTable.Edge(
      nameWord: PathTable.word(name.utf8), nameStart: UInt16(append(name)),
      nameCount: UInt16(name.utf8.count),
      target: UInt16(places.count))
    places.append(Place())
    places[place].edges.append(edge)
    return Int(edge.target)
  }

  private mutating func element(_ place: Int) -> Int {
    if places[place].node.element == PathTable.unknown {
      places[place].node.element = UInt16(places.count)
      places.append(Place())
    }
    return Int(places[place].node.element)
  }

  private mutating func index(_ place: Int, _ index: Int) -> Int {
    if let known = places[place].indices.first(where: { $0.index == index }) {
      return Int(known.target)
    }
    places[place].indices.append(PathTable.Index(index: index, target: UInt16(places.count)))
    places.append(Place())
    return places.count - 1
  }
}
