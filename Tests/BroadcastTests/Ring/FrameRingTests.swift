import Events
import Testing

@testable import Broadcast

/// `@testable`: the ring is internal to the shard, and the invariants are worth testing beside it.
struct FrameRingTests {
    private func node(_ first: Int64, count: Int) -> RingNode {
        var builder = FrameBlockBuilder(
            workspace: WorkspaceKey(1), workspaceID: WorkspaceID("w")!, epoch: Epoch("abcdefghij")!)
        for sequence in first..<(first + Int64(count)) {
            builder.append(
                Event(
                    workspace: WorkspaceKey(1), eventID: EventID("e\(sequence)")!, sequence: sequence,
                    type: EventType("a.b")!, user: UserID("u")!, session: nil, channel: nil, entity: nil, occurredAt: 0,
                    receivedAt: 0, data: Array("{}".utf8)),
                audience: nil)
        }
        return RingNode(builder.finish()!)
    }

    @Test func `blocks that follow each other are found by every sequence`() {
        var ring = FrameRing(next: 11)
        for (first, count) in [(11, 3), (14, 1), (15, 40)] { _ = ring.append(node(Int64(first), count: count)) }

        let found = (11..<55).map { ring.locate(Int64($0)).map { ring.node(at: $0).block.first } }

        #expect(found == Array(repeating: 11, count: 3) + [14] + Array(repeating: 15, count: 40))
        #expect(ring.locate(10) == nil && ring.locate(55) == nil)
        #expect(ring.lower == 11 && ring.next == 55)
    }

    @Test func `a block known already is dropped and one beyond a hole restarts the ring`() {
        var ring = FrameRing(next: 1)
        _ = ring.append(node(1, count: 5))

        let repeated = ring.append(node(3, count: 3))
        let beyond = ring.append(node(9, count: 2))

        #expect(repeated == .duplicate)
        #expect(beyond == .restarted)
        #expect(ring.lower == 9 && ring.next == 11)
    }

    @Test func `lag counts the bytes from a reader to the end`() {
        var ring = FrameRing(next: 1)
        let first = node(1, count: 2)
        let second = node(3, count: 2)
        _ = ring.append(first)
        _ = ring.append(second)

        #expect(ring.lag(from: 1) == first.block.bytes.count + second.block.bytes.count)
        #expect(ring.lag(from: 4) == second.block.entries[1].length)
        #expect(ring.lag(from: 5) == 0)
    }

    @Test func `eviction frees the oldest blocks and keeps the rest findable`() {
        var ring = FrameRing(next: 1)
        for first in 0..<100 { _ = ring.append(node(Int64(first) + 1, count: 1)) }

        for _ in 0..<70 { _ = ring.evictOldest() }

        #expect(ring.lower == 71 && ring.count == 30)
        #expect((71...100).allSatisfy { ring.locate($0).map { ring.node(at: $0).block.first } == $0 })
        #expect(ring.cost == (71...100).reduce(0) { $0 + ring.node(at: ring.locate($1)!).block.cost })
    }
}
