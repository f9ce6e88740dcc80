import CCurl

/// The cookies of one user; owns libcurl's share handle. Host, path, expiry and `Secure` are
/// libcurl's matter: a cookie goes to no host but its own.
///
/// It must outlive the transfers that it is set for, and is used on one thread.
public struct CookieJar: ~Copyable {
  let pointer: UnsafeMutableRawPointer

  /// An empty jar.
  public init() throws(CurlError) {
    try CurlLibrary.prepare()
    guard let pointer = ccurl_new_jar() else { throw .noMemory }
    self.pointer = pointer
  }

  deinit {
    curl_share_cleanup(pointer)
  }
}
