import Testing

/// A stream lasts no longer than what opened it.
@Suite(.serialized) struct StreamCredentialTests {
    @Test func `S4-15 · a stream ends with the token that opened it`() async throws {
        let scene = try await StreamScene.start()
        let start = ContinuousClock.now
        let lasting = try await scene.streams(1, "bo")[0]
        let short = try await scene.server.stream(scene.workspace, token: scene.token("ana", ttl: .seconds(3)))

        let closing = try await short.closing()

        #expect(closing["reason"].string == "auth_expired")
        #expect(start.duration(to: .now) > .seconds(1) && start.duration(to: .now) < .seconds(15))
        try await scene.postTicks(1...1)
        #expect(try await lasting.ticks(through: 1) == [1])
    }

    @Test func `S4-15 · a session's stream ends with the session`() async throws {
        let scene = try await StreamScene.start()
        let session = try await scene.server.client(token: scene.token("ana", ttl: .seconds(3)))
            .send("POST", "/api/session", [:], [])
        let cookie = try #require(session.header("Set-Cookie")?.split(separator: ";").first.map(String.init))

        let stream = try await StreamReader.open(
            port: scene.server.port, path: scene.path, headers: ["Cookie": cookie])
        let closing = try await stream.closing()

        #expect(session.status == 200 && cookie.contains("="))
        #expect(closing["reason"].string == "auth_expired")
    }

    @Test func `S4-15 · a removed member's streams close at once, and no other`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let removed = try await scene.streams(10, "ana")
        let stays = try await scene.streams(10, "bo")
        // A token made after the removal would let them in again.
        let token = scene.token("ana")

        try await scene.post("member.removed", ["userId": "ana"])
        let start = ContinuousClock.now
        for stream in removed {
            #expect(try await stream.closing(within: .seconds(5))["reason"].string == "auth_expired")
        }
        #expect(start.duration(to: .now) < .seconds(5))
        let refusal = await #expect(throws: StreamRefusal.self) {
            try await scene.server.stream(scene.workspace, token: token)
        }
        try await scene.postTicks(1...1)

        #expect(refusal?.reply.status == 403)
        for stream in stays { #expect(try await stream.ticks(through: 1) == [1]) }
        // What happened after the removal is not theirs any more.
        #expect(removed.allSatisfy { !$0.ticks.contains(1) })
    }
}
