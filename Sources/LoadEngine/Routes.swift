import Plan

/// Where connections of plain HTTP go: the addresses of all endpoints, one after the other.
struct Routes {
  /// By route.
  let addresses: [Address]
  /// The request that opens a connection before load, by route; empty for an endpoint that no
  /// scenario goes to.
  let openingRequests: [[UInt8]]
  /// The first route of each endpoint, and behind the last one's the number of routes.
  private let starts: [Int]

  init(_ endpoints: Endpoints, _ setups: borrowing Slab<ScenarioSetup>) {
    var addresses: [Address] = []
    var requests: [[UInt8]] = []
    var starts = [0]
    for (index, endpoint) in endpoints.all.enumerated() {
      var request: [UInt8] = []
      for scenario in 0..<setups.count where setups.start[scenario].endpoint == index {
        request = setups.start[scenario].head.opening
        break
      }
      addresses += endpoint.addresses
      requests += Array(repeating: request, count: endpoint.addresses.count)
      starts.append(addresses.count)
    }
    self.addresses = addresses
    openingRequests = requests
    self.starts = starts
  }

  var count: Int { addresses.count }

  /// The route to an endpoint that a number falls on: its addresses go round.
  func route(to endpoint: Int, number: Int) -> Int {
    starts[endpoint] + number % (starts[endpoint + 1] - starts[endpoint])
  }
}

/// The header of a scenario's requests on a connection of the engine's own.
struct RequestHead {
  private let bytes: [UInt8]
  /// The request that opens a connection: OPTIONS has no effect on a service by its definition
  /// (RFC 9110, 9.3.7), and one that serves a connection at a time is not held up by an idle one.
  let opening: [UInt8]

  /// The head of requests to a path of an authority; `lines` are as libcurl wants them.
  init(authority: URLAuthority, path: String, lines: [String]) {
    // `Name: value`, or libcurl's `Name;` for none.
    func isNamed(_ name: String) -> Bool {
      lines.contains { line in
        let line = line.lowercased()
        return line.hasPrefix(name + ":") || line.hasPrefix(name + ";")
      }
    }
    var own: [String] = []
    if !isNamed("host") {
      let port = authority.port == (authority.isTLS ? 443 : 80) ? "" : ":\(authority.port)"
      own.append("Host: \(authority.bracketedHost)\(port)")
    }
    if !isNamed("accept") { own.append("Accept: */*") }
    let rest = " \(path.isEmpty ? "/" : path) HTTP/1.1\r\n" + RequestHead.text(own + lines)
    bytes = Array(("POST" + rest).utf8)
    opening = Array(("OPTIONS" + rest + "\r\n").utf8)
  }

  /// Adds the header of a request with lines of its own and a body of so many bytes.
  func write(_ own: [String], bodyCount: Int, to request: inout [UInt8]) {
    request.append(contentsOf: bytes)
    request.append(contentsOf: RequestHead.text(own).utf8)
    request.append(contentsOf: "Content-Length: \(bodyCount)\r\n\r\n".utf8)
  }

  /// Lines as they go out: libcurl's `Name;` is a header without a value, and its `Name:` takes one
  /// away that nobody adds here.
  private static func text(_ lines: [String]) -> String {
    lines.reduce(into: "") { text, line in
      if line.hasSuffix(";"), !line.contains(":") {
        text += line.dropLast() + ":\r\n"
      } else if line.firstIndex(of: ":") != line.indices.last {
        text += line + "\r\n"
      }
    }
  }
}
