import ServerSentEvents
import Testing

@Suite(.serialized) struct StreamCapacityTests {
    private static let accept = ["Accept": "text/event-stream"]

    private func cookie(of user: String, _ scene: StreamScene) async throws -> String {
        let reply = try await scene.client(user).send("POST", "/api/session", [:], [])
        return try #require(reply.header("Set-Cookie")?.split(separator: ";").first.map(String.init))
    }

    @Test func `S4-F4 · over the limit a service gets 503, a browser a stream that says so, others nothing`()
        async throws
    {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_MAX_CONNECTIONS": "3"])
        let streams = try await scene.streams(2, "ana") + scene.streams(1, "bo")
        let cookie = try await cookie(of: "bo", scene)

        let service = try await scene.client("bo").get(scene.path, Self.accept)
        let browser = try await scene.server.client().get(scene.path, Self.accept.merging(["Cookie": cookie]) { $1 })
        try await scene.postTicks(1...1)

        #expect(service.status == 503 && service.header("Retry-After").flatMap { Int($0) } ?? 0 >= 1)
        #expect(try service.json["code"].string == "capacity")
        #expect(browser.status == 200 && browser.header("Content-Type") == "text/event-stream; charset=utf-8")
        var parser = EventStreamParser()
        let told = try parser.receive(browser.body)
        #expect(told.map(\.type) == ["closing"] && told[0].json["reason"].string == "capacity")
        #expect(parser.retry == told[0].json["retryMs"].int && (parser.retry ?? 0) >= 10_000)
        for stream in streams { #expect(try await stream.ticks(through: 1) == [1]) }
        #expect(try await scene.snapshot()["meta"]["connections"].int == 3)
    }

    @Test func `S4-F4 · a place that becomes free is given again`() async throws {
        let scene = try await StreamScene.start(
            ["TIDELINE_STREAMS_MAX_CONNECTIONS": "2", "TIDELINE_LOG_LEVEL": "debug"])

        for _ in 0..<4 {
            let streams = try await scene.streams(2, "ana")
            await #expect(throws: StreamRefusal.self) { try await scene.stream("bo") }
            for stream in streams {
                stream.close()
                let id = stream.events.first?.json["connectionId"]
                _ = try await scene.server.logLine { $0["message"].string == "stream closed" && $0["connection"] == id }
            }
        }

        #expect(try await scene.streams(2, "bo").count == 2)
    }

    @Test func `S4-F4 · one user's limit is not another's`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_MAX_CONNECTIONS_PER_USER": "2"])
        let island = StreamScene(server: scene.server, workspace: "island")
        try await island.join(["ana"])
        let first = try await scene.streams(2, "ana")

        let refusal = await #expect(throws: StreamRefusal.self) { try await scene.stream("ana") }
        let others = try await scene.streams(2, "bo") + island.streams(1, "ana")

        #expect(refusal?.reply.status == 503)
        #expect(first.allSatisfy { $0.end == nil } && others.count == 3)
    }
}
