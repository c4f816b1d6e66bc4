import Testing

@Suite(.serialized) struct StreamLogTests {
    private static let debug = ["TIDELINE_LOG_LEVEL": "debug"]

    /// The line that `message` wrote about a stream.
    private func line(_ message: String, of stream: StreamReader, _ scene: StreamScene) async throws -> TestJSON {
        let connection = stream.events.first?.json["connectionId"]
        return try await scene.server.logLine { $0["message"].string == message && $0["connection"] == connection }
    }

    @Test func `S4-17 · opening, resuming and closing are logged with who, where and why`() async throws {
        let scene = try await StreamScene.start(Self.debug)
        let head = try await scene.head()
        let fresh = try await scene.streams(1, "ana")[0]
        let resumed = try await scene.stream("bo", lastEventID: head)
        _ = try await resumed.next("connected")

        let opened = try await line("stream opened", of: fresh, scene)
        let again = try await line("stream resumed", of: resumed, scene)
        fresh.close()
        let left = try await line("stream closed", of: fresh, scene)
        _ = try await scene.client(StreamScene.admin).delete(scene.path)
        let closed = try await line("stream closed", of: resumed, scene)

        for entry in [opened, again, left, closed] {
            #expect(entry["level"].string == "debug" && entry["workspace"].string == scene.workspace)
        }
        #expect(opened["user"].string == "ana" && again["user"].string == "bo" && again["after"].string == head)
        #expect(opened["request"].string == fresh.head.header("X-Request-Id"))
        #expect(left["reason"].string == "client" && closed["reason"].string == "admin")
        #expect((left["age.ms"].double ?? -1) >= 0)
    }

    @Test func `S4-17 · a stream that breaks is logged with its error`() async throws {
        let scene = try await StreamScene.start(Self.debug)
        let stream = try await scene.streams(1, "ana")[0]

        stream.reset()
        let failed = try await line("stream failed", of: stream, scene)
        let closed = try await line("stream closed", of: stream, scene)

        #expect(failed["error"].string?.isEmpty == false && failed["user"].string == "ana")
        #expect(closed["reason"].string == "client")
    }

    @Test func `S4-17 · a tracked event is logged without its content, a refused stream with its reason`() async throws
    {
        let scene = try await StreamScene.start(Self.debug.merging(["TIDELINE_STREAMS_MAX_CONNECTIONS": "1"]) { $1 })
        let only = try await scene.streams(1, "ana")[0]

        let reply = try await scene.client("bo").post(
            scene.path, ["eventType": "message.sent", "eventData": ["channelId": "general", "text": "confidential"]])
        let tracked = try await scene.server.logLine("event tracked")
        _ = await #expect(throws: StreamRefusal.self) { try await scene.stream("bo") }
        let refused = try await scene.server.logLine("stream refused")
        only.close()

        #expect(tracked["type"].string == "message.sent" && tracked["user"].string == "bo")
        #expect(try tracked["seq"] == reply.json["seq"] && tracked["request"].string == reply.header("X-Request-Id"))
        #expect(refused["user"].string == "bo" && refused["reason"].string == "busy")
        #expect(!scene.server.log.contains { $0.contains("confidential") || $0.contains("Bearer") })
        #expect(!scene.server.log.contains { $0.contains(scene.token("bo").suffix(20)) })
    }

    @Test func `S4-17 · at the usual level, streams and events are not logged one by one`() async throws {
        let scene = try await StreamScene.start()
        let stream = try await scene.streams(1, "ana")[0]
        try await scene.postTicks(1...2)
        try await scene.post(StreamScene.tick(3), by: scene.client("bo"))
        try await stream.ticks(through: 3)
        stream.reset()

        scene.server.terminate()
        #expect(try await scene.server.waitExit() == 0)

        let messages = try scene.server.log.map { try TestJSON($0)["message"].string ?? "" }
        #expect(!messages.contains { $0.hasPrefix("stream ") || $0.hasPrefix("event ") })
        #expect(messages.contains("listening") && messages.last == "stopped")
    }
}
