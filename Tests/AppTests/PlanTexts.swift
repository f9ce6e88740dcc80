import App
import Plan

/// The least plan that resolves, for tests to change a line of.
let leastPlan = """
  version: 1
  project: p
  target: { url: "http://127.0.0.1:8080" }
  scenarios: { short: { prompts: ["a"] } }
  rate: 5
  stressUsers: 4

  """

/// The resolution of a text.
func resolve(
  _ text: String, set: [String] = [], environment: [String: String] = [:],
  files: [String: String] = [:]
) throws -> PlanResolution {
  try PlanResolver.resolve(
    try PlanFile.parse(Array(text.utf8)),
    overrides: set.compactMap { PlanOverride(setting: $0) }, environment: environment,
    promptFile: { name in
      files[name].map { .success(Array($0.utf8)) } ?? .failure(.unreadable("no such file"))
    })
}

/// One line a problem: `3 target.url: what; remedy`; empty where the text resolves.
func problems(
  _ text: String, set: [String] = [], environment: [String: String] = [:],
  files: [String: String] = [:]
) -> [String] {
  do {
    _ = try resolve(text, set: set, environment: environment, files: files)
    return []
  } catch let error as PlanProblems {
    return error.problems.map { $0.text(file: "f") }
  } catch PlanFileError.invalid(let error) {
    return error.problems.map { $0.text(file: "f") }
  } catch {
    return ["\(error)"]
  }
}

/// A plan with every key that this version has.
let fullPlan = """
  version: 1
  project: my-gateway
  target:
    url: http://127.0.0.1:8080
    path: /v1/chat/completions
    dialect: openai-chat
    model: llama-3.1-8b
    headers: { Authorization: "Bearer ${API_TOKEN}" }
    timeouts: { connect: 5s, firstToken: 30s, stall: 10s, total: 120s }
    tls: { ca: certs/ca.pem, cert: certs/me.pem, key: certs/me.key, keyPassword: "${KEY_PASS}" }
    ready: { path: /health, within: 5m }
    identity: { path: /version, json: build.commit, equals: "${GIT_SHA}" }
    connections: idle 75s
    login:
      path: /token
      url: https://id.example
      form: form
      headers: { X-Client: streamgate }
      accounts:
        - { email: "${QA1}", password: "${QA1_PASS}", headers: { X-Tenant: acme } }
        - { email: b@example.com, password: "${QA1_PASS}" }
      body: { grant_type: password, client_secret: "${CLIENT}" }
      token: $.data['access token']
      expiresIn: data.life[0]
      header: X-Token
      prefix: "Token "
      refresh: { path: /renew, token: data.refresh, member: token, body: { grant_type: renew } }
      users: 50
      timeout: 5s
    endMarker: required
    body: { top_p: 1.0, user: "1.0" }
  scenarios:
    short:
      weight: 3
      prompts: ["Define vector embeddings.", "What is prompt injection?"]
      maxTokens: 120
    long:
      weight: 1
      prompts: { file: prompts/long.jsonl }
      maxTokens: 500
      body: { temperature: 0.4, top_p: null, metadata: { tenant_id: acme } }
      headers: { authorization: "Bearer ${API_TOKEN}", X-Tenant: acme }
      timeouts: { total: 2m }
      path: /v2/chat?x=1
      model: big
      endMarker: optional
    support:
      system: |
        You are a support assistant.
        Be brief.
      prompts:
        - >-
          My invoice
          is wrong.
  promptCache: bust
  rate: 5
  stressUsers: 40
  profiles: [ramp-up, sustained, stress]
  size: standard
  samples: 200
  seed: 1
  abort: { error: 50%, over: 10s }
  objectives:
    - ttft.p95 < 1.5s
    - "stress/short:  ttft.p99.9<=4000ms"
    - error < 0.5%
    - truncated == 0
    - login.p95 < 800ms
  limits: { requests: 20000, outputTokens: 5M, cost: 20, inFlight: 2000 }
  prices: { input: 0.15, output: 0.60 }
  gate:
    branch: main
    environment: "${RUNNER_CLASS}"
    baselineRuns: 10
    historyRuns: 60
    maxLooks: 3
    inconclusive: warn
    onNewEnvironment: warn
    baselineTarget: null
    exclusive: false
    effects: { ttft_p50: 4% }
  store: postgres://gate@db.example/streamgate
  recorder: full
  reports: { junit: out/junit.xml, markdown: out/s.md, json: out/r.json, html: out/r.html }

  """

/// The variables of `fullPlan`.
let fullEnvironment = [
  "API_TOKEN": "t0ken", "RUNNER_CLASS": "ci-4core", "KEY_PASS": "k3y", "GIT_SHA": "abc123f",
  "QA1": "a@example.com", "QA1_PASS": "p4ss", "CLIENT": "cl1ent",
]

/// The files of `fullPlan`.
let fullFiles = ["prompts/long.jsonl": "\"one\"\n\n{\"prompt\": \"two\\nlines\"}\n"]
