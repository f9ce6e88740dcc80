extension SHA256 {
  /// The 32-byte HMAC-SHA256 of `message` under a key of any length. Source: RFC 2104.
  public static func hmac(
    key: some Sequence<UInt8>, _ message: some Sequence<UInt8>
  ) -> [UInt8] {
    var block = Array(key)
    if block.count > blockBytes { block = digest(block) }
    block += repeatElement(0, count: blockBytes - block.count)
    var inner = SHA256()
    inner.update(block.lazy.map { $0 ^ 0x36 })
    inner.update(message)
    var outer = SHA256()
    outer.update(block.lazy.map { $0 ^ 0x5C })
    outer.update(inner.finalized())
    return outer.finalized()
  }

  private static let blockBytes = 64
}
