/// Checks of the store's address: a PostgreSQL URL, or a path of an SQLite file.
public enum StoreText {
  /// The schemes of addresses that are no path of a file.
  private static let schemes = ["postgres", "postgresql", "sqlite"]

  /// The scheme of an address if it is not known, else nil: a misspelt one would be the name of a
  /// file, with the password in it.
  public static func unknownScheme(of text: String) -> String? {
    guard let end = text.firstRange(of: "://") else { return nil }
    let scheme = String(text[..<end.lowerBound])
    return schemes.contains(scheme) ? nil : scheme
  }

  /// What to write instead of such a scheme.
  public static func remedy(for scheme: String) -> String {
    let meant = nearest(scheme, in: schemes).map { "\($0)://? " } ?? ""
    return meant + "a store is postgres://… or the path of a file"
  }

  /// The address if it is one line; a password in it that is no variable is a secret all the same.
  /// The messages say nothing of the value.
  static func check(_ text: SecretText) -> Result<SecretText, ValueError> {
    if text.value.isEmpty { return .failure(ValueError("the text is empty")) }
    if text.value.utf8.count > wordBytesMax || text.value.unicodeScalars.contains(where: isControl)
    {
      return .failure(ValueError("the text is too long or holds a control character"))
    }
    if let scheme = unknownScheme(of: text.value) {
      return .failure(
        ValueError("the scheme \(quoted(scheme)) is not known", remedy: remedy(for: scheme)))
    }
    guard let password = password(text.template).map(String.init),
      VariableText(password).names.isEmpty
    else {
      return .success(text)
    }
    return .success(
      SecretText(
        template: text.template.replacing(":\(password)@", with: ":\(SecretText.literal)@"),
        value: text.value,
        secrets: text.secrets + [password]))
  }

  /// The password in `scheme://user:password@host/…`, nil where there is none.
  private static func password(_ url: String) -> Substring? {
    guard let scheme = url.firstRange(of: "://") else { return nil }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
    guard let at = authority.lastIndex(of: "@"),
      let colon = authority[..<at].firstIndex(of: ":")
    else { return nil }
    let password = authority[authority.index(after: colon)..<at]
    return password.isEmpty ? nil : password
  }
}

extension SecretText {
  /// What is shown for a secret that stands in the plan itself.
  static let literal = "(literal)"
}
