extension DisplayComparison {
  /// One object; medians in seconds, a median that does not exist is the string `Infinity`.
  public var json: JSONValue {
    .object(
      key.jsonMembers + [
        JSONMember("latency", .string(latency)),
        JSONMember("candidate_n", .integer(Int64(candidateN))),
        JSONMember("baseline_n", .integer(Int64(baselineN))),
        JSONMember("ks_d", .number(ksD)),
        JSONMember("ks_p", .number(ksP)),
        JSONMember("ad_statistic", .number(adStatistic)),
        JSONMember("ad_p", .number(adP)),
        JSONMember("candidate_median_s", .number(candidateMedian)),
        JSONMember("baseline_median_s", .number(baselineMedian)),
      ])
  }

  /// Reads what `json` writes.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(
      key: try CellKey(fields: &fields), latency: try fields.string("latency"),
      candidateN: try fields.count("candidate_n"), baselineN: try fields.count("baseline_n"),
      ksD: try fields.number("ks_d"), ksP: try fields.number("ks_p"),
      adStatistic: try fields.number("ad_statistic"), adP: try fields.number("ad_p"),
      candidateMedian: try fields.number("candidate_median_s"),
      baselineMedian: try fields.number("baseline_median_s"))
  }
}
