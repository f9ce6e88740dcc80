import CCurl

/// A list of texts for libcurl, such as headers; options that take it do not copy it, so that it
/// must live as long as the transfers that use it.
public struct CurlList: ~Copyable {
  let pointer: UnsafeMutablePointer<curl_slist>?

  /// A list of these texts, in this order.
  public init(_ texts: [String]) throws(CurlError) {
    var first: UnsafeMutablePointer<curl_slist>?
    for text in texts {
      guard let list = curl_slist_append(first, text) else {
        curl_slist_free_all(first)
        throw .noMemory
      }
      first = list
    }
    pointer = first
  }

  deinit {
    curl_slist_free_all(pointer)
  }
}
