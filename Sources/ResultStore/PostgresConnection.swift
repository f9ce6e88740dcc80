import CPostgres
import Glibc
import Model

/// A connection to PostgreSQL that never waits without end: libpq is asked not to block, and a
/// server that moves no byte for too long is given up.
///
/// The server's own limits end a statement that takes too long; this is for a server that is
/// stopped, or gone behind a network that does not say so.
final class PostgresConnection {
  private let store: String
  private let handle: OpaquePointer
  /// Milliseconds without a byte after which the server is given up.
  private let patience: Int32
  /// True once it was: libpq itself knows nothing of that.
  private var isGivenUp = false

  /// Connects; everything that the text leaves out comes from libpq's environment.
  init(_ text: String, store: String, limits: StoreLimits) throws(StoreError) {
    self.store = store
    // What the server may take for a statement, and what the network may take for a word.
    patience = Int32(clamping: (limits.statement + limits.connect).rawValue / 1_000_000)
    handle = try PostgresConnection.connect(text, store: store, limits: limits)
    PQsetnonblocking(handle, 1)
  }

  deinit {
    PQfinish(handle)
  }

  /// The database's encoding, nil if the server did not say.
  var serverEncoding: String? {
    PQparameterStatus(handle, "server_encoding").map { String(cString: $0) }
  }

  private static func connect(
    _ text: String, store: String, limits: StoreLimits
  ) throws(StoreError) -> OpaquePointer {
    let seconds = max(2, limits.connect.rawValue / 1_000_000_000)
    // What stands before `dbname` is a default that the URL may override; what stands after it
    // is not. The keep-alives find a server that is gone without a word.
    let parameters: KeyValuePairs = [
      "connect_timeout": "\(seconds)", "keepalives_idle": "10", "keepalives_interval": "5",
      "keepalives_count": "3", "tcp_user_timeout": "20000", "dbname": text,
      "fallback_application_name": "streamgate", "client_encoding": "UTF8",
    ]
    let handle = StoreWaits.during(.connection, of: store, atMost: .seconds(seconds)) {
      withCStrings(parameters.map { $0.key }) { keys in
        withCStrings(parameters.map { $0.value }) { values in
          PQconnectdbParams(keys, values, 1)
        }
      }
    }
    guard let handle else { throw .unreachable(store: store, reason: "out of memory") }
    // libpq would print the server's notices to stderr as they come.
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    if PQstatus(handle) == CONNECTION_OK { return handle }
    let reason = message(handle)
    // libpq gives no code for a failed login: its flags say whether a password played a part.
    let isRefused =
      PQconnectionNeedsPassword(handle) == 1
      || (PQconnectionUsedPassword(handle) == 1 && reason.contains("authentication"))
    PQfinish(handle)
    throw isRefused
      ? .refused(store: store, reason: reason) : .unreachable(store: store, reason: reason)
  }

  /// Sends a statement; its results come in binary, with `rowByRow` one a row.
  func send(
    _ sql: String, _ values: [SQLValue], rowByRow: Bool = false
  ) throws(StoreError) {
    let texts = values.map(PostgresConnection.parameter)
    let sent = withCStrings(texts) { pointers in
      PQsendQueryParams(handle, sql, Int32(texts.count), nil, pointers, nil, nil, 1)
    }
    guard sent == 1 else { throw error(nil) }
    if rowByRow { PQsetSingleRowMode(handle) }
  }

  /// Calls `each` with every result of what was sent, good during the call only. After one that
  /// throws the others are read and left.
  func results(
    _ each: (OpaquePointer) throws(StoreError) -> Void
  ) throws(StoreError) {
    var failure: StoreError?
    while let result = try next() {
      defer { PQclear(result) }
      guard failure == nil else { continue }
      do {
        try each(result)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Sends a statement that takes rows from here.
  func beginCopy(_ sql: String) throws(StoreError) {
    guard PQsendQuery(handle, sql) == 1 else { throw error(nil) }
    let result = try next()
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_COPY_IN else {
      let failure = error(result)
      try results { _ in }
      throw failure
    }
  }

  /// Sends rows, and waits until the system has taken them: libpq would keep any number.
  func putCopy(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    guard PQputCopyData(handle, start, Int32(bytes.count)) == 1 else { throw error(nil) }
    while try flush() { try wait(for: POLLIN | POLLOUT) }
  }

  /// Ends the rows; throws what the server found wrong with them.
  func endCopy() throws(StoreError) {
    guard PQputCopyEnd(handle, nil) == 1 else { throw error(nil) }
    try results { result throws(StoreError) in
      guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw error(result) }
    }
  }

  /// The next result, nil after the last.
  private func next() throws(StoreError) -> OpaquePointer? {
    while true {
      let isPending = try flush()
      if !isPending, PQisBusy(handle) == 0 { return PQgetResult(handle) }
      try wait(for: isPending ? POLLIN | POLLOUT : POLLIN)
    }
  }

  /// True if the system did not take all that is to be sent.
  private func flush() throws(StoreError) -> Bool {
    switch PQflush(handle) {
    case 0: return false
    case 1: return true
    default: throw error(nil)
    }
  }

  /// Waits until the socket can be read or written, as asked, and reads what there is.
  private func wait(for events: Int32) throws(StoreError) {
    var socket = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
    let limit = Nanos.milliseconds(Int64(patience))
    let count = StoreWaits.during(.answer, of: store, atMost: limit) {
      poll(&socket, 1, patience)
    }
    if count < 0, errno == EINTR { return }
    guard count != 0 else {
      // Nothing waits any more, on either side.
      isGivenUp = true
      shutdown(PQsocket(handle), Int32(SHUT_RDWR))
      let seconds = Double(patience) / 1_000
      throw .unreachable(store: store, reason: "the server said nothing for \(seconds) s")
    }
    guard PQconsumeInput(handle) == 1 else { throw error(nil) }
  }

  private static func parameter(_ value: SQLValue) -> String? {
    switch value {
    case .null: nil
    case .integer(let number): String(number)
    case .double(let number): number.isNaN ? nil : String(number)
    case .text(let text): text.storable
    }
  }

  /// What libpq and the server say of a failure.
  func error(_ result: OpaquePointer?) -> StoreError {
    let state = result.flatMap { PQresultErrorField($0, Int32(UInt8(ascii: "C"))) }
      .map { String(cString: $0) }
    let reason =
      result.flatMap { PQresultErrorField($0, Int32(UInt8(ascii: "M"))) }
      .map { String(cString: $0) } ?? PostgresConnection.message(handle)
    if isGivenUp || PQstatus(handle) == CONNECTION_BAD {
      return .unreachable(store: store, reason: reason)
    }
    // The server's word that it ends the session can come before the connection is seen to close.
    switch state {
    case "57P01", "57P02", "57P03": return .unreachable(store: store, reason: reason)
    case "25006", "42501", "53100": return .notWritable(store: store, reason: reason)
    case "55P03", "40P01", "57014": return .busy(store: store, reason: reason)
    case "28000", "28P01": return .refused(store: store, reason: reason)
    default: return .failed(store: store, reason: reason)
    }
  }

  private static func message(_ connection: OpaquePointer) -> String {
    let text = String(cString: PQerrorMessage(connection))
    return String(text.reversed().drop { $0.isNewline }.reversed())
  }
}

/// Calls `body` with C strings that live as long as the call, nil for nil, and a nil at the end.
private func withCStrings<Result>(
  _ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Result
) -> Result {
  var bytes: [CChar] = []
  var offsets: [Int?] = []
  for text in texts {
    offsets.append(text.map { _ in bytes.count })
    if let text { bytes.append(contentsOf: text.utf8CString) }
  }
  return bytes.withUnsafeBufferPointer { buffer in
    body(offsets.map { offset in offset.flatMap { buffer.baseAddress?.advanced(by: $0) } } + [nil])
  }
}
