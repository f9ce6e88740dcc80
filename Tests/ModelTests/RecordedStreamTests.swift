import Model
import TestKit
import Testing

@Suite("Recorded streams")
struct RecordedStreamTests {
  @Test("A stream reads back from its line as it was, whatever the service sent")
  func roundTrip() throws {
    for seed in 0..<20 as Range<UInt64> {
      var random = RandomRun(seed: seed)
      let header = random.header(runID: "run")
      for sample in random.samples(10, header: header) {
        let stream = RecordedStream(
          sample: sample, ranks: StreamRanks(ttft: 1, gap: nil, failure: 3), over: random.time(),
          traceID: "abc",
          headers: [RecordedHeader(name: random.text(), value: random.text())],
          reads: [RecordedRead(at: random.time(), bytes: random.count(), contentEvents: 2)],
          readsOmitted: 7,
          lastReads: [RecordedRead(at: random.time(), bytes: 1, contentEvents: 0)],
          body: RecordedBody(bytes: [0, 255, 10], bytesOmitted: 9, lastBytes: [128]))
        let line = JSONWriter.bytes(stream.json(header))
        #expect(try RecordedStream(json: JSONReader.parse(line), header: header) == stream)
      }
    }
  }

  @Test("A line of another run's profile is refused")
  func foreign() throws {
    let header = Build.header(runID: "run")
    let line = RecordedStream(sample: Build.success(seq: 17)).json(header)
    #expect(line["id"] == .string("sustained/short/17"))
    let other = Build.header(runID: "run", profiles: ["stress"])
    #expect(throws: FieldError.self) { try RecordedStream(json: line, header: other) }
  }

  @Test("What is kept of a body is found by offsets into the whole")
  func offsets() {
    let body = RecordedBody(bytes: [0, 1, 2], bytesOmitted: 4, lastBytes: [7, 8])
    #expect(body.count == 9)
    #expect(body.kept(0..<9) == [0, 1, 2, 7, 8])
    #expect(body.kept(2..<8) == [2, 7])
    #expect(body.kept(3..<7).isEmpty && body.kept(8..<20) == [8])
  }
}
