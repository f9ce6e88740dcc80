/// How a target's TLS is agreed on.
public struct TLSPlan: Sendable, Equatable {
  /// Path of a file of certificates to trust, nil for the system's.
  public var caFile: String?
  /// Path of the client's certificate in PEM, nil for none.
  public var certificateFile: String?
  /// Path of its private key in PEM, nil where the certificate's file holds it.
  public var keyFile: String?
  /// What the key is encrypted by, nil for a plain one.
  public var keyPassword: SecretText?
  /// How far the service must prove who it is.
  public var verification: TLSVerification

  /// TLS of these parts; by default the system's trust and no client certificate.
  public init(
    caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
    keyPassword: SecretText? = nil, verification: TLSVerification = .full
  ) {
    self.caFile = caFile
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    self.keyPassword = keyPassword
    self.verification = verification
  }

  /// The files that it names, by the plan's keys.
  public var files: [(key: String, path: String)] {
    [("ca", caFile), ("cert", certificateFile), ("key", keyFile)].compactMap { key, path in
      path.map { (key, $0) }
    }
  }

  /// The same with each file's path replaced.
  public func mapFiles(_ replace: (String) -> String) -> TLSPlan {
    var copy = self
    copy.caFile = caFile.map(replace)
    copy.certificateFile = certificateFile.map(replace)
    copy.keyFile = keyFile.map(replace)
    return copy
  }
}

/// How far a service must prove who it is.
public enum TLSVerification: String, Sendable, CaseIterable {
  /// Its certificate is trusted, and is its host's.
  case full
  /// Not at all: anybody between could read the credentials.
  case insecure
}
