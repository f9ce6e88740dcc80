import CCurl

/// The shape of a function that takes header or body bytes: bytes, size, count, context. It returns
/// size x count to go on, less to stop the transfer.
public typealias DataFunction =
  @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

/// The shape of a function that is asked before each request goes out; non-zero forbids it.
public typealias AttemptFunction = @convention(c) (UnsafeMutableRawPointer?) -> Int32

/// How a transfer treats connections.
public enum ConnectionUse: Sendable, Equatable {
  /// Any idle one that fits; kept afterwards. Not one idle for longer than so many seconds.
  case reuse(idleSecondsMax: Int)
  /// A new one; kept afterwards.
  case openAndKeep
  /// A new one; closed afterwards.
  case openAndClose
}

/// One transfer at a time, and its options; owns libcurl's easy handle.
///
/// Strings are copied by libcurl. Lists, the body and the contexts of functions are not: they must
/// live until the transfer has been removed.
public struct EasyHandle: ~Copyable {
  let pointer: UnsafeMutableRawPointer
  private let attemptHook: UnsafeMutablePointer<ccurl_attempt_hook>
  private let errorBuffer: UnsafeMutablePointer<CChar>

  /// A handle with the settings that every transfer here shares: HTTP/1.1 over http and https
  /// only, no signals, no redirects followed, no proxy, no netrc, TCP_NODELAY, HTTP/0.9 refused.
  public init() throws(CurlError) {
    try CurlLibrary.prepare()
    guard let pointer = curl_easy_init() else { throw .noMemory }
    let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    do throws(CurlError) {
      try EasyHandle.applyShared(to: pointer)
      try EasyHandle.check(
        ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorBuffer), "ERRORBUFFER")
    } catch {
      curl_easy_cleanup(pointer)
      errorBuffer.deallocate()
      throw error
    }
    self.errorBuffer = errorBuffer
    self.pointer = pointer
    attemptHook = .allocate(capacity: 1)
    attemptHook.initialize(to: ccurl_attempt_hook())
  }

  deinit {
    curl_easy_cleanup(pointer)
    attemptHook.deallocate()
    errorBuffer.deallocate()
  }

  // MARK: What a transfer is

  /// Where it goes.
  public func setURL(_ url: String) throws(CurlError) {
    try set(CURLOPT_URL, url, "URL")
  }

  /// The request's headers; `Name:` without a value removes one that libcurl would add.
  public func setHeaders(_ headers: borrowing CurlList) throws(CurlError) {
    try EasyHandle.check(ccurl_set_list(pointer, CURLOPT_HTTPHEADER, headers.pointer), "HTTPHEADER")
  }

  /// `host:port:address:port`: goes there instead of where the name leads. Connections are only
  /// shared by transfers with the same.
  public func setConnectTo(_ addresses: borrowing CurlList) throws(CurlError) {
    try EasyHandle.check(
      ccurl_set_list(pointer, CURLOPT_CONNECT_TO, addresses.pointer), "CONNECT_TO")
  }

  /// A POST of a body that is not copied.
  public func setPost(_ body: UnsafeRawBufferPointer) throws(CurlError) {
    try set(CURLOPT_POST, 1, "POST")
    try set(CURLOPT_POSTFIELDSIZE, body.count, "POSTFIELDSIZE")
    // Never nil: libcurl would take a POST without fields from a read function.
    let bytes = UnsafeMutableRawPointer(mutating: body.baseAddress) ?? pointer
    try EasyHandle.check(ccurl_set_pointer(pointer, CURLOPT_POSTFIELDS, bytes), "POSTFIELDS")
  }

  /// A POST of a body that is copied.
  public func setPost(copying body: [UInt8]) throws(CurlError) {
    try set(CURLOPT_POST, 1, "POST")
    try set(CURLOPT_POSTFIELDSIZE, body.count, "POSTFIELDSIZE")
    let code = body.withUnsafeBytes { bytes in
      let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? pointer
      return ccurl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start)
    }
    try EasyHandle.check(code, "COPYPOSTFIELDS")
  }

  /// The request's method, instead of the one that comes with having a body or none.
  public func setMethod(_ method: String) throws(CurlError) {
    try set(CURLOPT_CUSTOMREQUEST, method, "CUSTOMREQUEST")
  }

  /// Goes by the proxy that the environment names, as libcurl does by itself (`https_proxy`,
  /// `no_proxy`): for what is no load.
  public func allowProxy() throws(CurlError) {
    try EasyHandle.check(ccurl_set_string(pointer, CURLOPT_PROXY, nil), "PROXY")
    try EasyHandle.check(ccurl_set_string(pointer, CURLOPT_NOPROXY, nil), "NOPROXY")
  }

  /// An OPTIONS request without a body: it has no effect on the service by its definition
  /// (RFC 9110, 9.3.7). A page in answer is read: left in the connection, it would be taken for the
  /// answer to the next request.
  public func setOptions() throws(CurlError) {
    try set(CURLOPT_HTTPGET, 1, "HTTPGET")
    try set(CURLOPT_CUSTOMREQUEST, "OPTIONS", "CUSTOMREQUEST")
  }

  /// Only connects, TLS included, and sends nothing.
  public func setConnectOnly() throws(CurlError) {
    try set(CURLOPT_CONNECT_ONLY, 1, "CONNECT_ONLY")
  }

  /// A file of certificates to trust instead of the system's.
  public func setCAFile(_ path: String) throws(CurlError) {
    try set(CURLOPT_CAINFO, path, "CAINFO")
  }

  /// The client's certificate and its key, in PEM. `password` decrypts the key; without one an
  /// encrypted key is refused: the library would otherwise ask for it at the terminal.
  public func setClientCertificate(
    _ path: String, keyPath: String?, password: String?
  ) throws(CurlError) {
    try set(CURLOPT_SSLCERT, path, "SSLCERT")
    try set(CURLOPT_SSLKEY, keyPath ?? path, "SSLKEY")
    try set(CURLOPT_KEYPASSWD, password ?? "", "KEYPASSWD")
  }

  /// Takes any certificate of any host.
  public func setUnverified() throws(CurlError) {
    try set(CURLOPT_SSL_VERIFYPEER, 0, "SSL_VERIFYPEER")
    try set(CURLOPT_SSL_VERIFYHOST, 0, "SSL_VERIFYHOST")
  }

  /// Which connections the transfer may use and leave behind.
  public func setConnectionUse(_ use: ConnectionUse) throws(CurlError) {
    var (isFresh, isClosed, idle) = (0, 0, 0)
    switch use {
    case .reuse(let seconds): idle = seconds
    case .openAndKeep: isFresh = 1
    case .openAndClose: (isFresh, isClosed) = (1, 1)
    }
    try set(CURLOPT_FRESH_CONNECT, isFresh, "FRESH_CONNECT")
    try set(CURLOPT_FORBID_REUSE, isClosed, "FORBID_REUSE")
    if idle > 0 { try set(CURLOPT_MAXAGE_CONN, idle, "MAXAGE_CONN") }
  }

  /// Bytes of one read from the socket, at most.
  public func setReadBytesMax(_ bytes: Int) throws(CurlError) {
    try set(CURLOPT_BUFFERSIZE, bytes, "BUFFERSIZE")
  }

  /// Milliseconds to a connection, TLS included; for transfers that are not under a loop.
  public func setConnectMillisecondsMax(_ milliseconds: Int) throws(CurlError) {
    try set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds, "CONNECTTIMEOUT_MS")
  }

  /// Milliseconds to the end; for transfers that are not under a loop.
  public func setMillisecondsMax(_ milliseconds: Int) throws(CurlError) {
    try set(CURLOPT_TIMEOUT_MS, milliseconds, "TIMEOUT_MS")
  }

  // MARK: Who hears of it

  /// The functions that get header lines, body bytes and attempts, and what they are given.
  public func setFunctions(
    header: @escaping DataFunction, body: @escaping DataFunction,
    attempt: @escaping AttemptFunction,
    context: UnsafeMutableRawPointer
  ) throws(CurlError) {
    try EasyHandle.check(
      ccurl_set_data_function(pointer, CURLOPT_HEADERFUNCTION, header), "HEADERFUNCTION")
    try EasyHandle.check(ccurl_set_pointer(pointer, CURLOPT_HEADERDATA, context), "HEADERDATA")
    try EasyHandle.check(
      ccurl_set_data_function(pointer, CURLOPT_WRITEFUNCTION, body), "WRITEFUNCTION")
    try EasyHandle.check(ccurl_set_pointer(pointer, CURLOPT_WRITEDATA, context), "WRITEDATA")
    try EasyHandle.check(ccurl_set_pointer(pointer, CURLOPT_PRIVATE, context), "PRIVATE")
    attemptHook.pointee.function = attempt
    attemptHook.pointee.context = context
    attemptHook.pointee.easy = pointer
    try EasyHandle.check(ccurl_set_attempt_hook(pointer, attemptHook), "PREREQFUNCTION")
  }

  // MARK: Cookies

  /// Keeps cookies from now on; in the jar that is set, else in one of the handle's own.
  public func keepCookies() throws(CurlError) {
    try set(CURLOPT_COOKIEFILE, "", "COOKIEFILE")
  }

  /// Sends the cookies of a jar, and puts into it those that come.
  public func setCookieJar(_ jar: borrowing CookieJar) throws(CurlError) {
    try EasyHandle.check(ccurl_set_share(pointer, jar.pointer), "SHARE")
  }

  /// The values of the cookies that the handle knows, for redaction.
  public var cookieValues: [String] {
    let list = ccurl_cookies(pointer)
    defer { curl_slist_free_all(list) }
    var values: [String] = []
    var next = list
    while let item = next {
      let fields = String(cString: item.pointee.data).split(
        separator: "\t", omittingEmptySubsequences: false)
      if fields.count == 7 { values.append(String(fields[6])) }
      next = item.pointee.next
    }
    return values
  }

  /// Takes the reply's bytes and forgets them; without it they would go to stdout.
  public func discardReply() throws(CurlError) {
    let discard: DataFunction = { _, size, count, _ in size * count }
    try EasyHandle.check(
      ccurl_set_data_function(pointer, CURLOPT_WRITEFUNCTION, discard), "WRITEFUNCTION")
    try EasyHandle.check(
      ccurl_set_data_function(pointer, CURLOPT_HEADERFUNCTION, discard), "HEADERFUNCTION")
  }

  /// Where the sockets of the transfer's multi handle are told from each other.
  func setSockets(_ sockets: UnsafeMutablePointer<ccurl_sockets>) {
    attemptHook.pointee.sockets = sockets
  }

  /// True, once, if the transfer ended before its request was sent: the idle connection for it was
  /// closed, or had something to be read that would have been taken for the answer.
  public func takeStale() -> Bool {
    defer { attemptHook.pointee.is_stale = 0 }
    return attemptHook.pointee.is_stale != 0
  }

  /// What a function for body bytes returns to take none of them yet: they are given again after
  /// `resume`.
  public static let pause = Int(CURL_WRITEFUNC_PAUSE)

  /// Goes on after a pause; gives the bytes again before it returns. A code that is not `ok` says
  /// how the transfer ended: the multi handle does not tell it.
  public func resume() -> TransportCode {
    TransportCode(curl_easy_pause(pointer, CURLPAUSE_CONT))
  }

  // MARK: What became of it

  /// Connections that the last transfer opened; 0 if it ran on one that was there.
  public var connectionsOpened: Int { long(CURLINFO_NUM_CONNECTS) }

  /// The operating system's error of the last transfer, 0 for none.
  public var systemError: Int { long(CURLINFO_OS_ERRNO) }

  /// The status of the last response, 0 before one.
  var responseStatus: Int { long(CURLINFO_RESPONSE_CODE) }

  /// libcurl's own words on what failed in the last transfer, at most 255 bytes; empty for none.
  public var errorText: String { String(cString: errorBuffer) }

  /// Forgets the words on the last transfer, which libcurl may leave standing.
  func forgetErrorText() {
    errorBuffer.pointee = 0
  }

  /// Runs the transfer alone, and blocks until it is over.
  public func perform() -> TransportCode {
    TransportCode(curl_easy_perform(pointer))
  }

  private static func applyShared(to pointer: UnsafeMutableRawPointer) throws(CurlError) {
    let numbers: [(CURLoption, Int, String)] = [
      (CURLOPT_NOSIGNAL, 1, "NOSIGNAL"),
      (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1), "HTTP_VERSION"),
      (CURLOPT_FOLLOWLOCATION, 0, "FOLLOWLOCATION"),
      (CURLOPT_TCP_NODELAY, 1, "TCP_NODELAY"),
      (CURLOPT_HTTP09_ALLOWED, 0, "HTTP09_ALLOWED"),
      (CURLOPT_NOPROGRESS, 1, "NOPROGRESS"),
    ]
    for (option, value, name) in numbers {
      try check(ccurl_set_long(pointer, option, value), name)
    }
    try check(ccurl_set_string(pointer, CURLOPT_PROTOCOLS_STR, "http,https"), "PROTOCOLS_STR")
    try check(ccurl_set_string(pointer, CURLOPT_PROXY, ""), "PROXY")
    try check(ccurl_set_string(pointer, CURLOPT_NOPROXY, "*"), "NOPROXY")
  }

  private func long(_ info: CURLINFO) -> Int {
    var value = 0
    return ccurl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
  }

  private func set(_ option: CURLoption, _ value: Int, _ name: String) throws(CurlError) {
    try EasyHandle.check(ccurl_set_long(pointer, option, value), name)
  }

  private func set(_ option: CURLoption, _ value: String, _ name: String) throws(CurlError) {
    try EasyHandle.check(ccurl_set_string(pointer, option, value), name)
  }

  private static func check(_ code: CURLcode, _ name: String) throws(CurlError) {
    guard code == CURLE_OK else { throw .option(name, TransportCode(code)) }
  }
}
