extension Waiver {
  /// One object; what has no bound is left out, times in RFC 3339.
  public var json: JSONValue {
    var members = [JSONMember("id", .string(id))]
    func add(_ name: String, _ text: String?) {
      if let text { members.append(JSONMember(name, .string(text))) }
    }
    add("metric", metric)
    add("profile", profile)
    add("scenario", scenario)
    add("reason", reason)
    add("accepted_by", acceptedBy)
    add("accepted_at", acceptedAt.iso8601Exact)
    add("expires_at", expiresAt?.iso8601Exact)
    return .object(members)
  }

  /// Reads what `json` writes; `id` and `reason` must be there.
  public init(json value: JSONValue) throws(FieldError) {
    var fields = try JSONFields(value)
    self.init(
      id: try fields.string("id"), metric: try fields.optionalString("metric"),
      profile: try fields.optionalString("profile"),
      scenario: try fields.optionalString("scenario"), reason: try fields.string("reason"),
      acceptedBy: try fields.optionalString("accepted_by"),
      acceptedAt: try fields.optionalTime("accepted_at") ?? UnixNanos(0),
      expiresAt: try fields.optionalTime("expires_at"))
  }
}
