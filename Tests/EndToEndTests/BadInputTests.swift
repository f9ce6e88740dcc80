import Foundation
import Model
import TestKit
import Testing

@Suite("Bad input ends with a clear error and its code", .waiting)
struct BadInputTests {
  @Test("Every problem of a plan is said at once, with its line")
  func wrongPlan() throws {
    let product = try Product(
      plan: """
        version: 1
        project: x
        target: { url: "http://127.0.0.1:9", modle: y }
        scenarios:
          a: { weight: 0, prompts: ["x"] }
          b: { prompts: { file: none.jsonl } }
        rate: fast
        profiles: [stress]
        abort: { over: 10 }
        rate: 5
        """)
    for command in ["plan", "run", "check"] {
      let end = try product.run(command)
      #expect(end.code == 65)
      for text in [
        ":3: target.modle: no such key; did you mean model?", ":5: scenarios.a.weight",
        ":6: scenarios.b.prompts.file: none.jsonl cannot be read", ":7: rate: \"fast\"",
        "stressUsers", ":9: abort.over: \"10\"",
        ":10: the key rate stands here again, first in line 7",
      ] {
        #expect(end.errors.contains(text), "\(text) is not in \(end.errors)")
      }
      // One to a line.
      let lines = end.errors.split(separator: "\n")
      #expect(lines.count { $0.hasPrefix("  streamgate.yaml:") } >= 6, "\(end.errors)")
      #expect(end.output.isEmpty)
    }
  }

  @Test("A run that is stored already keeps no other one back from being imported")
  func importedTwice() throws {
    let product = try Product(plan: nil)
    let names = try (1...3).map { id in
      try JudgedRun.write(JudgedRun.make(id, branch: "main"), in: product)
    }
    #expect(try product.run("runs", "import", names[0]).code == 0)
    let end = try product.run(["runs", "import"] + names)
    #expect(end.code == 0, "\(end.errors)")
    #expect(
      end.output == "skipped run-1.jsonl.gz: run-1 is stored already\n"
        + "imported run-2 from run-2.jsonl.gz\nimported run-3 from run-3.jsonl.gz\n")
  }

  @Test(
    "A baseline file that cannot be read says what to try",
    arguments: ["<<<<<<< HEAD\n{\n=======\n", #"{"format":"streamgate-baseline/9"}"#])
  func baselineFile(text: String) throws {
    let product = try Product(plan: nil)
    try product.folder.write(text, to: "baseline.json")
    let end = try product.run("baseline", "import", "baseline.json")
    #expect(end.code == 66 && end.errors.contains("error: baseline.json"), "\(end.errors)")
    #expect(end.errors.contains("\n  try: "), "\(end.errors)")
    #expect(end.errors.contains(text.hasPrefix("<") ? "merge" : "streamgate that wrote it"))
  }

  @Test("YAML that plans do not allow is refused, in few words")
  func yaml() throws {
    // A hundred thousand brackets are no argument for a test's name.
    let texts = [
      "a: &a [x]\nb: *a\n", "rate: 1\nrate: 2\n", "a: [", String(repeating: "[", count: 100_000),
    ]
    for text in texts {
      let end = try Product(plan: "version: 1\n" + text).run("plan")
      #expect(end.code == 65, "\(text.prefix(20))")
      #expect(end.errors.contains("streamgate.yaml:"))
      #expect(end.errors.utf8.count < 2_000)
    }
  }

  @Test("A number below 0 is refused for what it is, and every error begins alike")
  func negative() throws {
    let product = try Product(plan: nil)
    for (arguments, why) in [
      (["run", "--rate", "-5"], "--rate: \"-5\" is not above 0"),
      (["capacity", "--from", "-3"], "--from -3.0: a rate from 0.001"),
      (["run", "--repeat", "-1"], "--repeat -1: 1 to 1000 runs"),
      (["run", "--no-such-flag"], "Unknown option '--no-such-flag'"),
    ] {
      let end = try product.run(arguments)
      #expect(end.code == 64)
      #expect(end.errors.hasPrefix("error: " + why), "\(end.errors)")
    }
  }

  @Test("A report of a file that is not there says so, with and without a plan")
  func noReport() throws {
    for plan in [nil, TestPlan.sustained(url: "http://127.0.0.1:9")] {
      let product = try Product(plan: plan)
      let end = try product.run("report", "nothere/result.json")
      #expect(end.code == 66)
      #expect(
        end.errors.contains("nothere/result.json: there is no such file"), "\(end.errors)")
    }
  }

  @Test(
    "Wrong command lines, files and stores have codes of their own",
    arguments: [
      (64, ["run", "--no-such-flag"]), (64, ["nonsense"]), (64, ["run", "--repeat", "0"]),
      (64, ["run", "--store", "postgres://user:secret@127.0.0.1/db"]), (64, ["compare"]),
      (64, ["run", "--verbose", "--quiet"]), (66, ["run", "--config", "none.yaml"]),
      (66, ["runs"]), (66, ["compare", "--candidate", "none.jsonl"]),
      (66, ["report", "none.json"]), (66, ["compare", "streamgate.yaml"]),
      (69, ["run"]), (69, ["check"]), (69, ["run", "--store", "postgres://u@127.0.0.1:1/db"]),
      (74, ["run", "--store", "/proc/streamgate/results.db"]),
      (64, ["run", "--store", "postgress://u:secret@h/db"]),
      (65, ["run", "--set", "store=mysql://u:secret@h/db"]),
      (74, ["run", "--out", "/proc/none"]), (65, ["plan", "--set", "rate=-1"]),
      (65, ["plan", "--set", "limits.requests=10"]),
    ])
  func codes(_ code: Int, _ arguments: [String]) throws {
    let product = try Product(plan: TestPlan.sustained(url: "http://127.0.0.1:1"))
    let end = try product.run(arguments)
    #expect(Int(end.code) == code, "\(end.errors)")
    #expect(!end.errors.isEmpty)
    #expect(!end.errors.contains("secret@"))
    #expect(try !product.contents().keys.contains { $0.hasPrefix("db") })
  }

  @Test("A store that cannot be written is said before any request is sent")
  func storeFirst() throws {
    let product = try Product(plan: nil)
    let simulator = try Simulator(in: product.folder)
    try product.folder.write(TestPlan.sustained(url: simulator.url), to: "streamgate.yaml")
    try product.folder.write("no database", to: "not.db")
    #expect(try product.run("run", "--store", "not.db").code == 66)
    #expect(try product.run("run", "--store", "/proc/none/results.db").code == 74)
    #expect(try simulator.stop().isEmpty)
  }

  @Test("Refused credentials end with the service's words and without ours")
  func refused() throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        let body = #"{"error":{"message":"no such key \#u{1B}[31m"}}"#
        connection.send(
          "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: "
            + "\(body.utf8.count)\r\n\r\n\(body)")
      }
    }
    let product = try Product(
      plan: TestPlan.sustained(url: server.url).replacing(
        "  timeouts:", with: "  headers: { Authorization: \"Bearer ${TOKEN}\" }\n  timeouts:"))
    product.environment["TOKEN"] = "sk-very-secret"
    let end = try product.run("check")
    #expect(end.code == 77)
    #expect((end.output + end.errors).contains("no such key"))
    for text in [end.output, end.errors] {
      #expect(!text.contains("sk-very-secret") && !text.contains("\u{1B}"))
    }
  }

  @Test("A run whose every request is refused ends with 77 and brands no commit")
  func refusedRun() throws {
    let server = try RawServer { connection, _ in
      defer { connection.close() }
      while connection.readRequest() != nil {
        connection.send("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno")
      }
    }
    let product = try Product(
      plan: TestPlan.sustained(
        url: server.url, rate: 20, lines: "abort: { error: 50%, over: 2s }"))
    let end = try product.run("run", "--commit", "a", "--branch", "change", "--out", "out")
    #expect(end.code == 77, "\(end.errors)")
    #expect(end.errors.contains("refused the credentials"))
    let list = try product.run("runs", "list")
    #expect(list.output.contains("unusable") && !list.output.contains("fail"))
  }

  @Test("The same plan makes the same schedule and digest, also with CRLF line ends")
  func samePlan() throws {
    let plan = """
      version: 1
      project: same
      target: { url: "http://127.0.0.1:9" }
      scenarios:
        a: { weight: 3, prompts: { file: prompts.jsonl }, maxTokens: 10 }
        b: { prompts: ["one"] }
      rate: 20
      stressUsers: 5
      size: quick
      profiles: [ramp-up, sustained, stress]

      """
    let prompts = "{\"prompt\":\"x\"}\n\"y\"\n"
    let first = try Product(plan: plan)
    try first.folder.write(prompts, to: "prompts.jsonl")
    let second = try Product(plan: plan.replacing("\n", with: "\r\n"))
    try second.folder.write(prompts.replacing("\n", with: "\r\n"), to: "prompts.jsonl")
    for arguments in [["plan", "--arrivals"], ["plan", "--json", "-"]] {
      let (a, b) = (try first.run(arguments), try second.run(arguments))
      #expect(a.code == 0 && a.output == b.output)
      #expect(a.output.utf8.count > 1_000)
    }
  }
}
