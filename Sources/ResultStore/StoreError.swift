/// Why a store could not do what it was asked. `store` is the location without a password,
/// `reason` the database's own words.
public enum StoreError: Error, Sendable, Equatable {
  /// No connection, or it was lost.
  case unreachable(store: String, reason: String)
  /// The database wants other credentials.
  case refused(store: String, reason: String)
  /// The file or its folder cannot be written or made, or the disk is full.
  case notWritable(store: String, reason: String)
  /// Nothing is there to be read: no file, or a database without streamgate's tables.
  case missing(store: String)
  /// The tables are of a later streamgate: `version` or later can read them.
  case schemaTooNew(store: String, found: Int, known: Int, version: String)
  /// The tables are of an earlier streamgate: `store migrate` brings them up.
  case schemaTooOld(store: String, found: Int, known: Int)
  /// Another client held a lock for too long.
  case busy(store: String, reason: String)
  /// A statement failed.
  case failed(store: String, reason: String)
  /// What is stored is not what streamgate stores.
  case damaged(store: String, reason: String)
  /// No run has that id or an id that begins so.
  case unknownRun(String)
  /// Several runs' ids begin so.
  case ambiguousRun(String, matches: [String])
  /// A run of that id is stored already.
  case runExists(String)
  /// A name or id in a run is longer than the store allows.
  case nameTooLong(field: String, bytes: Int)
}
