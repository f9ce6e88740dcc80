import Plan
import Testing

@Suite("Secrets that are not there")
struct MissingSecretTests {
  private static let plan = """
    {"version": 1, "project": "p", "rate": 5, "profiles": ["sustained"],
     "store": "postgres://gate:${DB_PASSWORD}@db/gate",
     "target": {"url": "https://${HOST}", "headers": {"Authorization": "Bearer ${TOKEN}"},
       "login": {"path": "/login", "accounts": [{"email": "${USER_1}", "password": "${PASS_1}"}]},
       "body": {"key": "${TOKEN}"}, "tls": {"cert": "c.pem", "key": "k.pem",
       "keyPassword": "${KEY}"}},
     "scenarios": {"a": {"prompts": ["x"], "headers": {"X-Tenant": "${TENANT}"}}}}
    """
  private static let all = ["HOST", "TOKEN", "USER_1", "PASS_1", "KEY", "TENANT"]

  private func resolve(
    _ environment: [String: String], _ secrets: SecretRule
  ) throws -> PlanResolution {
    try PlanResolver.resolve(
      try tree(Self.plan), environment: environment, secrets: secrets)
  }

  @Test("Each is a problem where it is required, whether it is unset or empty")
  func required() throws {
    let error = #expect(throws: PlanProblems.self) { try resolve(["HOST": ""], .required) }
    let kinds = Set(
      (error?.problems ?? []).compactMap { problem -> String? in
        if case .unsetVariable(let name) = problem.kind { name } else { nil }
      })
    #expect(kinds == Set(Self.all + ["DB_PASSWORD"]))
  }

  @Test("Where they may be missing they are named once each, the store's apart")
  func missing() throws {
    let found = try resolve(["HOST": ""], .mayBeMissing)
    #expect(Set(found.missingCredentials) == Set(Self.all))
    #expect(found.missingCredentials.count == Self.all.count)
    #expect(found.missingOfStore == ["DB_PASSWORD"])
    #expect(found.plan.secrets == [])
    let value = found.values.first { $0.path == "target.url" }
    #expect(value?.text == "https://${HOST}")
    var environment = Dictionary(uniqueKeysWithValues: Self.all.map { ($0, "value") })
    let ofStore = try resolve(environment, .mayBeMissing)
    #expect(ofStore.missingCredentials == [] && ofStore.missingOfStore == ["DB_PASSWORD"])
    environment["DB_PASSWORD"] = "value"
    #expect(try resolve(environment, .mayBeMissing) == resolve(environment, .required))
  }

  @Test("The environment is that of the whole plan, and a variable that is no secret is required")
  func plain() throws {
    let whole = Dictionary(
      uniqueKeysWithValues: (Self.all + ["DB_PASSWORD"]).map { ($0, "value") })
    let keys = try [[:], whole].map {
      try resolve($0, .mayBeMissing).plan.environmentKey(cpuModel: "cpu")
    }
    #expect(keys[0] == keys[1])
    let text = Self.plan.replacing("\"p\"", with: "\"${PROJECT}\"")
    #expect(throws: PlanProblems.self) {
      try PlanResolver.resolve(try tree(text), secrets: .mayBeMissing)
    }
  }
}
