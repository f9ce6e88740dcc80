// Curl: owners of libcurl's handles and typed options.
//
// It holds non-copyable owners of easy handles, multi handles and lists, which free what they own,
// and gives libcurl's codes a meaning. No handle of libcurl leaves it as a pointer. It has no
// loop, no clock and no opinion on a response.

import CCurl

/// The library itself.
public enum CurlLibrary {
  private static let initialCode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  /// Makes libcurl ready, once a process; safe to call from any thread, any number of times.
  public static func prepare() throws(CurlError) {
    guard initialCode == CURLE_OK else {
      throw .option("curl_global_init", TransportCode(initialCode))
    }
  }
}

/// What libcurl refused.
public enum CurlError: Error, Equatable {
  /// A handle or list could not be made: out of memory.
  case noMemory
  /// An option or call was refused, with its name and libcurl's code.
  case option(String, TransportCode)
  /// A call on a multi handle was refused, with its name and libcurl's code.
  case multi(String, Int)
}
