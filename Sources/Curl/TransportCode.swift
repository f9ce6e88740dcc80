import CCurl

/// libcurl's code for how a transfer ended.
///
/// A code names no cause by itself: 56 is a reset, a bad chunk and an oversized header alike.
/// `kind` therefore also asks for the operating system's error.
public struct TransportCode: Sendable, Hashable {
  /// The number, as in curl/curl.h.
  public let rawValue: Int

  /// A code by its number.
  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  init(_ code: CURLcode) {
    rawValue = Int(code.rawValue)
  }

  /// The transfer ended as it should.
  public static let ok = TransportCode(rawValue: 0)

  /// It took longer than it may, wherever it was.
  public static let timedOut = TransportCode(CURLE_OPERATION_TIMEDOUT)

  /// There is no connection.
  public static let notConnected = TransportCode(CURLE_COULDNT_CONNECT)
  /// The peer had closed before the request was sent.
  public static let notSent = TransportCode(rawValue: 55)
  /// The connection failed while the response was read, or its framing made no sense.
  public static let receive = TransportCode(CURLE_RECV_ERROR)
  /// The connection ended inside the response.
  public static let partial = TransportCode(CURLE_PARTIAL_FILE)
  /// The peer speaks something else than the HTTP that was asked for.
  public static let unsupportedProtocol = TransportCode(CURLE_UNSUPPORTED_PROTOCOL)
  /// A header line is beyond the limit: libcurl has no memory for it.
  public static let outOfMemory = TransportCode(CURLE_OUT_OF_MEMORY)
  /// We wanted no more of the response.
  public static let stoppedByUs = TransportCode(CURLE_WRITE_ERROR)
  /// The peer's certificate is not one that is trusted for its name.
  public static let untrusted = TransportCode(CURLE_PEER_FAILED_VERIFICATION)
  /// The connection ended before a response.
  public static let gotNothing = TransportCode(CURLE_GOT_NOTHING)
  /// The response is none that can be understood.
  public static let weirdReply = TransportCode(CURLE_WEIRD_SERVER_REPLY)
  /// The body is not coded as the header says.
  public static let badContentEncoding = TransportCode(CURLE_BAD_CONTENT_ENCODING)

  /// True for the transfer that ended as it should.
  public var isOK: Bool { rawValue == 0 }

  /// libcurl's sentence on the code.
  public var text: String {
    String(cString: curl_easy_strerror(CURLcode(UInt32(truncatingIfNeeded: rawValue))))
  }

  /// What the code says happened. `systemError` is the transfer's last errno, 0 for none: it tells
  /// a reset from a peer that writes nonsense, except under TLS, where a cut has no errno.
  public func kind(systemError: Int, isTLS: Bool) -> TransportKind {
    switch CURLcode(UInt32(truncatingIfNeeded: rawValue)) {
    case CURLE_OK: .ok
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .dns
    case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED, CURLE_OPERATION_TIMEDOUT: .connect
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ENGINE_NOTFOUND,
      CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
      .tls
    case CURLE_RECV_ERROR: systemError == 0 && !isTLS ? .badHTTP : .ended
    case CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SSL_SHUTDOWN_FAILED:
      .ended
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
      CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_HTTP3, CURLE_CHUNK_FAILED, CURLE_RANGE_ERROR:
      .badHTTP
    // One header line beyond libcurl's own limit ends as "out of memory".
    case CURLE_OUT_OF_MEMORY, CURLE_FILESIZE_EXCEEDED: .tooLarge
    case CURLE_WRITE_ERROR, CURLE_ABORTED_BY_CALLBACK: .stoppedByUs
    default: .ended
    }
  }
}

/// What a transport code says happened.
public enum TransportKind: Sendable, Equatable {
  /// Ended as it should.
  case ok
  /// The name could not be resolved.
  case dns
  /// No connection.
  case connect
  /// No agreement on TLS, or a certificate that is not trusted.
  case tls
  /// The connection ended inside the exchange.
  case ended
  /// The peer's HTTP made no sense.
  case badHTTP
  /// Beyond a limit on size.
  case tooLarge
  /// One of our callbacks stopped it.
  case stoppedByUs
}
