import Glibc

/// A dialect's paths and names, compiled once into a small trie of object members.
///
/// Shared by all meters of a dialect. Node 0 is where everything unknown lies: nothing below it
/// means anything.
final class PathTable: Sendable {
  /// A place in an event.
  struct Node: Sendable {
    var meaning = PathMeaning.none
    var edgesStart: UInt16 = 0
    var edgesCount: UInt16 = 0
    /// The node of an array's elements, 0 for none.
    var element: UInt16 = 0
    var literalStart: UInt16 = 0
    var literalCount: UInt16 = 0
  }

  /// A member's name and where it leads.
  struct Edge: Sendable {
    /// The name's first eight bytes, as `PathTable.word` makes them: most names are told by it.
    var nameWord: UInt64
    var nameStart: UInt16
    var nameCount: UInt16
    var target: UInt16
  }

  /// What is known of an event's name.
  struct NameEntry: Sendable {
    var start: UInt16
    var count: UInt16
    var name: EventName
  }

  static let unknown: UInt16 = 0
  static let root: UInt16 = 1

  private let nodes: [Node]
  private let edges: [Edge]
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

  /// Compiles a table. A path's parts are names joined by dots; `[]` after a name is each element.
  init(_ rules: [PathRule], eventNames: [String: EventName] = [:]) {
    var builder = PathTableBuilder()
    for rule in rules { builder.add(rule) }
    let names = eventNames.sorted { $0.key < $1.key }.map { name, meaning in
      NameEntry(
        start: UInt16(builder.append(name)), count: UInt16(name.utf8.count), name: meaning)
    }
    var nodes: [Node] = []
    var edges: [Edge] = []
    for place in builder.places {
      var node = place.node
      node.edgesStart = UInt16(edges.count)
      node.edgesCount = UInt16(place.edges.count)
      edges += place.edges
      nodes.append(node)
    }
    self.nodes = nodes
    self.edges = edges
    self.names = names
    text = builder.text
  }

  /// The table as plain memory, for the length of one read.
  func withView<Result>(_ body: (View) -> Result) -> Result {
    nodes.withUnsafeBufferPointer { nodes in
      edges.withUnsafeBufferPointer { edges in
        text.withUnsafeBufferPointer { text in
          names.withUnsafeBufferPointer { names in
            body(View(nodes: nodes, edges: edges, text: text, names: names))
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

    /// True if the node asks for no literal, or for this one.
    func isLiteral(_ node: Node, _ value: UnsafeRawBufferPointer) -> Bool {
      node.literalCount == 0
        || equal(value, Int(node.literalStart), Int(node.literalCount))
    }

    /// What is known of an event's name.
    func eventName(_ name: UnsafeRawBufferPointer) -> EventName {
      for entry in names where equal(name, Int(entry.start), Int(entry.count)) {
        return entry.name
      }
      return .unknown
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
    var edges: [PathTable.Edge] = []
  }

  private(set) var places = [Place(), Place()]
  private(set) var text: [UInt8] = []

  mutating func add(_ rule: PathRule) {
    var place = Int(PathTable.root)
    for part in rule.path.split(separator: ".") {
      let isElement = part.hasSuffix("[]")
      place = member(place, isElement ? part.dropLast(2) : part)
      if isElement { place = element(place) }
    }
    precondition(places[place].node.meaning == .none, "two meanings at \(rule.path)")
    places[place].node.meaning = rule.meaning
    if let literal = rule.literal {
      precondition(!literal.isEmpty, "an empty literal at \(rule.path)")
      places[place].node.literalStart = UInt16(append(literal))
      places[place].node.literalCount = UInt16(literal.utf8.count)
    }
  }

  mutating func append(_ name: some StringProtocol) -> Int {
    let start = text.count
    text += Array(name.utf8)
    return start
  }

  private mutating func member(_ place: Int, _ name: Substring) -> Int {
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
}
