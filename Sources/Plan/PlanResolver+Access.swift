import Model

/// How the endpoint is reached and what must be known of it before load.
extension PlanResolver {
  /// How TLS is agreed on; paths stay as the plan writes them.
  mutating func readTLS(_ field: PlanReader.Field) -> TLSPlan {
    let section = reader.section(field, .tls)
    var tls = TLSPlan()
    tls.caFile = reader.optional(section["ca"], .word)
    tls.certificateFile = reader.optional(section["cert"], .word)
    tls.keyFile = reader.optional(section["key"], .word)
    if section["keyPassword"].node != nil {
      tls.keyPassword = readCredential(section["keyPassword"])
    }
    tls.verification = reader.value(section["verify"], .choice(), default: .full)
    if tls.certificateFile == nil {
      for key in ["key", "keyPassword"] where section[key].node != nil {
        reader.report(
          ValueError("a key without a certificate", remedy: "add cert, a file in PEM"),
          section[key])
      }
    }
    if tls.verification == .insecure {
      warnings.append(
        PlanProblem(
          .value, path: section["verify"].path, origin: section["verify"].origin,
          what: "the service need not prove who it is: anybody between could take the credentials",
          remedy: "name its authority by ca"))
    }
    if tls.verification == .insecure, tls.caFile != nil {
      reader.report(
        ValueError("ca has no effect with verify: insecure", remedy: "remove one"), section["ca"])
    }
    return tls
  }

  /// A credential: a secret also where it stands in the plan itself, which is warned of.
  mutating func readCredential(_ field: PlanReader.Field) -> SecretText? {
    let secret = reader.secret(field) { text in
      if text.value.utf8.count > HeaderCheck.valueBytesMax {
        return .failure(
          ValueError("the value is longer than \(HeaderCheck.valueBytesMax) bytes"))
      }
      guard text.secrets.isEmpty, !text.value.isEmpty else { return .success(text) }
      return .success(
        SecretText(template: SecretText.literal, value: text.value, secrets: [text.value]))
    }
    if secret?.template == SecretText.literal { warnOfLiteral(field) }
    return secret
  }
}
