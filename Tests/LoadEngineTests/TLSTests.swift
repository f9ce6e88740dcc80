import LoadEngine
import Model
import Plan
import TestKit
import Testing

@Suite("TLS: authorities, client certificates, and no verification where a plan says so")
struct TLSTests {
  private let certificates: Certificates

  init() throws {
    certificates = try Certificates(in: try TemporaryFolder())
  }

  private func outcomes(
    _ server: TLSServer, _ tls: TLSPlan
  ) async throws -> [Outcome] {
    var target = EngineFixture.target(server.url)
    target.tls = tls
    let job = EngineFixture.job(target, [EngineFixture.open(2)], warmConnections: 1)
    return try await EngineFixture.run(job).samples.map(\.outcome)
  }

  /// What the engine says before load, empty if it goes on.
  private func refusal(_ server: TLSServer, _ tls: TLSPlan) async throws -> String {
    do {
      _ = try await outcomes(server, tls)
      return ""
    } catch let error as EngineError {
      return error.description
    }
  }

  @Test("The plan's authority is trusted, the system's and another one are not")
  func authority() async throws {
    let server = try TLSServer(certificates)
    let own = TLSPlan(caFile: certificates.path("ca.pem"))
    #expect(try await outcomes(server, own) == [.complete, .complete])
    #expect(try await refusal(server, TLSPlan()).contains("certificate"))
    let other = TLSPlan(caFile: certificates.path("other.pem"))
    #expect(try await refusal(server, other).contains("transport code 60"))
  }

  @Test("Without verification any certificate will do")
  func insecure() async throws {
    let server = try TLSServer(certificates)
    let tls = TLSPlan(verification: .insecure)
    #expect(try await outcomes(server, tls) == [.complete, .complete])
  }

  @Test("Users log in over the same TLS as their requests go, at another host too")
  func login() async throws {
    let server = try TLSServer(certificates)
    let identity = try TLSServer(certificates, asksClient: true)
    var tls = TLSPlan(caFile: certificates.path("ca.pem"))
    tls.certificateFile = certificates.path("client.pem")
    tls.keyFile = certificates.path("client.key")
    let login = EngineFixture.login { $0.url = SecretText(identity.url) }
    var job = EngineFixture.job(server.url, login, [EngineFixture.open(2)])
    job.targets[0].tls = tls
    let (report, samples) = try await EngineFixture.run(job)
    #expect(samples.map(\.outcome) == [.complete, .complete])
    #expect(report.logins.attempts.map(\.isGranted) == [true])
    job.targets[0].tls = TLSPlan(caFile: certificates.path("ca.pem"))
    await #expect(throws: EngineError.self) { try await EngineFixture.run(job) }
  }

  @Test("A service that wants a client's certificate gets it, and its refusal is known before load")
  func clientCertificate() async throws {
    let server = try TLSServer(certificates, asksClient: true)
    var tls = TLSPlan(caFile: certificates.path("ca.pem"))
    let refused = try await refusal(server, tls)
    #expect(refused.hasPrefix("no TLS with"), "\(refused)")
    tls.certificateFile = certificates.path("client.pem")
    tls.keyFile = certificates.path("client.key")
    #expect(try await outcomes(server, tls) == [.complete, .complete])
  }

  @Test("An encrypted key is opened by its password, and asks nobody where there is none")
  func keyPassword() async throws {
    let server = try TLSServer(certificates, asksClient: true)
    var tls = TLSPlan(
      caFile: certificates.path("ca.pem"), certificateFile: certificates.path("client.pem"),
      keyFile: certificates.path("encrypted.key"))
    for password in [nil, "wrong"] {
      tls.keyPassword = password.map { SecretText($0) }
      let refusal = try await refusal(server, tls)
      #expect(refusal.contains("transport code 58"), "\(refusal)")
      #expect(!refusal.contains("wrong"))
    }
    tls.keyPassword = SecretText(Certificates.password)
    #expect(try await outcomes(server, tls) == [.complete, .complete])
  }
}
