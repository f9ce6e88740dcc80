import ArgumentParser
import CLinux
import Foundation
import Model

/// What the simulator's ledger says of first tokens: the truth that a client's stamps are held
/// against.
struct ServerLedger {
  /// From the request's arrival to the send of its first token, by the id that the client gave.
  private(set) var firstToken: [String: Nanos] = [:]
  /// How late each first token was, by the simulator's own plan.
  private(set) var lateMilliseconds: [Double] = []

  /// Bytes of a ledger so far.
  static func end(of path: String) throws -> Int {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? Int
    else {
      throw ValidationError(
        "--ledger \(path): there is no such file; streamgate-sim --ledger \(path) writes it.")
    }
    return size
  }

  /// Reads the lines after `start` once there are so many of them: the server writes them when it
  /// has nothing else to do.
  static func read(_ path: String, from start: Int, requests: Int) throws -> ServerLedger {
    for _ in 0..<100 {
      let ledger = try ServerLedger(path, from: start)
      if ledger.firstToken.count >= requests { return ledger }
      usleep(50_000)
    }
    throw ValidationError("\(path) does not have all of \(requests) requests")
  }

  private init(_ path: String, from start: Int) throws {
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    try file.seek(toOffset: UInt64(start))
    let data = try file.readToEnd() ?? Data()
    data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while let end = rest.firstIndex(of: 0x0A) {
        add(UnsafeRawBufferPointer(rebasing: rest[..<end]))
        rest = rest[(end + 1)...]
      }
    }
  }

  /// Most of a line is stamps of later tokens, which nobody asks for: the few that are wanted are
  /// searched.
  private mutating func add(_ line: UnsafeRawBufferPointer) {
    guard let received = number(line, "\"received_ns\":"),
      let sent = number(line, "\"token_sent_ns\":["), let due = number(line, "\"token_due_ns\":["),
      let id = text(line, "\"traceparent\":\"") ?? text(line, "\"request_id\":\"")
    else { return }
    firstToken[id] = Nanos(sent - received)
    lateMilliseconds.append(Nanos(sent - due).milliseconds)
  }

  private func number(_ line: UnsafeRawBufferPointer, _ name: String) -> Int64? {
    guard let start = place(line, after: name) else { return nil }
    let digits = line[start...].prefix { $0 >= 0x30 && $0 <= 0x39 }
    return digits.isEmpty ? nil : digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  private func text(_ line: UnsafeRawBufferPointer, _ name: String) -> String? {
    guard let start = place(line, after: name) else { return nil }
    return String(decoding: line[start...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
  }

  private func place(_ line: UnsafeRawBufferPointer, after name: String) -> Int? {
    var name = name
    return name.withUTF8 { wanted in
      guard let base = line.baseAddress,
        let found = streamgate_find(base, line.count, wanted.baseAddress, wanted.count)
      else { return nil }
      return found - base + wanted.count
    }
  }
}
