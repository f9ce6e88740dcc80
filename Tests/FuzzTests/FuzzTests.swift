import Testing

@Suite("What must hold of any bytes")
struct FuzzTests {
  @Test("No body of the corpus breaks a rule, by any target and in several packings")
  func corpus() throws {
    for target in FuzzTarget.all {
      let inputs = try CorpusBody.all().flatMap(target.seeds)
      #expect(inputs.count > 4, "\(target.name) has no seeds")
      for input in inputs {
        let finding = input.withUnsafeBytes(target.finding)
        #expect(finding == nil, "\(target.name): \(finding ?? "")")
      }
    }
  }

  @Test("Every file of the corpus is a seed of some target")
  func everySeed() throws {
    for body in try CorpusBody.all() {
      #expect(
        FuzzTarget.all.contains { !$0.seeds(body).isEmpty }, "\(body.folder)/\(body.name)")
    }
  }

  @Test("The corpus' plans are plans, but for those that are there to be refused")
  func plans() throws {
    let refused = ["broken.yaml", "refused.yaml"]
    for body in try CorpusBody.all() where body.folder == PlanProperty.folder {
      let problems = PlanProperty.problems(body.bytes)
      #expect(
        (problems != nil) == refused.contains(body.name),
        "\(body.name): \(String(describing: problems))")
    }
  }
}
