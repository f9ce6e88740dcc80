import Foundation

/// Certificates made for one test: an authority, a server of 127.0.0.1, and two clients, of which
/// one has an encrypted key.
public struct Certificates {
  /// The password of `encryptedKey`.
  public static let password = "key-pass-4711"

  let folder: TemporaryFolder

  /// Makes them by the system's openssl.
  public init(in folder: TemporaryFolder) throws {
    self.folder = folder
    try folder.write("subjectAltName=IP:127.0.0.1\n", to: "server.ext")
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    let authority = ["req", "-x509", "-subj", "/CN=test authority", "-days", "2"]
    try openssl(authority + key + ["-keyout", path("ca.key"), "-out", path("ca.pem")])
    try openssl(authority + key + ["-keyout", path("other.key"), "-out", path("other.pem")])
    for name in ["server", "client"] {
      let request = ["req", "-subj", "/CN=\(name)", "-keyout", path("\(name).key")]
      try openssl(request + key + ["-out", path("\(name).csr")])
      let sign = ["x509", "-req", "-days", "2", "-CA", path("ca.pem"), "-CAkey", path("ca.key")]
      let extensions = name == "server" ? ["-extfile", path("server.ext")] : []
      try openssl(
        sign + ["-CAcreateserial", "-in", path("\(name).csr"), "-out", path("\(name).pem")]
          + extensions)
    }
    try openssl([
      "ec", "-in", path("client.key"), "-aes256", "-passout", "pass:" + Self.password,
      "-out", path("encrypted.key"),
    ])
  }

  /// The path of `ca.pem`, `other.pem` (an authority that signed nothing), `server.pem`,
  /// `server.key`, `client.pem`, `client.key`, `encrypted.key`.
  public func path(_ name: String) -> String { folder.file(name).path(percentEncoded: false) }

  private func openssl(_ arguments: [String]) throws {
    let end = try RunningProcess.run("openssl", arguments)
    guard end.code == 0 else { throw RunningProcessError.ended(end) }
  }
}

/// A server behind TLS that answers every POST by a stream of one token and has nothing for a GET,
/// on a port of its own.
public final class TLSServer {
  private let process: RunningProcess
  /// Where it is.
  public let url: String

  /// Serves with `server.pem`; with `asksClient` only clients whose certificate the authority
  /// signed.
  public init(_ certificates: Certificates, asksClient: Bool = false) throws {
    let authority = asksClient ? certificates.path("ca.pem") : ""
    process = try RunningProcess(
      "python3",
      [
        "-c", TLSServer.program, certificates.path("server.pem"), certificates.path("server.key"),
        authority,
      ])
    url = "https://127.0.0.1:" + (try process.nextLine())
  }

  private static let program = #"""
    import http.server, ssl, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass
        def reply(self, status, kind, body):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def do_GET(self): self.reply(404, "application/json", b'{"message":"not here"}')
        def do_OPTIONS(self): self.reply(204, "text/plain", b"")
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/login":
                return self.reply(200, "application/json", b'{"access_token":"t"}')
            self.reply(200, "text/event-stream",
                b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n')
    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        def handle_error(self, *arguments): pass
        def finish_request(self, connection, address):
            connection.settimeout(30)
            try: connection = context.wrap_socket(connection, server_side=True)
            except (ssl.SSLError, OSError): return
            super().finish_request(connection, address)
            try: connection.unwrap().close()
            except (ssl.SSLError, OSError, ValueError): connection.close()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if sys.argv[3]:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(sys.argv[3])
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
    """#
}
