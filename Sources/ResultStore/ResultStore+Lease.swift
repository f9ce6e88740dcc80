public import Model

/// Who holds a lease.
public struct LeaseHolder: Sendable, Equatable {
  /// Tells one holding from every other, also of the same process.
  public var id: String
  /// The machine's name.
  public var host: String
  /// The process there.
  public var pid: Int
  /// The pipeline's page of the job, nil where there is none.
  public var runURL: String?

  /// A holder.
  public init(id: String, host: String, pid: Int, runURL: String? = nil) {
    self.id = id
    self.host = host
    self.pid = pid
    self.runURL = runURL
  }
}

/// The right to load an endpoint alone, until it expires. Times are the database server's.
public struct Lease: Sendable, Equatable {
  /// The endpoint.
  public var target: String
  /// Who has it.
  public var holder: LeaseHolder
  /// Since when.
  public var takenAt: UnixNanos
  /// Until when, unless it is renewed.
  public var expiresAt: UnixNanos
}

extension ResultStore {
  /// Takes the lease on a target for `term`, or renews the holder's own; nil if that was done, else
  /// the lease that stands in the way.
  ///
  /// One statement asks and takes, in both databases: of two clients that come at one time the
  /// later one finds the row of the earlier. An expired lease is taken over.
  public func takeLease(
    on target: String, for holder: LeaseHolder, term: Nanos
  ) throws(StoreError) -> Lease? {
    let now = driver.dialect.now
    for _ in 0..<ResultStore.leaseTriesMax {
      let taken = try driver.execute(
        "INSERT INTO lease (target, holder, host, pid, run_url, taken_at, expires_at)"
          + " VALUES ($1, $2, $3, $4, $5, \(now), \(now) + CAST($6 AS BIGINT))"
          + " ON CONFLICT (target) DO UPDATE SET holder = excluded.holder, host = excluded.host,"
          + " pid = excluded.pid, run_url = excluded.run_url, taken_at = excluded.taken_at,"
          + " expires_at = excluded.expires_at"
          + " WHERE lease.expires_at <= \(now) OR lease.holder = excluded.holder",
        [
          .text(target), .text(holder.id), .text(holder.host), SQLValue(holder.pid),
          SQLValue(holder.runURL), SQLValue(term),
        ])
      if taken == 1 { return nil }
      // It may have been given back since then.
      if let lease = try lease(on: target) { return lease }
    }
    throw .busy(store: driver.store, reason: "the lease on \(target) changes hands all the time")
  }

  private static let leaseTriesMax = 20

  /// Puts off the expiry of a holder's lease; false if it is no longer its own.
  public func renewLease(
    on target: String, holder id: String, term: Nanos
  ) throws(StoreError) -> Bool {
    let renewed = try driver.execute(
      "UPDATE lease SET expires_at = \(driver.dialect.now) + CAST($3 AS BIGINT)"
        + " WHERE target = $1 AND holder = $2", [.text(target), .text(id), SQLValue(term)])
    return renewed == 1
  }

  /// Gives a holder's lease back; one that is no longer its own stays as it is.
  public func releaseLease(on target: String, holder id: String) throws(StoreError) {
    try driver.execute(
      "DELETE FROM lease WHERE target = $1 AND holder = $2", [.text(target), .text(id)])
  }

  /// The lease on a target, expired or not; nil where nobody took one.
  public func lease(on target: String) throws(StoreError) -> Lease? {
    try leases(" WHERE target = $1", [.text(target)]).first
  }

  /// The leases that are held now, by target.
  public func leases() throws(StoreError) -> [Lease] {
    try leases(" WHERE expires_at > \(driver.dialect.now) ORDER BY target", [])
  }

  private func leases(
    _ condition: String, _ values: [SQLValue]
  ) throws(StoreError) -> [Lease] {
    var found: [Lease] = []
    try driver.query(
      "SELECT target, holder, host, pid, run_url, taken_at, expires_at FROM lease" + condition,
      values
    ) { row throws(StoreError) in
      found.append(
        Lease(
          target: try row.text(0),
          holder: LeaseHolder(
            id: try row.text(1), host: try row.text(2), pid: Int(try row.integer(3)),
            runURL: row.textOrNil(4)),
          takenAt: UnixNanos(try row.integer(5)), expiresAt: UnixNanos(try row.integer(6))))
    }
    return found
  }
}
