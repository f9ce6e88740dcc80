import ArgumentParser
import CLinux
import Foundation
import Model

/// The least that a client can do: epoll, recv, one clock reading a read, and a scan for content.
/// No HTTP library, no JSON, no queue, no store. What an engine needs beyond it is its overhead.
final class FloorClient {
  private let load: LoadOptions
  private let port: UInt16
  private let streams: UnsafeMutablePointer<FloorStream>
  private let epoll: Int32
  private let buffer: UnsafeMutableRawPointer
  private let events: UnsafeMutablePointer<epoll_event>
  private var request: [UInt8]
  /// Where the request's number stands in `request`.
  private let numberPlace: Int
  private var start: Int64 = 0
  private var stop: Int64 = 0
  private var live = 0
  private var numberNext = 1
  private var result = ClientRun(
    requests: [], complete: 0, chunks: 0, cpu: 0, wall: 0, residentMegabytes: 0)

  private static let bufferBytes = 64 << 10
  private static let eventsMax: Int32 = 512
  private static let numberDigits = 9

  init(url: String, load: LoadOptions) throws {
    guard let parts = URLComponents(string: url), parts.host == "127.0.0.1", let port = parts.port
    else { throw ValidationError("--url \(url): the floor knows http://127.0.0.1:PORT only.") }
    self.load = load
    self.port = UInt16(clamping: port)
    let head =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
      + "Content-Type: application/json\r\nContent-Length: \(load.body.utf8.count)\r\n"
      + "X-Request-Id: \(getpid())-"
    numberPlace = head.utf8.count
    let number = String(repeating: "0", count: FloorClient.numberDigits)
    request = Array((head + number + "\r\n\r\n" + load.body).utf8)
    streams = .allocate(capacity: load.streams)
    buffer = .allocate(byteCount: FloorClient.bufferBytes, alignment: 64)
    events = .allocate(capacity: Int(FloorClient.eventsMax))
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0, streamgate_allow_open_files(Int64(load.streams + 64)) > load.streams else {
      throw ValidationError("the system allows too few open files for \(load.streams) streams")
    }
    _ = streamgate_set_timer_slack(1_000)
  }

  deinit {
    streams.deallocate()
    buffer.deallocate()
    events.deallocate()
    close(epoll)
  }

  /// Opens the streams over the ramp, asks again as soon as one has ended, and returns when the
  /// last one has.
  func run() throws -> ClientRun {
    let cpuStart = processCPUSeconds()
    start = streamgate_monotonic_nanos()
    stop = start + Nanos(seconds: load.seconds).rawValue
    let step = Nanos(seconds: load.ramp / Double(load.streams)).rawValue
    var opened = 0
    while opened < load.streams || live > 0 {
      var wait: Int64 = -1
      if opened < load.streams {
        let due = start + step * Int64(opened)
        wait = due - streamgate_monotonic_nanos()
        if wait <= 0 {
          try open(opened)
          opened += 1
          wait = 0
        }
      }
      let count = streamgate_epoll_wait(epoll, events, FloorClient.eventsMax, wait)
      for i in 0..<max(0, Int(count)) { try read(Int(events[i].data.u64)) }
    }
    result.wall = Nanos(streamgate_monotonic_nanos() - start).seconds
    result.residentMegabytes = residentMegabytes()
    result.cpu = processCPUSeconds() - cpuStart
    return result
  }

  private func open(_ index: Int) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw ValidationError("no connection to 127.0.0.1:\(port)") }
    var one: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    (streams + index).initialize(to: FloorStream(descriptor: descriptor))
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(index)))
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    live += 1
    try send(index)
  }

  private func send(_ index: Int) throws {
    let number = numberNext
    numberNext += 1
    var rest = number
    for place in stride(
      from: numberPlace + FloorClient.numberDigits - 1, to: numberPlace - 1, by: -1)
    {
      request[place] = 0x30 + UInt8(rest % 10)
      rest /= 10
    }
    streams[index].begin(number: number, at: streamgate_monotonic_nanos())
    let sent = request.withUnsafeBytes {
      Glibc.send(streams[index].descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard sent == request.count else { throw ValidationError("a request could not be sent whole") }
  }

  private func read(_ index: Int) throws {
    let stream = streams + index
    let count = recv(
      stream.pointee.descriptor, buffer, FloorClient.bufferBytes, Int32(MSG_DONTWAIT))
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    let now = streamgate_monotonic_nanos()
    if count > 0 { stream.pointee.feed(buffer, count, at: now) }
    guard count <= 0 || stream.pointee.hasEnded else { return }
    keep(stream.pointee)
    if count > 0, now < stop { return try send(index) }
    close(stream.pointee.descriptor)
    live -= 1
  }

  private func keep(_ stream: FloorStream) {
    result.chunks += stream.chunks
    if stream.hasMarker { result.complete += 1 }
    guard stream.first > 0 else { return }
    let digits = String(stream.number)
    let zeros = String(repeating: "0", count: FloorClient.numberDigits - digits.count)
    result.requests.append(
      ClientRun.Request(
        id: "\(getpid())-\(zeros)\(digits)", sent: Nanos(stream.sent - start),
        firstToken: Nanos(stream.first - stream.sent)))
  }
}
