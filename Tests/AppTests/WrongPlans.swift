/// A plan that must be refused.
struct WrongPlan {
  var title: String
  var text: String
  var set: [String] = []
  var environment: [String: String] = [:]
  var files: [String: String] = [:]

  /// The least plan with lines added, or with a part replaced.
  init(
    _ title: String, replacing old: String = "", with new: String = "", adding lines: String = "",
    set: [String] = [], environment: [String: String] = [:], files: [String: String] = [:]
  ) {
    self.init(
      title, text: (old.isEmpty ? leastPlan : leastPlan.replacing(old, with: new)) + lines,
      set: set, environment: environment, files: files)
  }

  init(
    _ title: String, text: String, set: [String] = [], environment: [String: String] = [:],
    files: [String: String] = [:]
  ) {
    self.title = title
    self.text = text
    self.set = set
    self.environment = environment
    self.files = files
  }
}

let wrongPlans: [WrongPlan] =
  syntaxPlans + keyPlans + valuePlans + promptPlans + objectivePlans
  + loginPlans

private let syntaxPlans = [
  WrongPlan("empty", text: ""),
  WrongPlan("only a comment", text: "# nothing\n"),
  WrongPlan("a list", text: "- a\n"),
  WrongPlan("a scalar", text: "hello\n"),
  WrongPlan("null", text: "null\n"),
  WrongPlan("a bracket that never closes", adding: "gate: { branch: main\n"),
  WrongPlan("a tab", adding: "gate:\n\tbranch: main\n"),
  WrongPlan("bad indentation", adding: "gate:\n  branch: main\n environment: x\n"),
  WrongPlan("a duplicate key", adding: "rate: 6\nrate: 7\n"),
  WrongPlan(
    "a duplicate key inside", adding: "gate: { branch: a,\n  maxLooks: 2,\n  branch: b }\n"),
  WrongPlan("anchor and alias", adding: "gate: &g { branch: a }\nlimits: *g\n"),
  WrongPlan("an alias of nothing", adding: "gate: *g\n"),
  WrongPlan("a merge key", adding: "gate: { <<: { branch: a } }\n"),
  WrongPlan("a tag", adding: "seed: !!int 5\n"),
  WrongPlan("a key that is a list", adding: "[a, b]: 5\n"),
  WrongPlan("two documents", adding: "---\nrate: 5\n"),
  WrongPlan("a control character", adding: "gate: { branch: \"a\u{7}b\" }\n"),
]

private let keyPlans = [
  WrongPlan(
    "five problems at once",
    text: """
      version: 1
      projet: x
      target: { url: "ftp://h", modell: m }
      scenarios:
        short: { wieght: 0, prompts: ["a"] }
      rate: fast
      stressUsers: 4
      """),
  WrongPlan("an unknown key near nothing", adding: "zzzzzz: 1\n"),
  WrongPlan("keys of later versions", adding: "regions: [eu]\n"),
  WrongPlan(
    "a login, and regions of a target",
    replacing: "8080\" }",
    with: "8080\", login: { path: /l }, regions: [a] }"),
  WrongPlan(
    "a conversation", replacing: "prompts: [\"a\"]",
    with: "prompts: [\"a\"], turns: 4, history: 8, think: 6s..3s, stream: false"),
  WrongPlan("version 2", replacing: "version: 1", with: "version: 2"),
  WrongPlan("no version", replacing: "version: 1\n", with: ""),
  WrongPlan("a prompt cache of no kind", adding: "promptCache: warmer\n"),
  WrongPlan("a recorder of no kind", adding: "recorder: everything\n"),
  WrongPlan("the capacity profile", adding: "profiles: [sustained, capacity]\n"),
  WrongPlan(
    "an unknown dialect", replacing: "8080\" }", with: "8080\", dialect: anthropic }"),
  WrongPlan(
    "a custom dialect without its paths", replacing: "8080\" }",
    with: "8080\", dialect: custom }"),
  WrongPlan(
    "paths of another dialect", replacing: "8080\" }",
    with: "8080\", custom: { content: $.a } }"),
  WrongPlan(
    "paths that are none", replacing: "8080\" }",
    with: "8080\", dialect: custom, path: /x, body: { input: \"{{prompt}}\" },"
      + " custom: { contentType: Text, content: delta.text, reasoning: $.a.., finish: '$.a[*]',"
      + " error: \"$.a['b\", usage: { output: '$[-1]', input: $.a b, cached: '$[1:2]', all: $.u },"
      + " end: { path: '$.a[x]', event: e } } }"),
  WrongPlan(
    "an event's name for lines", replacing: "8080\" }",
    with: "8080\", dialect: custom, path: /x, body: { input: \"{{prompt}}\" },"
      + " custom: { framing: ndjson, content: $.a, end: { event: e } } }"),
  WrongPlan(
    "a body without the prompt", replacing: "8080\" }",
    with: "8080\", dialect: custom, path: /x, custom: { content: $.a, end: x } }"),
  WrongPlan(
    "a body with the prompt twice", replacing: "8080\" }",
    with: "8080\", body: { input: \"{{prompt}}\" } }"),
  WrongPlan(
    "messages in a text", replacing: "8080\" }",
    with: "8080\", body: { messages: \"a {{messages}}\" } }"),
  WrongPlan(
    "text that does not stream", replacing: "8080\" }",
    with: "8080\", dialect: raw-text, stream: false }"),
  WrongPlan(
    "a first token of what does not stream", replacing: "8080\" }",
    with: "8080\", stream: false }", adding: "objectives: [ttft.p95 < 1s, duration.p95 < 9s]\n"),
  WrongPlan(
    "turns without messages",
    text: leastPlan.replacing("8080\" }", with: "8080\", dialect: tgi }")
      .replacing("prompts: [\"a\"]", with: "prompts: [\"a\"], turns: 2")),
  WrongPlan(
    "no stream by the body", replacing: "8080\" }", with: "8080\", body: { stream: false } }"),
  WrongPlan("own messages", replacing: "8080\" }", with: "8080\", body: { messages: [] } }"),
  WrongPlan("an unknown path in --set", set: ["gate.maxLook=2"]),
  WrongPlan("a wrong value in --set", set: ["rate=quick", "scenarios.short.weight=-1"]),
  WrongPlan("a wrong variable", environment: ["STREAMGATE_GATE_MAX_LOOKS": "9"]),
]

private let valuePlans = [
  WrongPlan("no rate", replacing: "rate: 5\n", with: ""),
  WrongPlan("a rate of zero", replacing: "rate: 5", with: "rate: 0"),
  WrongPlan("a rate below zero", replacing: "rate: 5", with: "rate: -5"),
  WrongPlan("a rate that is no number", replacing: "rate: 5", with: "rate: .nan"),
  WrongPlan("a rate without end", replacing: "rate: 5", with: "rate: 1e999"),
  WrongPlan("a list for a rate", replacing: "rate: 5", with: "rate: [5]"),
  WrongPlan("a misspelled arrival pattern", adding: "arrivals: poison\n"),
  WrongPlan("gamma arrivals without a shape", adding: "arrivals: gamma\n"),
  WrongPlan("gamma arrivals with two shapes", adding: "arrivals: gamma 1 2\n"),
  WrongPlan("a shape that is no number", adding: "arrivals: gamma lots\n"),
  WrongPlan("a shape of zero", adding: "arrivals: gamma 0\n"),
  WrongPlan("a shape beyond the range", adding: "arrivals: gamma 101\n"),
  WrongPlan("arrivals as a mapping", adding: "arrivals: { gamma: 0.25 }\n"),
  WrongPlan("stress without users", replacing: "stressUsers: 4\n", with: ""),
  WrongPlan("users in parts", replacing: "stressUsers: 4", with: "stressUsers: 4.5"),
  WrongPlan("a name with capitals", replacing: "project: p", with: "project: My Gateway"),
  WrongPlan("a project from an unset variable", replacing: "project: p", with: "project: \"${P}\""),
  WrongPlan("a variable where none may be", replacing: "rate: 5", with: "rate: \"${RATE}\""),
  WrongPlan("an unknown profile", adding: "profiles: [sustaind]\n"),
  WrongPlan("a profile twice", adding: "profiles: [stress, stress]\n"),
  WrongPlan("no profile", adding: "profiles: []\n"),
  WrongPlan("profiles that are no list", adding: "profiles: stress\n"),
  WrongPlan("an unknown size", adding: "size: standart\n"),
  WrongPlan("samples of zero", adding: "samples: 0\n"),
  WrongPlan("a seed below zero", adding: "seed: -1\n"),
  WrongPlan("a share without sign", adding: "abort: { error: 0.5, over: 10 }\n"),
  WrongPlan("a share over all", adding: "abort: { error: 150%, over: 10d }\n"),
  WrongPlan("looks out of range", adding: "gate: { maxLooks: 6, baselineRuns: 0 }\n"),
  WrongPlan("an unknown policy", adding: "gate: { inconclusive: fail }\n"),
  WrongPlan("an effect of no metric", adding: "gate: { effects: { ttft_p55: 3% } }\n"),
  WrongPlan("an effect without sign", adding: "gate: { effects: { ttft_p50: 3 } }\n"),
  WrongPlan("a cost limit without prices", adding: "limits: { cost: 5 }\n"),
  WrongPlan("a count with a wrong unit", adding: "limits: { requests: 5X, outputTokens: 1.5 }\n"),
  WrongPlan("one price", adding: "prices: { input: 1 }\n"),
  WrongPlan("no scheme", replacing: "http://127.0.0.1:8080", with: "127.0.0.1:8080"),
  WrongPlan("a user in the URL", replacing: "http://127", with: "http://u:p@127"),
  WrongPlan("a fragment", replacing: ":8080", with: ":8080#x"),
  WrongPlan("a path in the URL", replacing: ":8080", with: ":8080/v1"),
  WrongPlan("a port out of range", replacing: ":8080", with: ":80800"),
  WrongPlan(
    "TLS keys without a certificate", replacing: "8080\" }",
    with: "8080\", tls: { key: k.pem, keyPassword: \"${NO_PASS}\" } }"),
  WrongPlan(
    "an authority that is not asked", replacing: "8080\" }",
    with: "8080\", tls: { ca: c.pem, verify: insecure } }"),
  WrongPlan(
    "a readiness without a path, that waits for nothing", replacing: "8080\" }",
    with: "8080\", ready: { within: 0s } }"),
  WrongPlan(
    "an identity with a wrong member and an unset build", replacing: "8080\" }",
    with: "8080\", identity: { path: version, json: a..b, equals: \"${NO_SHA}\" } }"),
  WrongPlan(
    "verification by a truth value", replacing: "8080\" }",
    with: "8080\", tls: { verify: false } }"),
  WrongPlan("no host", replacing: "http://127.0.0.1:8080", with: "http://"),
  WrongPlan("a host with a space", replacing: "127.0.0.1", with: "a b"),
  WrongPlan("a path without slash", replacing: "8080\" }", with: "8080\", path: v1 }"),
  WrongPlan(
    "headers that would inject others", replacing: "8080\" }",
    with: "8080\", headers: { \"A: b\": c, \"X\\r\\nY\": d, E: \"f\\r\\nG: h\", N: \"a\\0b\" } }"),
  WrongPlan(
    "headers that are ours or come twice", replacing: "8080\" }",
    with: "8080\", headers: { Content-Length: 5, A: b, a: c } }"),
  WrongPlan(
    "unset and empty secrets", replacing: "8080\" }",
    with: "8080\", headers: { A: \"${ONE} ${TWO} ${ONE}\" }, body: { b: \"${THREE}\" } }",
    environment: ["TWO": ""]),
  WrongPlan(
    "bad time-outs", replacing: "8080\" }",
    with: "8080\", timeouts: { connect: 0s, stall: 5, total: 2d, firstToken: 1h30m } }"),
  WrongPlan("a bad idle time", replacing: "8080\" }", with: "8080\", connections: idle 75 }"),
]

private let promptPlans = [
  WrongPlan("no scenarios", replacing: "scenarios: { short: { prompts: [\"a\"] } }\n", with: ""),
  WrongPlan("no scenario in scenarios", replacing: "{ short: { prompts: [\"a\"] } }", with: "{}"),
  WrongPlan("a list of scenarios", replacing: "{ short: { prompts: [\"a\"] } }", with: "[short]"),
  WrongPlan("a bad scenario name", replacing: "{ short:", with: "{ \"Short one\":"),
  WrongPlan("no prompts", replacing: "{ prompts: [\"a\"] }", with: "{ weight: 1 }"),
  WrongPlan("a list of no prompts", replacing: "[\"a\"]", with: "[]"),
  WrongPlan("one prompt that is no list", replacing: "[\"a\"]", with: "hello"),
  WrongPlan("an empty prompt, a nested one", replacing: "[\"a\"]", with: "[\"\", [b], \"c\"]"),
  WrongPlan("a variable in a prompt", replacing: "[\"a\"]", with: "[\"echo ${HOME}\"]"),
  WrongPlan(
    "weights of zero", replacing: "{ short: { prompts: [\"a\"] } }",
    with: "{ a: { weight: 0, prompts: [a] }, b: { weight: 0, prompts: [b] } }"),
  WrongPlan("a prompt file that is not there", replacing: "[\"a\"]", with: "{ file: p.jsonl }"),
  WrongPlan("no file", replacing: "[\"a\"]", with: "{ fil: p.jsonl }"),
  WrongPlan(
    "a prompt file that is no JSON Lines", replacing: "[\"a\"]", with: "{ file: p.jsonl }",
    files: ["p.jsonl": "\"fine\"\nroot:x:0:0\n\n{\"q\": 1}\n5\n\"\"\n\"\\ud800\"\n"]),
  WrongPlan(
    "an empty prompt file", replacing: "[\"a\"]", with: "{ file: p.jsonl }",
    files: ["p.jsonl": "\n \n"]),
]

private let objectivePlans = [
  WrongPlan(
    "objectives",
    adding: """
      objectives:
        - ttft < 1s
        - ttft.p95 < 1
        - ttft.p95 == 1s
        - ttft.p100 < 1s
        - ttft.95 < 1s
        - error.p95 < 1%
        - error < 0.01
        - error == 1%
        - error > 1%
        - eror < 1%
        - login.p95 < 1s
        - error
        - "stres: error < 1%"
        - "stress/shrt: error < 1%"
        - "stress/Short: error < 1%"
        - stress: error < 1%
        - ""
        - [error < 1%]

      """)
]

/// The least plan with a login of these lines.
private func login(_ title: String, _ lines: String, environment: [String: String] = [:])
  -> WrongPlan
{
  WrongPlan(
    title, replacing: "target: { url: \"http://127.0.0.1:8080\" }",
    with: "target:\n  url: http://127.0.0.1:8080\n  login:\n    "
      + lines.replacing("\n", with: "\n    "), environment: environment)
}

private let loginPlans = [
  login("a login without path and accounts", "form: json"),
  login("a login with nobody", "path: /login\naccounts: []"),
  login("an account without members", "path: /login\naccounts: [{ headers: { X-Tenant: a } }]"),
  login("an account that is a text", "path: /login\naccounts: [me]"),
  login(
    "a login's variable that is not set",
    "path: /login\naccounts:\n  - { email: \"${QA1}\",\n      password: \"${QA1_PASS}\" }",
    environment: ["QA1": "a@b"]),
  login(
    "an account's member with structure", "path: /login\naccounts: [{ email: [a], password: b }]"),
  login(
    "a login's keys misspelled",
    "path: /login\naccount: []\ntokn: a\naccounts: [{ email: a }]\nrefresh: { tokn: a }"),
  login(
    "a login's values all wrong",
    """
    path: login
    url: http://u:p@h
    form: xml
    accounts: [{ email: a, headers: { "X Y": a } }, { email: b }]
    body: [a]
    token: a..b
    expiresIn: $
    header: Content-Length
    prefix: "a\\nb"
    refresh: {}
    users: 1
    timeout: 5
    """),
  login(
    "a form with structure",
    "path: /login\nform: form\naccounts: [{ email: a }]\nbody: { scope: [a, b], x: { y: 1 } }"),
  login("a token by a wildcard", "path: /login\naccounts: [{ email: a }]\ntoken: $.data[*]"),
  WrongPlan(
    "an objective on logins without one", adding: "objectives:\n  - login.p95 < 800ms\n"),
  login(
    "an objective on logins in a profile",
    "path: /login\naccounts: [{ email: a }]"
  ).adding("objectives: [\"sustained: login.p95 < 1s\"]\n"),
]

extension WrongPlan {
  fileprivate func adding(_ lines: String) -> WrongPlan {
    var copy = self
    copy.text += lines
    return copy
  }
}
