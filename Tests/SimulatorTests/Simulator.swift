import Foundation
import Model
import TestKit
import Testing

/// A simulator on a free port, quick unless told otherwise, with a ledger.
final class Simulator {
  let port: UInt16
  private let process: RunningProcess
  private let folder: TemporaryFolder

  static let executable = RunningProcess.product("streamgate-sim")

  init(_ flags: String...) throws {
    folder = try TemporaryFolder()
    let quick = ["--port", "0", "--ttft", "0ms", "--gap", "0ms", "--ledger", "ledger.jsonl"]
      .map { [folder] in $0 == "ledger.jsonl" ? folder.path + "/" + $0 : $0 }
    let flags = flags.flatMap { $0.split(separator: " ").map(String.init) }
    process = try RunningProcess(Simulator.executable, quick + flags)
    let line = try process.nextLine()
    let prefix = "listening on http://127.0.0.1:"
    guard line.hasPrefix(prefix), let port = UInt16(line.dropFirst(prefix.count)) else {
      throw RawError(what: "first line: \(line)")
    }
    self.port = port
  }

  var ledgerPath: String { folder.path + "/ledger.jsonl" }

  func connect() throws -> RawConnection { try RawConnection(port: port) }

  /// One chat completion on a connection of its own.
  func chat(_ path: String = Wire.chat, _ body: String = Wire.body()) throws -> RawResponse {
    let connection = try connect()
    connection.send(Wire.post(path, body))
    return try connection.response()
  }

  func stop(signal: Int32 = 15) throws -> RunningProcess.End { try process.stop(signal: signal) }

  /// The requests in the ledger, as far as it is written.
  func requests() throws -> [JSONValue] {
    try ledger().filter { $0["type"] == .string("request") }
  }

  func ledger() throws -> [JSONValue] {
    try Data(contentsOf: folder.file("ledger.jsonl")).split(separator: 0x0A)
      .map { try JSONReader.parse(Array($0)) }
  }
}

/// Requests, and what replies are made of.
enum Wire {
  static let chat = "/v1/chat/completions"

  static func body(
    maxTokens: Int? = nil, streams: Bool = true, usage: Bool = false, prompt: String = "Hello."
  ) -> String {
    let limit = maxTokens.map { #""max_tokens":\#($0),"# } ?? ""
    let options = usage ? #""stream_options":{"include_usage":true},"# : ""
    return #"{"model":"m \"1\"",\#(limit)\#(options)"stream":\#(streams),"#
      + #""messages":[{"role":"user","content":"\#(prompt)"}]}"#
  }

  static func post(_ path: String = chat, _ body: String = body(), header: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: sim\r\n\(header)Content-Length: \(body.utf8.count)\r\n\r\n"
      + body
  }

  static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: sim\r\n\r\n" }
}

extension RawResponse {
  /// The data of each event: one event a chunk.
  func events() throws -> [String] {
    try chunks.map { chunk in
      guard chunk.hasPrefix("data: "), chunk.hasSuffix("\n\n") else {
        throw RawError(what: "not one event: \(chunk)")
      }
      return String(chunk.dropFirst(6).dropLast(2))
    }
  }

  /// The events as JSON, without the end marker.
  func objects() throws -> [JSONValue] {
    try events().filter { $0 != "[DONE]" }.map { try JSONReader.parse(Array($0.utf8)) }
  }

  /// The text of each event with text that is not empty.
  func words() throws -> [String] {
    try objects().compactMap {
      let text = $0["choices"]?.arrayValue?.first?["delta"]?["content"]?.stringValue
      return text == "" ? nil : text
    }
  }
}

extension JSONValue {
  /// A field that must be a list of whole numbers.
  func numbers(_ name: String) -> [Int] { self[name]?.arrayValue?.compactMap(\.intValue) ?? [] }
}
