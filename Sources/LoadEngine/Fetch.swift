import Curl
public import Model
public import Plan

/// What became of one GET.
public enum FetchOutcome: Sendable, Equatable {
  /// The endpoint answered: the status, and at most `LoadEngine.fetchBytesMax` of the body.
  case answered(status: Int, body: [UInt8])
  /// It did not, in the transport's words.
  case failed(reason: String)
}

extension LoadEngine {
  /// Bytes of a reply to a GET that are read.
  public static let fetchBytesMax = 1 << 20

  /// Asks a target for a path by GET, with the target's headers and TLS; redirects are not
  /// followed. Takes at most `within`. A failure is the outcome; throws only what no endpoint can
  /// be blamed for.
  public static func fetch(
    _ path: String, from target: TargetPlan, within: Nanos
  ) async throws(EngineError) -> FetchOutcome {
    try await onOwnThread(named: "fetch") { () throws(EngineError) -> FetchOutcome in
      try Fetch.get(path, from: target, within: within)
    }
  }
}

/// What a GET collects.
private struct Fetch: ~Copyable {
  var header = HeaderReader()
  var body: [UInt8] = []
  /// A plan's own headers may ask for a content coding.
  private var decoder = ContentDecoder()
  private var isBodyBegun = false
  var isTooLong = false

  static func get(
    _ path: String, from target: TargetPlan, within: Nanos
  ) throws(EngineError) -> FetchOutcome {
    var fetches = Slab<Fetch>(capacity: 1)
    let fetch = fetches.append(Fetch())
    let milliseconds = Int(max(within.rawValue / 1_000_000, 1))
    let connect = Int(max(min(target.timeouts.connect, within).rawValue / 1_000_000, 1))
    return try curl { () throws(CurlError) in
      let easy = try EasyHandle()
      let headers = try CurlList(ScenarioSetup.lines(target.headers))
      try easy.setURL(target.url.value + path)
      try easy.setHeaders(headers)
      try setTLS(target.tls, on: easy)
      try easy.setConnectMillisecondsMax(connect)
      try easy.setMillisecondsMax(milliseconds)
      try easy.setFunctions(
        header: { bytes, size, count, context in
          guard let bytes, let context else { return 0 }
          let fetch = context.assumingMemoryBound(to: Fetch.self)
          let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
          _ = fetch.pointee.header.line(line)
          return fetch.pointee.header.isTooLarge ? 0 : size * count
        },
        body: { bytes, size, count, context in
          guard let bytes, let context else { return 0 }
          let fetch = context.assumingMemoryBound(to: Fetch.self)
          return fetch.pointee.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }, attempt: { _ in 0 }, context: UnsafeMutableRawPointer(fetch))
      let code = easy.perform()
      if fetch.pointee.isTooLong {
        return .failed(reason: "the reply is longer than \(LoadEngine.fetchBytesMax) bytes")
      }
      guard code.isOK else {
        return .failed(reason: easy.errorText.isEmpty ? code.text : easy.errorText)
      }
      return .answered(status: fetch.pointee.header.status, body: fetch.pointee.body)
    }
  }

  private mutating func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    if !isBodyBegun {
      isBodyBegun = true
      decoder.begin(header.codings.refusal == nil ? header.codings.coding : nil)
    }
    guard decoder.isOn else { return append(bytes) ? bytes.count : 0 }
    decoder.take(bytes)
    while true {
      switch decoder.next() {
      case .piece(let piece):
        guard append(piece) else { return 0 }
      case .exhausted: return bytes.count
      case .damaged: return 0
      }
    }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    isTooLong = body.count + bytes.count > LoadEngine.fetchBytesMax
    if !isTooLong { body += bytes }
    return !isTooLong
  }
}
