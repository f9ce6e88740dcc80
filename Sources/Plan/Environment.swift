public import Model

extension Plan {
  /// Version of the rules that make a schedule from a plan. It is in the environment key: a change
  /// of the generator is a new environment.
  public static let scheduleVersion = 1

  /// The environment of a run of this plan: `<name>-<8 hex>`, the name from `gate.environment`, the
  /// digits the start of SHA-256 over `environmentInputs`.
  ///
  /// Runs compare only inside one environment. `cpuModel` counts only where the target is on
  /// loopback, since only then the service shares the client's processor.
  public func environmentKey(cpuModel: String?) -> String {
    let digest = SHA256.digest(JSONWriter.bytes(environmentInputs(cpuModel: cpuModel)))
    return "\(gate.environment)-\(SHA256.hex(digest.prefix(4)))"
  }

  /// Everything that makes figures of two runs comparable, as JSON with sorted names: the one list
  /// of what is in the environment key. What is not here is not in it: URL, headers, TLS, login,
  /// other limits, objectives, gate, store, recorder, reports, project.
  ///
  /// Values are as parsed: durations in nanoseconds, shares and numbers by their shortest text,
  /// absent values left out, `${NAME}` unexpanded. So neither the order of keys nor comments,
  /// line ends or ways to write a value change it; scenarios count by name, not by place.
  public func environmentInputs(cpuModel: String?) -> JSONValue {
    var members: [JSONMember] = [
      JSONMember("abort", abort.json),
      JSONMember("connections", .string(target.connections.text)),
      JSONMember("inFlight", .integer(Int64(limits.inFlight))),
      JSONMember("profiles", .array(profiles.map { .string($0.rawValue) })),
      JSONMember("promptCache", .string(promptCache.rawValue)),
      JSONMember("rate", .number(rate)),
      JSONMember("scenarios", .object(scenarios.map { JSONMember($0.name, $0.environmentInputs) })),
      JSONMember("scheduleVersion", .integer(Int64(Plan.scheduleVersion))),
      JSONMember("seed", .string("\(seed)")),
      JSONMember("size", .string(size.rawValue)),
    ]
    members += [
      arrivals == .poisson ? nil : JSONMember("arrivals", .string(arrivals.text)),
      samples.map { JSONMember("samples", .integer(Int64($0))) },
      stressUsers.map { JSONMember("stressUsers", .integer(Int64($0))) },
    ].compactMap { $0 }
    if target.isLoopback, let cpuModel {
      members.append(JSONMember("cpuModel", .string(cpuModel)))
    }
    return JSONValue.object(members).sortedByName
  }

  /// SHA-256 of the whole plan as 64 hexadecimal digits: over `digestInputs`.
  public var digest: String {
    SHA256.hex(SHA256.digest(JSONWriter.bytes(digestInputs)))
  }

  /// Every value of the plan as JSON with sorted names, secrets as `${NAME}`: the environment's
  /// inputs under `environment`, everything else beside them.
  public var digestInputs: JSONValue {
    var members: [JSONMember] = [
      JSONMember("environment", environmentInputs(cpuModel: nil)),
      JSONMember("gate", gate.json),
      JSONMember("headers", .object(scenarios.map { JSONMember($0.name, $0.headersJSON) })),
      JSONMember("limits", limits.json),
      JSONMember("objectives", .array(objectives.map { .string($0.text) })),
      JSONMember("project", .string(project)),
      JSONMember("recorder", .string(recorder.rawValue)),
      JSONMember("reports", reports.pathsJSON),
      JSONMember("url", .string(target.url.template)),
    ]
    if let prices { members.append(JSONMember("prices", prices.json)) }
    if let store { members.append(JSONMember("store", .string(store.template))) }
    members += target.tls.members
    members += [
      target.ready.map { JSONMember("ready", $0.json) },
      target.identity.map { JSONMember("identity", $0.json) },
    ].compactMap { $0 }
    if let login = target.login { members.append(JSONMember("login", login.json)) }
    return JSONValue.object(members).sortedByName
  }

  /// What must never be shown: the values of all `${NAME}` in places where they are secrets, and
  /// credentials that stand in the plan itself; sorted, without repeats and empty texts.
  public var secrets: [String] {
    let targets = [target] + scenarios.map(\.target)
    var found = (store?.secrets ?? []) + (gate.baselineTarget?.secrets ?? [])
    found += target.login?.secrets ?? []
    for target in targets {
      found += target.url.secrets + target.bodySecrets.secrets
      found += target.headers.flatMap(\.value.secrets)
      found += target.tls.keyPassword?.secrets ?? []
    }
    return Set(found).filter { !$0.isEmpty }.sorted()
  }
}

extension ScenarioPlan {
  /// A scenario with what it takes from the target; its prompts by text, not by file.
  fileprivate var environmentInputs: JSONValue {
    var members: [JSONMember] = [
      JSONMember("body", target.body),
      JSONMember("dialect", .string(target.dialect)),
      JSONMember("endMarker", .string(target.isEndMarkerRequired ? "required" : "optional")),
      JSONMember("model", .string(target.model)),
      JSONMember("path", .string(target.path)),
      JSONMember("prompts", .array(prompts.map { .string($0) })),
      JSONMember("timeouts", target.timeouts.json),
      JSONMember("weight", .number(weight)),
    ]
    members += [
      target.custom.map { JSONMember("custom", $0.json) },
      target.isStreamed ? nil : JSONMember("stream", .bool(false)),
      maxTokens.map { JSONMember("maxTokens", .integer(Int64($0))) },
      system.map { JSONMember("system", .string($0)) },
      conversation.map { JSONMember("conversation", $0.json) },
    ].compactMap { $0 }
    return .object(members)
  }

  fileprivate var headersJSON: JSONValue {
    .object(target.headers.map { JSONMember($0.name, .string($0.value.template)) })
  }
}

extension TLSPlan {
  fileprivate var members: [JSONMember] {
    let texts = [
      ("tlsCA", caFile), ("tlsCertificate", certificateFile), ("tlsKey", keyFile),
      ("tlsKeyPassword", keyPassword?.template),
      ("tlsVerify", verification == .full ? nil : verification.rawValue),
    ]
    return texts.compactMap { name, text in text.map { JSONMember(name, .string($0)) } }
  }
}

extension ReadyPlan {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("path", .string(path)), JSONMember("within", .integer(within.rawValue)),
    ])
  }
}

extension IdentityPlan {
  fileprivate var json: JSONValue {
    .object(
      [
        JSONMember("path", .string(path)),
        member.map { JSONMember("json", .string($0.shortText)) },
        equals.map { JSONMember("equals", .string($0)) },
      ].compactMap { $0 })
  }
}

extension ConversationPlan {
  fileprivate var json: JSONValue {
    .object(
      [
        JSONMember("turns", .integer(Int64(turns))),
        history.map { JSONMember("history", .integer(Int64($0))) },
        JSONMember(
          "think",
          .array([.integer(think.lowerBound.rawValue), .integer(think.upperBound.rawValue)])),
        idHeader.map { JSONMember("idHeader", .string($0)) },
        idMember.map { JSONMember("idMember", .array($0.map { .string($0) })) },
      ].compactMap { $0 })
  }
}

extension AbortRule {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("error", .number(errorShare)), JSONMember("over", .integer(over.rawValue)),
    ])
  }
}

extension Timeouts {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("connect", .integer(connect.rawValue)),
      JSONMember("firstToken", .integer(firstToken.rawValue)),
      JSONMember("stall", .integer(stall.rawValue)),
      JSONMember("total", .integer(total.rawValue)),
    ])
  }
}

extension RunLimits {
  /// The limits that are not in the environment key.
  fileprivate var json: JSONValue {
    .object(
      [
        cost.map { JSONMember("cost", .number($0)) },
        outputTokens.map { JSONMember("outputTokens", .integer(Int64($0))) },
        requests.map { JSONMember("requests", .integer(Int64($0))) },
      ].compactMap { $0 })
  }
}

extension Prices {
  fileprivate var json: JSONValue {
    .object([JSONMember("input", .number(input)), JSONMember("output", .number(output))])
  }
}

extension ReportPaths {
  fileprivate var pathsJSON: JSONValue {
    let paths = [
      ("html", html), ("json", json), ("junit", junit), ("markdown", markdown),
      ("openMetrics", openMetrics),
    ]
    return .object(paths.compactMap { name, path in path.map { JSONMember(name, .string($0)) } })
  }
}

extension GatePlan {
  fileprivate var json: JSONValue {
    var members: [JSONMember] = [
      JSONMember("baselineRuns", .integer(Int64(baselineRuns))),
      JSONMember("branch", .string(branch)),
      JSONMember("effects", .object(effects.map { JSONMember($0.key, .number($0.value)) })),
      JSONMember("environment", .string(environment)),
      JSONMember("historyRuns", .integer(Int64(historyRuns))),
      JSONMember("inconclusive", .string(inconclusive.rawValue)),
      JSONMember("maxLooks", .integer(Int64(maxLooks))),
      JSONMember("onNewEnvironment", .string(onNewEnvironment.rawValue)),
    ]
    if let baselineTarget {
      members.append(JSONMember("baselineTarget", .string(baselineTarget.template)))
    }
    if isExclusive { members.append(JSONMember("exclusive", .bool(true))) }
    return .object(members)
  }
}

extension JSONValue {
  /// The value with the members of every object in the order of their names' bytes.
  var sortedByName: JSONValue {
    switch self {
    case .object(let members):
      let sorted = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      return .object(sorted.map { JSONMember($0.name, $0.value.sortedByName) })
    case .array(let values): return .array(values.map(\.sortedByName))
    default: return self
    }
  }
}
