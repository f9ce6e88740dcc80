public import Model

extension ResultStore {
  /// A run's requests, sorted by profile and position. O(n log n).
  public func samples(_ runID: String) throws(StoreError) -> [StreamSample] {
    let key = try key(of: runID)
    var samples: [StreamSample] = []
    try driver.query(
      "SELECT \(SampleColumns.names.joined(separator: ", ")) FROM sample WHERE run = $1",
      [.integer(key.rawValue)]
    ) { row throws(StoreError) in
      samples.append(try SampleColumns.sample(row))
    }
    samples.sort { $0.profile == $1.profile ? $0.seq < $1.seq : $0.profile < $1.profile }
    return samples
  }

  func insert(_ samples: [StreamSample], run: RunKey) throws(StoreError) {
    // The pointer spares a copy of each sample, and counting who else holds its texts.
    let inserted = samples.withUnsafeBufferPointer { samples in
      Result { () throws(StoreError) in
        for start in stride(from: 0, to: samples.count, by: ResultStore.rowsPerStatement) {
          let end = min(start + ResultStore.rowsPerStatement, samples.count)
          try insert(samples[start..<end], run: run)
        }
      }
    }
    try inserted.get()
  }

  /// Rows of one statement, few enough that the limit of a statement's time allows for them.
  private static let rowsPerStatement = 100_000

  private func insert(
    _ samples: Slice<UnsafeBufferPointer<StreamSample>>, run: RunKey
  ) throws(StoreError) {
    try driver.bulkInsert(
      into: "sample", ["run"] + SampleColumns.names, count: samples.count
    ) { i, row in
      row.big(run.rawValue)
      SampleColumns.write(samples[samples.startIndex + i], to: &row)
    }
  }
}

/// A sample's columns in table `sample`, one order for writing and reading.
enum SampleColumns {
  static let names = [
    "profile", "scenario", "region", "stage", "turn", "warmup", "seq", "intended_ns", "sent_ns",
    "request_sent_ns", "headers_ns", "first_byte_ns", "first_choice_ns", "first_token_ns",
    "first_answer_ns", "last_token_ns", "done_ns", "end_ns", "outcome", "usage_output_tokens",
    "usage_input_tokens", "usage_cached_tokens", "content_events", "burst_events", "body_bytes",
    "gap_p50_ns", "gap_p99_ns", "gap_max_ns", "gap_max_at_ns", "connection_reused",
    "http_status", "transport_code", "evidence_offset", "excerpt", "finish_reason",
    "retry_after_ns", "detail",
  ]

  static func write(_ sample: StreamSample, to row: inout BulkRow) {
    row.small(sample.profile)
    row.small(sample.scenario)
    row.small(sample.region)
    row.small(sample.stage)
    row.small(sample.turn)
    row.flag(sample.isWarmup)
    row.big(sample.seq)
    row.time(sample.intended)
    row.time(sample.sent)
    row.time(sample.requestSent)
    row.time(sample.headers)
    row.time(sample.firstByte)
    row.time(sample.firstChoice)
    row.time(sample.firstToken)
    row.time(sample.firstAnswer)
    row.time(sample.lastToken)
    row.time(sample.done)
    row.time(sample.end)
    row.small(Int(sample.outcome.rawValue))
    row.big(sample.usageOutputTokens)
    row.big(sample.usageInputTokens)
    row.big(sample.usageCachedTokens)
    row.big(sample.contentEvents)
    row.big(sample.burstEvents)
    row.big(sample.bodyBytes)
    row.time(sample.gapMedian)
    row.time(sample.gapP99)
    row.time(sample.gapMax)
    row.time(sample.gapMaxAt)
    row.flag(sample.connectionReused)
    row.small(sample.httpStatus)
    row.big(sample.evidence?.transportCode)
    row.big(sample.evidence?.offset)
    row.text(sample.evidence?.excerpt)
    row.text(sample.evidence?.finishReason)
    row.time(sample.evidence?.retryAfter)
    row.text(sample.evidence?.detail)
  }

  static func sample(_ row: Row) throws(StoreError) -> StreamSample {
    guard let outcome = Outcome(rawValue: Int16(truncatingIfNeeded: try row.integer(18))) else {
      throw row.damaged(18, "is no outcome")
    }
    var sample = StreamSample(
      profile: Int(try row.integer(0)), scenario: Int(try row.integer(1)),
      region: try count(row, 2), stage: Int(try row.integer(3)), turn: Int(try row.integer(4)),
      isWarmup: try row.integer(5) == 1, seq: Int(try row.integer(6)),
      intended: Nanos(try row.integer(7)), outcome: outcome)
    sample.sent = try time(row, 8)
    sample.requestSent = try time(row, 9)
    sample.headers = try time(row, 10)
    sample.firstByte = try time(row, 11)
    sample.firstChoice = try time(row, 12)
    sample.firstToken = try time(row, 13)
    sample.firstAnswer = try time(row, 14)
    sample.lastToken = try time(row, 15)
    sample.done = try time(row, 16)
    sample.end = try time(row, 17)
    sample.usageOutputTokens = try count(row, 19)
    sample.usageInputTokens = try count(row, 20)
    sample.usageCachedTokens = try count(row, 21)
    sample.contentEvents = Int(try row.integer(22))
    sample.burstEvents = Int(try row.integer(23))
    sample.bodyBytes = Int(try row.integer(24))
    sample.gapMedian = try time(row, 25)
    sample.gapP99 = try time(row, 26)
    sample.gapMax = try time(row, 27)
    sample.gapMaxAt = try time(row, 28)
    sample.connectionReused = try row.integer(29) == 1
    sample.httpStatus = try count(row, 30)
    if let offset = try count(row, 32) {
      sample.evidence = Evidence(
        transportCode: try count(row, 31), offset: offset, excerpt: try row.text(33),
        finishReason: row.textOrNil(34), retryAfter: try time(row, 35), detail: try row.text(36))
    }
    return sample
  }

  private static func time(_ row: Row, _ column: Int) throws(StoreError) -> Nanos? {
    try row.integerOrNil(column).map { Nanos($0) }
  }

  private static func count(_ row: Row, _ column: Int) throws(StoreError) -> Int? {
    try row.integerOrNil(column).map { Int($0) }
  }
}
