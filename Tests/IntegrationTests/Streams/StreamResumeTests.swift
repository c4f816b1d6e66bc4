import Foundation
import ServerSentEvents
import Testing

@Suite(.serialized) struct StreamResumeTests {
    @Test func `a resume brings everything after the position, then what is live`() async throws {
        let scene = try await StreamScene.start()
        let ids = try await scene.postTicks(1...600)

        let stream = try await scene.stream("ana", lastEventID: ids[99])
        _ = try await stream.ticks(through: 600)
        try await scene.postTicks(601...605)

        #expect(try await stream.ticks(through: 605) == Array(101...605))
        #expect(!stream.events.contains { $0.type == "reset" })
    }

    @Test func `Last-Event-ID wins over the query, which counts without it`() async throws {
        let scene = try await StreamScene.start()
        let ids = try await scene.postTicks(1...6)

        let both = try await scene.stream("ana", query: "lastEventId=\(ids[0])", lastEventID: ids[3])
        let query = try await scene.stream("ana", query: "lastEventId=\(ids[0])")
        let empty = try await scene.stream("ana", query: "lastEventId=\(ids[0])", headers: ["Last-Event-ID": ""])

        #expect(try await both.ticks(through: 6) == [5, 6])
        #expect(try await query.ticks(through: 6) == Array(2...6))
        #expect(try await empty.ticks(through: 6) == Array(2...6))
    }

    @Test(arguments: ["abcdefghij-2", "not-a-position", "abcdefghij-9223372036854775808"])
    func `a position that this log did not give is reset to its head`(position: String) async throws {
        let scene = try await StreamScene.start()
        let head = try #require(try await scene.postTicks(1...3).last)

        let stream = try await scene.stream("ana", lastEventID: position)
        let opening = try await stream.events { $0.type == "stats" }
        let next = try #require(opening[1].json["next"].string)
        let log = try await scene.log(as: "ana", after: next)
        try await scene.postTicks(4...4)

        #expect(opening.map(\.type) == ["connected", "reset", "stats"])
        #expect(opening[0].id == position && opening[1].id == head)
        #expect(opening[1].json["reason"].string == "epoch" && opening[1].json["head"].string == head)
        #expect(head.hasSuffix("-\(opening[2].json["asOf"].int ?? 0)"))
        #expect(log.compactMap { $0["eventData"]["n"].int } == [1, 2, 3])
        #expect(try await stream.ticks(through: 4) == [4])
    }

    @Test func `a resume at the head is exact, one ahead of it is a reset`() async throws {
        let scene = try await StreamScene.start()
        let head = try #require(try await scene.postTicks(1...3).last)
        let parts = head.split(separator: "-")

        let exact = try await scene.stream("ana", lastEventID: head)
        let ahead = try await scene.stream("ana", lastEventID: "\(parts[0])-\((Int(parts[1]) ?? 0) + 1)")
        _ = try await exact.next("stats")
        let reset = try await ahead.next("reset")
        try await scene.postTicks(4...4)

        #expect(reset.json["reason"].string == "ahead" && reset.id == head)
        #expect(try await exact.ticks(through: 4) == [4])
        #expect(try await ahead.ticks(through: 4) == [4])
        #expect(!exact.events.contains { $0.type == "reset" })
    }

    @Test func `more than one resume may replay is told before it begins, and the log can be paged`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_REPLAY_LIMIT": "64KiB"])
        let ids = try await scene.postTicks(1...600)

        let stream = try await scene.stream("ana", lastEventID: ids[0])
        let opening = try await stream.events { $0.type == "stats" }
        try await scene.postTicks(601...601)
        let live = try await stream.ticks(through: 601)

        #expect(opening.map(\.type) == ["connected", "reset", "stats"] && live == [601])
        #expect(opening[1].json["reason"].string == "too_far" && opening[1].id == ids.last)
        #expect(opening[1].json["next"].string == ids[0])
        let rest = try await scene.log(as: "ana", after: ids[0])
        #expect(rest.compactMap { $0["eventData"]["n"].int } == Array(2...601))
    }

    @Test func `a replay that grows past the limit on its way tells where it stopped`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_REPLAY_LIMIT": "64KiB"])
        let ids = try await scene.postTicks(1...200, bytes: 4_000)

        let stream = try await scene.stream("ana", query: "stats=off", lastEventID: ids[0])
        let reset = try await stream.next("reset")
        let before = stream.ticks
        try await scene.postTicks(201...201)
        _ = try await stream.ticks(through: 201)

        #expect(reset.json["reason"].string == "too_far" && reset.id == ids.last)
        // What came is the beginning without a gap; `next` is the last of it, and the log has the rest.
        #expect(!before.isEmpty && before == Array(2...(before.count + 1)) && before.count < 199)
        let next = try #require(reset.json["next"].string)
        #expect(next == ids[before.count])
        let rest = try await scene.log(as: "ana", after: next).compactMap { $0["eventData"]["n"].int }
        #expect(before + rest == Array(2...201))
        #expect(stream.ticks == before + [201])
    }

    @Test func `S4-18 · twenty reconnects while others write leave no gap and no duplicate`() async throws {
        let scene = try await StreamScene.start()
        let total = 300
        var position = try await scene.head()
        var seen: [Int] = []

        try await withThrowingTaskGroup { group in
            group.addTask {
                let client = scene.client("bo")
                for number in 1...total { try await scene.post(StreamScene.tick(number), by: client) }
            }
            for round in 1...20 {
                let stream = try await scene.stream("ana", lastEventID: position)
                try await stream.ticks(through: min(total, max(round * 14, (seen.last ?? 0) + 1)))
                // In turn like a crash and like a closed tab; what arrived in between counts as seen.
                if round.isMultiple(of: 2) { stream.reset() } else { stream.close() }
                _ = try await stream.waitEnd()
                seen += stream.ticks
                position = stream.lastEventID
            }
            try await group.waitForAll()
        }
        let last = try await scene.stream("ana", lastEventID: position)
        if seen.last != total { seen += try await last.ticks(through: total) }

        #expect(seen == Array(1...total))
    }
}
