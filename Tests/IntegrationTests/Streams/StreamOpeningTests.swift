import Foundation
import ServerSentEvents
import Testing

@Suite(.serialized) struct StreamOpeningTests {
    /// RFC 3339 in UTC with milliseconds.
    private static func isTimestamp(_ value: TestJSON) -> Bool {
        value.string?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil
    }

    private static func date(_ value: TestJSON) throws -> Date {
        try Date(value.string ?? "", strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    @Test func `S4-2 · a stream opens with connected, its id and its place in the log`() async throws {
        let scene = try await StreamScene.start()
        let posted = try await scene.post("test.tick")

        let stream = try await scene.stream("ana")
        let connected = try await stream.next()

        #expect(connected.type == "connected")
        #expect(connected.json["connectionId"].string?.hasPrefix("conn_") == true)
        #expect(connected.json["workspaceId"].string == scene.workspace)
        #expect(Self.isTimestamp(connected.json["timestamp"]))
        #expect(connected.json["heartbeat"].int == 30_000)
        #expect(connected.id == posted["id"].string)
        // The server spreads reconnections: 2 s and up to half as much again.
        #expect((2_000...3_000).contains(stream.retry ?? 0))
    }

    @Test func `S4-2 · connected of a resumed stream has no id, so that a cut behind it loses nothing`() async throws {
        let scene = try await StreamScene.start()
        let ids = try await scene.postTicks(1...2)

        let stream = try await scene.stream("ana", query: "stats=off", lastEventID: ids[0])
        try await stream.ticks(through: 2)

        let first = String(decoding: stream.body, as: UTF8.self).components(separatedBy: "event: event").first ?? ""
        let opening = first.components(separatedBy: "event: connected").last ?? ""
        #expect(opening.hasPrefix("\ndata: {"))
        #expect(stream.events.first?.id == ids[0] && stream.ticks == [2])
    }

    @Test func `S4-13 · connection ids are unique over loops, users and reopened places`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        var ids: [String] = []

        for _ in 0..<3 {
            let streams = try await scene.streams(12, "ana") + scene.streams(12, "bo")
            ids += streams.compactMap { $0.events.first?.json["connectionId"].string }
            for stream in streams { stream.close() }
        }

        #expect(ids.count == 72 && Set(ids).count == 72)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /[A-Za-z0-9._-]{8,64}/) != nil })
    }

    @Test func `S4-3 · stats come at once, flat, and again each interval with what has happened`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_STATS_INTERVAL": "1s"])
        let stream = try await scene.stream("ana")

        let first = try await stream.events { $0.type == "stats" }
        let posted = try await scene.post("message.sent", ["channelId": "general"], as: "bo")
        let seq = try #require(posted["seq"].int)
        let later = try await stream.next { $0.type == "stats" && ($0.json["asOf"].int ?? 0) >= seq }

        #expect(first.map(\.type) == ["connected", "stats"])
        let figures = [
            "activeUsers", "onlineUsers", "activeSessions", "messagesLastHour", "messagesToday", "activeChannels",
            "activeOrchestrators", "tasksInProgress", "asOf",
        ]
        let stats = try #require(first.last).json
        #expect(stats.object.keys.sorted() == (figures + ["eventCounts", "timestamp"]).sorted())
        for figure in figures { #expect(stats[figure].int != nil, "\(figure)") }
        // A sample of the same second may be older than the stream itself.
        #expect(Self.isTimestamp(stats["timestamp"]) && later.json["onlineUsers"].int == 1)
        #expect(stats["messagesToday"].int == 0 && later.json["messagesToday"].int == 1)
        #expect(later.json["activeChannels"].int == 1 && later.json["eventCounts"]["message.sent"].int == 1)
    }

    @Test func `S4-4, S4-10 · pings carry epoch milliseconds, each heartbeat`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_HEARTBEAT": "1s"])
        let before = Int(Date().timeIntervalSince1970 * 1_000)
        let stream = try await scene.stream("ana")
        let quiet = try await scene.stream("ana", query: "stats=off")

        let first = try #require(try await stream.next("ping").json["timestamp"].int)
        let second = try #require(try await stream.next("ping").json["timestamp"].int)
        _ = try await quiet.next("ping")

        #expect((before + 900...before + 9_000).contains(first))
        #expect((900...3_000).contains(second - first))
        #expect(stream.events.first?.json["heartbeat"].int == 1_000)
    }

    @Test func `S4-11 · without settings stats come every five seconds`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.stream("ana")

        _ = try await stream.next("stats")
        let first = try await stream.next("stats", within: .seconds(8))
        let second = try await stream.next("stats", within: .seconds(8))

        let gap = try Self.date(second.json["timestamp"]).timeIntervalSince(Self.date(first.json["timestamp"]))
        #expect((4.5...6.5).contains(gap))
        stream.close()
    }

    @Test func `S4-12 · a stream that has reached its greatest age closes cleanly and says so`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_MAX_AGE": "5s"])
        let start = ContinuousClock.now
        let streams = try await scene.streams(6, "ana")

        var ages: [Duration] = []
        for stream in streams {
            let closing = try await stream.closing()
            ages.append(.now - start)
            #expect(closing["reason"].string == "max_age")
            #expect((2_000...3_000).contains(closing["retryMs"].int ?? 0) && stream.retry == closing["retryMs"].int)
            #expect(stream.events.last?.type == "closing")
        }

        // Jittered to 80–100 %, so that streams opened together do not return together.
        #expect(ages.allSatisfy { $0 > .milliseconds(3_800) && $0 < .seconds(9) })
        #expect(try await scene.snapshot()["meta"]["connections"].int == 0)
    }
}
