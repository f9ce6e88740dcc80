import Model

/// Where a scenario's prompts come from: the plan, a file, or a generator.
extension PlanResolver {
  /// Prompts and the file they came from, nil for none.
  struct Prompts {
    var texts: [String]
    var file: String?
  }

  /// The plan's seed without a word about it: it is read, and reported, in its own place.
  func peekSeed(_ field: PlanReader.Field) -> UInt64 {
    guard case .scalar(let text, _) = field.node?.content,
      case .success(let seed) = ValueKind<UInt64>.seed.parse(text)
    else { return 1 }
    return seed
  }

  /// The prompts of a scenario; nil, with a problem, where there are none.
  mutating func readPrompts(_ field: PlanReader.Field, scenario: String) -> Prompts? {
    let remedy = "write prompts: [\"…\"] or prompts: { file: prompts.jsonl }"
    guard let node = field.node else {
      reader.reportMissing(field, remedy: remedy)
      return nil
    }
    switch node.content {
    case .mapping: return readPromptSource(field, scenario: scenario)
    case .sequence(let nodes):
      return readInlinePrompts(nodes, field).map { Prompts(texts: $0, file: nil) }
    case .scalar:
      reader.report(ValueError("a list of prompts is wanted here", remedy: remedy), field)
      return nil
    }
  }

  /// Exactly one source, then what leads each of its prompts.
  private mutating func readPromptSource(
    _ field: PlanReader.Field, scenario: String
  ) -> Prompts? {
    let problemsBefore = reader.problems.count
    let section = reader.section(field, .promptSource)
    let generator = SeededGenerator(seed: seed, label: "streamgate-prompts/1").fork(scenario)
    let sources = ["file", "texts", "synthetic"].filter { section[$0].node != nil }
    guard sources.count == 1, let source = sources.first else {
      if sources.isEmpty, reader.problems.count > problemsBefore { return nil }
      reader.report(
        ValueError(
          sources.isEmpty ? "no prompts are named" : "prompts come from one place only",
          remedy: "write one of file, texts, synthetic"), field)
      return nil
    }
    for key in ["format", "column", "split"] where source != "file" && section[key].node != nil {
      reader.report(ValueError("this key is for prompts from a file"), section[key])
    }
    var prompts: Prompts?
    switch source {
    case "file": prompts = readPromptFile(section)
    case "texts":
      if let nodes = reader.list(section["texts"]) {
        prompts = readInlinePrompts(nodes, section["texts"]).map { Prompts(texts: $0, file: nil) }
      }
    default: prompts = readSynthetic(section["synthetic"], generator)
    }
    let prefix = readPrefix(section, generator)
    guard var prompts, reader.problems.count == problemsBefore else { return nil }
    let bytes = prompts.texts.reduce(prefix.utf8.count * prompts.texts.count) {
      $0 + $1.utf8.count
    }
    guard bytes <= PlanLimits.promptsBytesMax else {
      let what = "\(bytes) bytes of prompts are more than \(PlanLimits.promptsBytesMax)"
      reader.report(ValueError(what, remedy: "use fewer or shorter prompts"), field)
      return nil
    }
    if !prefix.isEmpty { prompts.texts = prompts.texts.map { prefix + $0 } }
    return prompts
  }

  private mutating func readInlinePrompts(
    _ nodes: [PlanTree], _ field: PlanReader.Field
  ) -> [String]? {
    guard (1...PromptFile.promptsMax).contains(nodes.count) else {
      reader.report(
        ValueError("\(nodes.count) prompts are not between 1 and \(PromptFile.promptsMax)"), field)
      return nil
    }
    var prompts: [String] = []
    for (index, node) in nodes.enumerated() {
      let element = PlanReader.Field(
        path: "\(field.path)[\(index)]", node: node, sectionOrigin: node.origin)
      guard let text = reader.scalar(element) else { continue }
      if let name = VariableText(text).names.first {
        reader.report(
          ValueError(
            "${\(name)} is not allowed here", remedy: "put a prompt that holds it into a file"),
          element)
      } else if case .failure(let error) = checkPrompt(text) {
        reader.report(error, element)
      } else {
        prompts.append(text)
      }
    }
    reader.record(field.path, "\(prompts.count) in the plan", field.origin)
    return prompts.count == nodes.count ? prompts : nil
  }

  private mutating func readPromptFile(_ section: PlanReader.Section) -> Prompts? {
    let field = section["file"]
    guard let path = reader.required(field, .word, remedy: "name a JSON Lines file"),
      let format = readFormat(section, path: path)
    else { return nil }
    switch promptFile(path) {
    case .failure(.unreadable(let why)):
      reader.report(
        .promptFile, field.path, field.origin, "\(path) cannot be read: \(why)",
        remedy: "paths are relative to the plan file's folder")
    case .failure(.tooLong):
      reader.report(
        .promptFile, field.path, field.origin,
        "\(path) is longer than \(PromptFile.bytesMax) bytes")
    case .success(let bytes):
      switch PromptFile.parse(bytes, name: path, format: format) {
      case .success(let prompts): return Prompts(texts: prompts, file: path)
      case .failure(let errors):
        for text in errors.texts {
          reader.report(
            .promptFile, field.path, field.origin, text, remedy: PromptFile.remedy(format))
        }
      }
    }
    return nil
  }

  /// The file's format: the plan's, else by the end of its name; nil, with a problem, where keys
  /// do not fit it.
  private mutating func readFormat(
    _ section: PlanReader.Section, path: String
  ) -> PromptFile.Format? {
    let problemsBefore = reader.problems.count
    let names = ["jsonl", "csv", "text"]
    let kind = ValueKind<String>(parse: { choose($0, from: names) { $0 } }, show: { $0 })
    var name = path.hasSuffix(".csv") ? "csv" : path.hasSuffix(".txt") ? "text" : "jsonl"
    if section["format"].node != nil { name = reader.optional(section["format"], kind) ?? name }
    for (key, format) in [("column", "csv"), ("split", "text")]
    where name != format && section[key].node != nil {
      reader.report(
        ValueError("a file of format \(name) has no \(key)", remedy: "write format: \(format)"),
        section[key])
    }
    guard reader.problems.count == problemsBefore else { return nil }
    switch name {
    case "csv":
      let column = section["column"].node == nil ? nil : reader.optional(section["column"], .word)
      return reader.problems.count == problemsBefore ? .csv(column: column) : nil
    case "text":
      return .text(
        reader.value(section["split"], .choice(), default: PromptFile.TextSplit.lines))
    default: return .jsonLines
    }
  }

  private mutating func readSynthetic(
    _ field: PlanReader.Field, _ generator: SeededGenerator
  ) -> Prompts? {
    let section = reader.section(field, .synthetic)
    let tokens = reader.required(
      section["tokens"], .count(1...PlanLimits.syntheticTokensMax),
      remedy: "set the median length, such as tokens: 200")
    let sigma = reader.value(section["sigma"], .number(0...2), default: 0)
    let count = reader.value(section["count"], .count(1...PromptFile.promptsMax), default: 50)
    guard let tokens else { return nil }
    // Before they are made: what cannot fit is not worth the wait.
    guard tokens * count <= PlanLimits.promptsBytesMax / 4 else {
      let what = "\(count) prompts of \(tokens) tokens are more than the plan can hold"
      reader.report(ValueError(what, remedy: "use fewer or shorter prompts"), field)
      return nil
    }
    let prompts = SyntheticPrompts(tokens: tokens, sigma: sigma, count: count)
    return Prompts(texts: prompts.texts(generator), file: nil)
  }

  /// What leads each prompt: a text as it is, or so many synthetic tokens; empty for nothing.
  private mutating func readPrefix(
    _ section: PlanReader.Section, _ generator: SeededGenerator
  ) -> String {
    let (literal, tokens) = (section["prefix"], section["prefixTokens"])
    if literal.node != nil, tokens.node != nil {
      reader.report(ValueError("there is a prefix already", remedy: "remove one"), tokens)
      return ""
    }
    if literal.node != nil {
      return reader.optional(literal, .text(max: PlanLimits.systemBytesMax)) ?? ""
    }
    guard tokens.node != nil,
      let count = reader.optional(tokens, .count(1...PlanLimits.syntheticTokensMax))
    else { return "" }
    var words = generator.fork("prefix")
    return SyntheticPrompts.text(words: count, &words) + "\n\n"
  }

  /// A nonce before a shared prefix makes it one that nobody shares.
  mutating func warnOfBustedPrefixes(_ scenarios: PlanReader.Field) {
    guard case .mapping(let entries) = scenarios.node?.content else { return }
    for entry in entries {
      guard let prompts = entry.value["prompts"],
        prompts["prefix"]?.isNull == false || prompts["prefixTokens"]?.isNull == false
      else { continue }
      warnings.append(
        PlanProblem(
          .value, path: "\(scenarios.path).\(entry.key).prompts", origin: prompts.origin,
          what: "promptCache bust keeps this shared prefix out of the cache",
          remedy: "use promptCache: as-is if it is to be cached"))
    }
  }
}
