import ServerSentEvents
import Testing

@Suite(.serialized) struct StreamDeliveryTests {
    @Test func `S4-5 · a posted event reaches every stream of the workspace on every loop`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let streams = try await scene.streams(12, "ana") + scene.streams(12, "bo")

        let posted = try await scene.post(
            [
                "eventType": "message.sent", "sessionId": "s-1",
                "eventData": ["channelId": "general", "text": "Grüße, \"Welt\"\n\u{2028}", "length": 13],
            ], by: scene.client("bo"))

        var frames: Set<String> = []
        for stream in streams {
            let event = try await stream.next("event")
            frames.insert(event.data)
            #expect(event.id == posted["id"].string)
        }
        #expect(frames.count == 1)
        let event = try TestJSON(try #require(frames.first))
        #expect(event["eventType"].string == "message.sent" && event["userId"].string == "bo")
        #expect(event["timestamp"].string == event["occurredAt"].string && event["timestamp"].string?.count == 24)
        #expect(event["workspaceId"].string == scene.workspace && event["sessionId"].string == "s-1")
        for name in ["eventId", "seq", "id", "receivedAt"] { #expect(event[name] == posted[name], "\(name)") }
        #expect(event["entity"]["type"].string == "message" && event["entity"]["id"] == event["eventId"])
        #expect(event["eventData"]["text"].string == "Grüße, \"Welt\"\n\u{2028}")
        let metrics = try await scene.server.client().get("/metrics").text
        let loads = metrics.matches(of: /tideline_loop_connections\{loop="\d+"\} (\d+)/).compactMap { Int($0.1) }
        #expect(loads.count == 2 && loads.allSatisfy { $0 >= 8 }, "\(loads)")
    }

    @Test func `S4-5 · all streams of a workspace see one order, whoever posts at the same time`() async throws {
        let scene = try await StreamScene.start()
        let streams = try await scene.streams(3, "ana", query: "stats=off")

        try await withThrowingTaskGroup { group in
            for writer in 0..<4 {
                group.addTask {
                    let client = scene.client("bo")
                    for number in 1...25 { try await scene.post(StreamScene.tick(writer * 100 + number), by: client) }
                }
            }
            try await group.waitForAll()
        }
        let head = try await scene.head()

        var orders: [[String]] = []
        for stream in streams {
            if stream.lastEventID != head { _ = try await stream.next { $0.id == head } }
            orders.append(stream.logged.compactMap(\.id))
        }
        #expect(Set(orders).count == 1 && orders[0].count == 100)
        let sequences = streams[0].logged.compactMap { $0.json["seq"].int }
        #expect(sequences == Array((sequences.first ?? 0)..<(sequences.first ?? 0) + 100))
        for writer in 0..<4 {
            #expect(streams[0].ticks.filter { $0 / 100 == writer } == Array(writer * 100 + 1...writer * 100 + 25))
        }
    }

    @Test func `S4-5 · a batch reaches the streams in the order of its items`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.stream("ana", query: "stats=off")
        _ = try await stream.next("connected")

        var ids = try await scene.postTicks(1...500)
        ids += try await scene.postTicks(501...900, bytes: 2_000)

        #expect(try await stream.ticks(through: 900) == Array(1...900))
        #expect(stream.logged.compactMap(\.id) == ids)
    }

    @Test func `a stream filtered by type gets those types, and its position moves past the others`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_QUIET_HEARTBEAT": "1s"])
        let stream = try await scene.stream("ana", query: "stats=off&types=message.*,task.completed")
        _ = try await stream.next("connected")

        try await scene.post("task.created", ["taskId": "t"])
        try await scene.post("task.completed", ["taskId": "t"])
        try await scene.post("message.sent", ["channelId": "general"])
        try await scene.post("messages.custom")
        let last = try await scene.post("test.tick")
        // An id-only block goes before the ping; it dispatches nothing of its own.
        let ping = try await stream.next { $0.type == "ping" && $0.id == last["id"].string }

        #expect(stream.logged.compactMap { $0.json["eventType"].string } == ["task.completed", "message.sent"])
        #expect(ping.id == stream.lastEventID)
        let body = String(decoding: stream.body, as: UTF8.self)
        #expect(body.contains("\n\nid: \(stream.lastEventID)\n\n"))
    }

    @Test func `stats off and events off leave the other kind alone`() async throws {
        let settings = [
            "TIDELINE_STREAMS_STATS_INTERVAL": "500ms", "TIDELINE_STREAMS_QUIET_HEARTBEAT": "1s",
            "TIDELINE_STREAMS_HEARTBEAT": "1s",
        ]
        let scene = try await StreamScene.start(settings)
        let events = try await scene.stream("ana", query: "stats=off")
        let stats = try await scene.stream("ana", query: "events=off")
        for stream in [events, stats] { _ = try await stream.next("connected") }

        let posted = try await scene.post(StreamScene.tick(1), by: scene.client("bo"))
        _ = try await stats.next { $0.type == "stats" && $0.json["asOf"] == posted["seq"] }
        try await events.ticks(through: 1)
        _ = try await events.next("ping")
        // The stream of figures keeps its position fresh too, for a client that reopens it with events.
        _ = try await stats.next { $0.type == "ping" && $0.id == posted["id"].string }

        #expect(!events.events.contains { $0.type == "stats" })
        #expect(stats.logged.isEmpty)
    }

    @Test func `a stream that closes leaves no trace in the figures of the others`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
        let stays = try await scene.streams(1, "ana")
        let leaves = try await scene.streams(2, "bo")
        #expect(try await scene.snapshot()["meta"]["connections"].int == 3)

        leaves[0].close()
        leaves[1].reset()
        for stream in leaves {
            let id = stream.events.first?.json["connectionId"]
            _ = try await scene.server.logLine { $0["message"].string == "stream closed" && $0["connection"] == id }
        }

        let snapshot = try await scene.snapshot()
        #expect(snapshot["meta"]["connections"].int == 1)
        #expect(stays[0].end == nil)
    }
}
