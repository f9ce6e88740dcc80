import Foundation
import Model
import Testing

@Suite("Locked values and the batch queue")
struct BatchQueueTests {
  @Test("A drain takes all batches in the order of the pushes")
  func order() {
    let queue = BatchQueue<Int>()
    queue.push([1, 2])
    queue.push([])
    queue.push([3])
    #expect(queue.count == 3)
    #expect(queue.drain() == [1, 2, 3])
    #expect(queue.count == 0)
  }

  @Test("A closed queue gives what it holds, then nil, and takes nothing")
  func close() {
    let queue = BatchQueue<Int>()
    queue.push([1])
    queue.close()
    #expect(queue.push([2]) == false)
    #expect(queue.refused == 1)
    #expect(queue.drain() == [1])
    #expect(queue.drain() == nil)
  }

  @Test("A batch beyond the limit is refused whole and counted")
  func limit() {
    let queue = BatchQueue<Int>(limit: 3)
    #expect(queue.push([1, 2]))
    #expect(queue.push([3, 4]) == false)
    #expect(queue.push([5]))
    #expect(queue.refused == 2)
    #expect(queue.drain() == [1, 2, 5])
  }

  @Test("A thread that drains sees every element of a thread that pushes, once and in order")
  func threads() {
    let queue = BatchQueue<Int>()
    let seen = Locked<[Int]?>(nil)
    Thread.detachNewThread {
      var all: [Int] = []
      while let batch = queue.drain() { all.append(contentsOf: batch) }
      seen.withLockNotifying { $0 = all }
    }
    for batch in 0..<1_000 { queue.push((0..<7).map { batch * 7 + $0 }) }
    queue.close()
    let all = seen.withLock(when: { $0 != nil }) { $0 }
    #expect(all == Array(0..<7_000))
  }

  @Test("Threads that add under the lock lose no addition")
  func additions() {
    let total = Locked(0)
    let ended = Locked(0)
    for _ in 0..<4 {
      Thread.detachNewThread {
        for _ in 0..<10_000 { total.withLock { $0 += 1 } }
        ended.withLockNotifying { $0 += 1 }
      }
    }
    let sum = ended.withLock(when: { $0 == 4 }) { _ in total.withLock { $0 } }
    #expect(sum == 40_000)
  }
}
