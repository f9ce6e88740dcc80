import Foundation
import Model
import TestKit
import Testing

@testable import ResultStore

@Suite("Streams files")
struct StreamsFileTests {
  private func file(_ runID: String) -> StreamsFile {
    let header = Build.header(runID: runID)
    let streams = (0..<3).map {
      RecordedStream(
        sample: Build.success(seq: $0),
        reads: [RecordedRead(at: .milliseconds(3), bytes: 5, contentEvents: 1)],
        body: RecordedBody(bytes: Array("text \($0)".utf8)))
    }
    return StreamsFile(header: header, mode: .full, streams: streams)
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  @Test("A file reads back as it was, and only its owner may read it")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let streams = StreamsFolder(in: folder.path + "/.streamgate")
    try streams.write(file("run"))
    let path = try #require(streams.path("run"))
    #expect(path == folder.path + "/.streamgate/streams/run.jsonl.gz")
    #expect(try StreamsFile.read(path) == file("run"))
    #expect(try mode(path) == 0o600)
    #expect(try mode(folder.path + "/.streamgate/streams") == 0o700)
    try file("run").write(to: folder.path + "/out.gz")
    #expect(try mode(folder.path + "/out.gz") == 0o600)
  }

  @Test("The oldest files go, by number and by size; the newest stays")
  func limits() throws {
    let folder = try TemporaryFolder()
    let streams = StreamsFolder(in: folder.path)
    func names() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path + "/streams").sorted()
    }
    func age(_ runID: String, seconds: Double) throws {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -seconds)],
        ofItemAtPath: try #require(streams.path(runID)))
    }
    for (index, runID) in ["a", "b", "c", "d"].enumerated() {
      try streams.write(file(runID), filesMax: 3)
      try age(runID, seconds: Double(100 - index))
    }
    #expect(try names() == ["b.jsonl.gz", "c.jsonl.gz", "d.jsonl.gz"])
    try streams.write(file("e"), bytesMax: 1)
    #expect(try names() == ["e.jsonl.gz"])
    try streams.write(file("f"))
    try age("f", seconds: 7_200)
    let hourAgo = UnixNanos(Int64((Date().timeIntervalSince1970 - 3_600) * 1e9))
    #expect(streams.prune(writtenBefore: hourAgo) == 1)
    #expect(try names() == ["e.jsonl.gz"])
    streams.remove("e")
    #expect(try names().isEmpty)
  }

  @Test("An id that is no name of a file has no place", arguments: ["", ".", "../x", "a/b", "a\n"])
  func badID(id: String) throws {
    let folder = try TemporaryFolder()
    #expect(StreamsFolder(in: folder.path).path(id) == nil)
  }

  @Test(
    "What is no streams file is refused with its line",
    arguments: [
      ("", nil), ("{}\n", 1), ("x\n", 1),
      (#"{"type":"streams","format":"streamgate-streams/2"}"#, 1),
      (#"{"format":"streamgate-streams/1","recorder":"all"}"#, 1),
    ] as [(String, Int?)])
  func wrong(text: String, line: Int?) throws {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "s.jsonl")
    let path = folder.path + "/s.jsonl"
    #expect {
      try StreamsFile.read(path)
    } throws: { error in
      guard case FileError.wrong(path, line, _) = error else { return false }
      return true
    }
  }

  @Test("A file with a damaged stream is refused with its line")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/s.gz"
    try file("run").write(to: path)
    var lines = try LineReader(path: path)
    let first = try #require(try lines.next())
    try folder.write(String(decoding: first, as: UTF8.self) + "\n{\"id\":1}\n", to: "cut.jsonl")
    #expect {
      try StreamsFile.read(folder.path + "/cut.jsonl")
    } throws: { error in
      guard case FileError.wrong(_, 2, _) = error else { return false }
      return true
    }
  }
}
