import Glibc
import LoadEngine
import Model
import Plan
import Reports
import ResultStore

extension Failure {
  private static let hidden = Locked(HiddenEndpoints.none)

  /// The endpoints that no error may tell the place of: set once a plan is read.
  static var hiddenEndpoints: HiddenEndpoints {
    get { hidden.withLock { $0 } }
    set { hidden.withLock { $0 = newValue } }
  }

  /// The failure that an edge's error is to a user; nil for an error that nobody foresaw.
  init?(of error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as StoreError: self.init(error)
    case let error as FileError: self.init(error)
    case let error as EngineError: self.init(error)
    case let error as RecorderError: self.init(error)
    default: return nil
    }
  }

  /// Every problem of a plan, a line each.
  init(_ problems: PlanProblems, file: String) {
    let count = problems.problems.count
    self.init(
      .plan, "the plan has \(count) problem\(count == 1 ? "" : "s")",
      remedy: "streamgate plan --help, and docs/plan.md for every key")
    details = problems.problems.map { $0.text(file: file) }
  }

  /// Why a load cannot be put over the plan's.
  init(_ error: LoadOverrideError) {
    self.init(.usage, error.what, at: error.flag, remedy: error.remedy)
  }

  /// Why a plan file gave no plan.
  init(_ error: PlanFileError, file: String) {
    switch error {
    case .unreadable(let path, let why):
      self.init(
        .input, "the plan file cannot be read", at: path, because: why,
        remedy: "streamgate init writes one; --config names another")
    case .invalid(let problems):
      self.init(problems, file: file)
    }
  }

  /// What the store said.
  init(_ error: StoreError) {
    switch error {
    case .unreachable(let store, let reason):
      self.init(
        .unavailable, "the store does not answer", at: store, because: reason,
        remedy: "start the database, or name another one with --store")
    case .refused(let store, let reason):
      self.init(
        .refused, "the store refuses the credentials", at: store, because: reason,
        remedy: "PGUSER and PGPASSWORD, ~/.pgpass, or STREAMGATE_STORE")
    case .notWritable(let store, let reason):
      self.init(
        .notStored, "the store cannot be written", at: store, because: reason,
        remedy: "make it writable, or name another one with --store")
    case .missing(let store):
      self.init(
        .input, "there is no store here", at: store,
        remedy: "streamgate run makes one, streamgate runs import fills one")
    case .schemaTooNew(let store, let found, let known, let version):
      self.init(
        .input, "the store's schema \(found) is newer than this streamgate's \(known)", at: store,
        remedy: "install streamgate \(version) or later")
    case .schemaTooOld(let store, let found, let known):
      self.init(
        .input, "the store's schema \(found) is older than this streamgate's \(known)", at: store,
        remedy: "streamgate store migrate")
    case .busy(let store, let reason):
      self.init(
        .unavailable, "the store is locked or does not answer", at: store, because: reason,
        remedy: "wait for another run to end, or look after the database")
    case .failed(let store, let reason):
      self.init(.notStored, "a statement failed in the store", at: store, because: reason)
    case .damaged(let store, let reason):
      self.init(
        .input, "the store holds what streamgate did not write", at: store, because: reason,
        remedy: "streamgate store check")
    case .unknownRun(let id):
      self.init(.input, "no run has the id \(id)", remedy: "streamgate runs list")
    case .ambiguousRun(let id, let matches):
      self.init(
        .input, "several runs begin with \(id)",
        because: matches.prefix(5).joined(separator: ", "), remedy: "give more of the id")
    case .runExists(let id):
      self.init(.input, "a run with the id \(id) is stored already")
    case .nameTooLong(let field, let bytes):
      self.init(
        .input, "a run's \(field) of \(bytes) bytes is longer than a store allows",
        remedy: "a shorter name")
    }
  }

  /// What the engine said; of an endpoint whose address is a secret by the plan's word for it.
  init(_ error: EngineError) {
    func place(_ host: String, _ port: Int) -> String {
      Failure.hiddenEndpoints.name(host: host, port: port) ?? "\(host):\(port)"
    }
    switch error {
    case .badURL(let url):
      self.init(.plan, "target.url is no http or https URL", at: url)
    case .unknownDialect(let name):
      self.init(
        .plan, "no dialect is called \(name)",
        remedy: "one of " + RequestForm.all.map(\.dialect).joined(separator: ", "))
    case .unresolved(let host, let code):
      self.init(
        .unavailable, "the endpoint's name has no address",
        at: Failure.hiddenEndpoints.name(host: host) ?? host,
        because: String(cString: gai_strerror(Int32(code))),
        remedy: "check target.url and the resolver")
    case .unreachable(let host, let port, let within, let systemError):
      self.init(
        .unavailable, "the endpoint takes no connection", at: place(host, port),
        because: systemError.map { String(cString: strerror(Int32($0))) }
          ?? "no answer within \(within.seconds) s",
        remedy: "start the service, check target.url, or raise target.timeouts.connect")
    case .tls(let host, let port, let code, let reason):
      self.init(
        .unavailable, "the endpoint's TLS cannot be agreed on", at: place(host, port),
        because: Failure.hiddenEndpoints.masked(reason) + " (libcurl code \(code))",
        remedy: "check its certificate; target.tls names an authority and a client's certificate")
    case .login(let url, let account, let failure):
      self.init(login: failure, at: url, account: account)
    case .openFiles(let allowed, let needed, let engines):
      self.init(
        .unavailable, "the load needs \(needed) open files, the system allows \(allowed)",
        because: "every stream that may be open at once (limits.inFlight) needs a socket",
        remedy: EngineError.openFilesRemedy(
          allowed: allowed, needed: needed, engines: engines))
    case .system(let call, let code):
      self.init(
        .defect, "the system refused \(call)", because: String(cString: strerror(Int32(code))))
    case .transport(let call, let code):
      self.init(.defect, "libcurl refused \(call)", because: "code \(code)")
    case .stopped:
      self.init(.interrupted, "stopped before a request was sent")
    }
  }
}

extension Failure {
  /// What is wrong with a `result.json`; `hint` is what to try where it is something else.
  init(_ error: ResultFileError, at path: String, hint: String? = nil) {
    switch error {
    case .tooLarge(let bytes):
      self.init(.input, "\(bytes) bytes are too many for a result.json", at: path)
    case .notJSON(let error):
      self.init(.input, "no JSON at byte \(error.offset): \(error.what)", at: path)
    case .notAResult:
      self.init(
        .input, "no result.json", at: path,
        remedy: hint)
    case .otherFormat(let format):
      self.init(
        .input, "a result in format \(format), this streamgate reads \(ResultFile.format)",
        at: path, remedy: "install the streamgate that wrote it, or a later one")
    case .wrongField(let error):
      self.init(.input, "\(error.field) \(error.what)", at: path)
    }
  }

  /// What is wrong with a baseline file.
  init(baseline error: FileError) {
    self.init(error)
    if case .wrong = error {
      remedy =
        "resolve what a merge left in it, or streamgate baseline export to write it anew; one of "
        + "another format is read by the streamgate that wrote it"
    }
  }

  /// Why no metrics can be served.
  init(_ error: MetricsServerError) {
    self.init(
      .unavailable, "the metrics' port cannot be opened", at: "127.0.0.1:\(error.port)",
      because: String(cString: strerror(error.code)),
      remedy: "another port, or --metrics 0 for a free one")
  }

  /// Why a recording could not start.
  init(_ error: RecorderError) {
    switch error {
    case .store(let error): self.init(error)
    case .spool(let error): self.init(error)
    case .noThread(let code):
      self.init(
        .unavailable, "the system gives no thread", because: String(cString: strerror(code)))
    }
  }

  /// What is wrong with a file.
  init(_ error: FileError) {
    switch error {
    case .unreadable(let path, let reason):
      self.init(.input, "the file cannot be read", at: path, because: reason)
    case .wrong(let path, let line, let what):
      self.init(.input, what, at: line.map { "\(path):\($0)" } ?? path)
    case .notWritten(let path, let reason):
      self.init(.notStored, "the file cannot be written", at: path, because: reason)
    }
  }
}

extension Failure {
  /// A run whose every request was refused: the credentials are wrong. Nil for any other run.
  init?(refusedBy samples: [StreamSample]) {
    let counted = samples.filter(\.outcome.isCounted)
    guard let first = counted.first, counted.allSatisfy({ $0.outcome == .auth }) else { return nil }
    self.init(
      .refused, "the service refused the credentials of all \(counted.count) requests",
      because: first.evidence.map { "\($0.detail) \($0.excerpt)" },
      remedy: "check target.headers or target.login and their variables with streamgate check")
  }
}
