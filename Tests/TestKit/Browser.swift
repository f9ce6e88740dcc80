public import Foundation
public import Model

/// A headless Chromium that a test steers through its DevTools protocol, over two named pipes.
public final class Browser {
  /// The browser's program, nil where none is installed.
  public static let program: String? = {
    let names = ["chromium", "chromium-headless-shell", "google-chrome"]
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// True where a test may go without: no browser is there, and this is no Debian, on which
  /// ci/test installs one.
  public static let isMissed: Bool = {
    guard program == nil else { return false }
    let release = try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)
    return release?.split(separator: "\n").contains("ID=debian") != true
  }()

  /// Milliseconds that the browser may take for an answer.
  private static let patienceMilliseconds: Int32 = 300_000

  private let folder: TemporaryFolder
  private let process: RunningProcess
  private let orders: Int32
  private let answers: Int32
  private var unread: [UInt8] = []
  private var lastID = 0
  private var session: String?
  /// What pages have reported since the last was opened: console messages, exceptions, and what the
  /// browser itself logs, such as something that a policy forbade.
  public private(set) var messages: [String] = []
  private var isLoaded = false

  /// Starts a browser with a profile of its own.
  public init() throws {
    guard let program = Browser.program else {
      throw BrowserError(what: "no chromium in PATH: ci/setup --browser installs one")
    }
    let folder = try TemporaryFolder()
    self.folder = folder
    func pipe(_ name: String) throws -> (path: String, descriptor: Int32) {
      let path = folder.path + "/" + name
      // Both ways, so that opening does not wait for the other side.
      guard mkfifo(path, 0o600) == 0 else { throw BrowserError(what: "mkfifo: \(errno)") }
      return (path, Glibc.open(path, O_RDWR | O_CLOEXEC))
    }
    let (input, output) = (try pipe("orders"), try pipe("answers"))
    (orders, answers) = (input.descriptor, output.descriptor)
    let options = [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--disable-extensions", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe",
      "--user-data-dir=\(folder.path)/profile",
    ]
    var variables = ProcessInfo.processInfo.environment
    variables["HOME"] = folder.path
    process = try RunningProcess(
      "bash",
      ["-c", "exec \"$@\" 3<\"$0/orders\" 4>\"$0/answers\"", folder.path, program] + options,
      environment: variables)
    let target = try call("Target.createTarget", ["url": .string("about:blank")])
    let attached = try call(
      "Target.attachToTarget",
      ["targetId": target["targetId"] ?? .null, "flatten": .bool(true)])
    session = attached["sessionId"]?.stringValue
    for domain in ["Page", "Runtime", "Log"] { _ = try call(domain + ".enable") }
  }

  deinit {
    _ = try? process.stop(signal: SIGKILL)
    close(orders)
    close(answers)
  }

  /// Opens a page in a window of that many pixels, for a reader who likes `light` or `dark`, and
  /// waits until it is loaded.
  public func open(_ page: URL, width: Int, height: Int = 800, scheme: String) throws {
    messages = []
    isLoaded = false
    _ = try call(
      "Emulation.setDeviceMetricsOverride",
      [
        "width": .integer(Int64(width)), "height": .integer(Int64(height)),
        "deviceScaleFactor": .integer(1), "mobile": .bool(false),
      ])
    let feature = JSONValue.object([
      JSONMember("name", .string("prefers-color-scheme")), JSONMember("value", .string(scheme)),
    ])
    _ = try call("Emulation.setEmulatedMedia", ["features": .array([feature])])
    let answer = try call("Page.navigate", ["url": .string(page.absoluteString)])
    if let error = answer["errorText"]?.stringValue { throw BrowserError(what: error) }
    while !isLoaded { take(try nextMessage()) }
  }

  /// The value of an expression in the page, as JSON.
  public func evaluate(_ expression: String) throws -> JSONValue {
    let answer = try call(
      "Runtime.evaluate", ["expression": .string(expression), "returnByValue": .bool(true)])
    if let details = answer["exceptionDetails"] {
      throw BrowserError(what: String(decoding: JSONWriter.bytes(details), as: UTF8.self))
    }
    return answer["result"]?["value"] ?? .null
  }

  // MARK: - The protocol

  private func call(
    _ method: String, _ parameters: KeyValuePairs<String, JSONValue> = [:]
  ) throws -> JSONValue {
    lastID += 1
    var members = [
      JSONMember("id", .integer(Int64(lastID))), JSONMember("method", .string(method)),
      JSONMember("params", .object(parameters.map { JSONMember($0.key, $0.value) })),
    ]
    if let session { members.append(JSONMember("sessionId", .string(session))) }
    try send(JSONWriter.bytes(.object(members)) + [0])
    while true {
      let message = try nextMessage()
      guard message["id"]?.intValue == lastID else {
        take(message)
        continue
      }
      guard let result = message["result"] else {
        throw BrowserError(
          what: method + ": " + String(decoding: JSONWriter.bytes(message), as: UTF8.self))
      }
      return result
    }
  }

  private func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(orders, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { throw BrowserError(what: "write: \(errno)") }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// The next answer or event; each ends in a zero byte.
  private func nextMessage() throws -> JSONValue {
    while true {
      if let end = unread.firstIndex(of: 0) {
        let message = Array(unread[..<end])
        unread.removeSubrange(...end)
        return try JSONReader.parse(message)
      }
      var readable = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
      guard poll(&readable, 1, Browser.patienceMilliseconds) > 0 else {
        let end = try process.stop(signal: SIGKILL)
        throw BrowserError(what: "the browser is silent; it had printed: \(end.errors)")
      }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = read(answers, &buffer, buffer.count)
      if count > 0 { unread += buffer[..<count] }
    }
  }

  private func take(_ event: JSONValue) {
    switch event["method"]?.stringValue {
    case "Page.loadEventFired": isLoaded = true
    case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
      messages.append(String(decoding: JSONWriter.bytes(event), as: UTF8.self))
    default: break
    }
  }
}

/// What went wrong between a test and its browser.
public struct BrowserError: Error, Sendable {
  /// What.
  public let what: String
}
