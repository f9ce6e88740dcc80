import CCurl
import Glibc

/// What a multi handle wants to know of a socket.
public struct SocketInterest: OptionSet, Sendable {
  /// The set's bits.
  public let rawValue: Int32

  /// A set by its bits.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// When it can be read.
  public static let read = SocketInterest(rawValue: 1)
  /// When it can be written.
  public static let write = SocketInterest(rawValue: 2)
}

/// What happened on a socket.
public struct SocketEvents: OptionSet, Sendable {
  /// The set's bits, as libcurl's `CURL_CSELECT_…`.
  public let rawValue: Int32

  /// A set by its bits.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// It can be read.
  public static let readable = SocketEvents(rawValue: CURL_CSELECT_IN)
  /// It can be written.
  public static let writable = SocketEvents(rawValue: CURL_CSELECT_OUT)
  /// It failed, or the peer is gone.
  public static let failed = SocketEvents(rawValue: CURL_CSELECT_ERR)
}

/// Who hears what a multi handle wants: which socket to watch for what (nothing: no more), and in
/// how many milliseconds to call `timeout` (negative: not at all). Called inside other calls.
public struct MultiHooks {
  /// Given to both functions.
  public var context: UnsafeMutableRawPointer
  /// Context, socket, and libcurl's interest; `MultiHandle.interest` reads it.
  public var socket: @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void
  /// Context and milliseconds.
  public var timer: @convention(c) (UnsafeMutableRawPointer?, Int) -> Void

  /// Hooks of these parts.
  public init(
    context: UnsafeMutableRawPointer,
    socket: @escaping @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void,
    timer: @escaping @convention(c) (UnsafeMutableRawPointer?, Int) -> Void
  ) {
    self.context = context
    self.socket = socket
    self.timer = timer
  }
}

/// A transfer that ended: the context given to its functions, and how it ended.
public struct CompletedTransfer {
  /// The context.
  public let context: UnsafeMutableRawPointer
  /// The code.
  public let code: TransportCode
}

/// Many transfers and their shared pool of connections; owns libcurl's multi handle, and makes it
/// with the first transfer: a process that has none needs neither libcurl nor TLS in its memory.
public struct MultiHandle: ~Copyable {
  private var pointer: UnsafeMutableRawPointer?
  private let connectionsMax: Int
  private let hooks: UnsafeMutablePointer<ccurl_multi_hooks>
  private var sockets: UnsafeMutablePointer<ccurl_sockets>?

  /// A handle that keeps up to `connectionsMax` idle connections and tells `hooks` what it needs.
  public init(connectionsMax: Int, hooks: MultiHooks) {
    self.connectionsMax = connectionsMax
    self.hooks = .allocate(capacity: 1)
    self.hooks.initialize(
      to: ccurl_multi_hooks(context: hooks.context, socket: hooks.socket, timer: hooks.timer))
  }

  deinit {
    if let pointer { curl_multi_cleanup(pointer) }
    hooks.deallocate()
    free(sockets)
  }

  private mutating func made() throws(CurlError) -> UnsafeMutableRawPointer {
    if let pointer { return pointer }
    try CurlLibrary.prepare()
    guard let pointer = curl_multi_init() else { throw .noMemory }
    do throws(CurlError) {
      try MultiHandle.check(ccurl_set_multi_hooks(pointer, hooks), "hooks")
      try MultiHandle.check(
        ccurl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, connectionsMax), "MAXCONNECTS")
      try MultiHandle.check(
        ccurl_multi_set_long(pointer, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING)), "PIPELINING")
    } catch {
      curl_multi_cleanup(pointer)
      throw error
    }
    // Pages of zeros that nobody writes to take no memory.
    guard let zeros = calloc(1, MemoryLayout<ccurl_sockets>.size) else {
      curl_multi_cleanup(pointer)
      throw .noMemory
    }
    sockets = zeros.assumingMemoryBound(to: ccurl_sockets.self)
    self.pointer = pointer
    return pointer
  }

  /// Starts a transfer; it goes on in `act` and `timeout`.
  public mutating func add(_ easy: borrowing EasyHandle) throws(CurlError) {
    easy.forgetErrorText()
    let pointer = try made()
    if let sockets { easy.setSockets(sockets) }
    try MultiHandle.check(
      curl_multi_add_handle(pointer, easy.pointer), "curl_multi_add_handle")
  }

  /// Takes a transfer out; one that still runs loses its connection.
  public func remove(_ easy: borrowing EasyHandle) throws(CurlError) {
    try MultiHandle.check(
      curl_multi_remove_handle(pointer, easy.pointer), "curl_multi_remove_handle")
  }

  /// Something happened on a socket.
  public func act(on socket: Int32, _ events: SocketEvents) throws(CurlError) {
    var running: Int32 = 0
    try MultiHandle.check(
      curl_multi_socket_action(pointer, socket, events.rawValue, &running),
      "curl_multi_socket_action")
  }

  /// The time that the timer hook asked for has passed.
  public func timeout() throws(CurlError) {
    var running: Int32 = 0
    try MultiHandle.check(
      curl_multi_socket_action(pointer, CURL_SOCKET_TIMEOUT, 0, &running),
      "curl_multi_socket_action")
  }

  /// The next transfer that ended and was not told of yet.
  public func nextCompleted() -> CompletedTransfer? {
    var context: UnsafeMutableRawPointer?
    var code = CURLE_OK
    guard let pointer, ccurl_multi_next_done(pointer, &context, &code) != 0, let context else {
      return nil
    }
    return CompletedTransfer(context: context, code: TransportCode(code))
  }

  /// What the socket hook's last argument asks for; empty: watch no more.
  public static func interest(_ code: Int32) -> SocketInterest {
    switch code {
    case CURL_POLL_IN: .read
    case CURL_POLL_OUT: .write
    case CURL_POLL_INOUT: [.read, .write]
    default: []
    }
  }

  private static func check(_ code: CURLMcode, _ name: String) throws(CurlError) {
    guard code == CURLM_OK else { throw .multi(name, Int(code.rawValue)) }
  }
}
