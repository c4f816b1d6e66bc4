import Testing
import TidelineClient

/// The Swift client on a stream of the real server.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ClientStreamTests {
    @Test func `S4-18 · a client follows figures and events and knows where it is`() async throws {
        let scene = try await StreamScene.start()
        let client = try ClientScene(scene)
        let reader = FeedReader(client.feed())
        try await reader.state { $0 == .open }

        let receipt = try await reader.feed.trackEvent("task.created", ["taskId": "t-1", "status": "in_progress"])
        let event = try await reader.logged()
        let (_, stats) = try await reader.events.first { event in
            if case .stats(let stats) = event { stats.tasksInProgress == 1 } else { false }
        }

        #expect(event.id == receipt.id && event.sequence == receipt.sequence && event.type == "task.created")
        #expect(event.userID == "ana" && event.data["taskId"].string == "t-1" && event.entity?.id == "t-1")
        #expect(reader.feed.lastEventID == receipt.id)
        guard case .stats(let figures) = stats else { return }
        #expect(figures.onlineUsers == 1 && figures.eventCounts["task.created"] == 1)
        #expect(Array(reader.states.elements.prefix(3)) == [.closed(.notStarted), .connecting, .open])
        await client.client.close()
        #expect(try await reader.end() == nil && reader.feed.state == .closed(.disconnected))
    }

    @Test func `S4-18 · callbacks tell of connecting, figures, losing the server and having it back`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_STATS_INTERVAL": "1s"])
        let client = try ClientScene(scene)
        let notes = Journal<String>(of: "callback")
        var options = RealtimeOptions()
        options.feed.reconnectDelay = .milliseconds(200)
        options.onConnect = { notes.append("connect") }
        options.onDisconnect = { notes.append("disconnect \($0)") }
        options.onError = { notes.append("error \($0.code)") }
        options.onStatsUpdate = { notes.append("stats \($0.onlineUsers)") }
        let live = RealtimeAnalytics(client.client, workspace: scene.workspace, options)

        _ = try await notes.first { $0.hasPrefix("stats") }
        #expect(live.isConnected && live.stats != nil)
        scene.server.kill()
        try await scene.server.waitExit()
        let (lost, _) = try await notes.first { $0.hasPrefix("disconnect") }
        #expect(!live.isConnected && live.error != nil)
        let again = scene.on(try await scene.server.restart(samePort: true))
        let (back, _) = try await notes.first(from: lost) { $0 == "connect" }
        #expect(live.isConnected && live.error == nil)
        let receipt = try await live.trackEvent("test.tick", ["n": 1])
        let stored = try await again.log().last
        await live.close()

        #expect(notes.elements[0] == "connect" && notes.elements[..<lost].contains("error transport") && back > lost)
        #expect(stored?["id"].string == receipt.id && stored?["sessionId"].string?.hasPrefix("session_") == true)
        let after = notes.elements
        try await again.postTicks(1...3)
        #expect(notes.elements == after && !live.isConnected)
    }

    @Test func `S4-18 · disconnect leaves at once and reconnect goes on where it was`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
        let client = try ClientScene(scene)
        let events = Journal<Int>(of: "tick")
        let states = Journal<String>(of: "callback")
        var options = RealtimeOptions()
        options.onConnect = { states.append("connect") }
        options.onEvent = { if let number = $0.data["n"].integer { events.append(Int(number)) } }
        let live = RealtimeAnalytics(client.client, workspace: scene.workspace, options)
        _ = try await states.first { _ in true }
        try await scene.postTicks(1...3)
        _ = try await events.first { $0 == 3 }

        live.disconnect()
        _ = try await scene.server.logLine(within: .seconds(5)) { $0["message"].string == "stream closed" }
        try await scene.postTicks(4...6)
        #expect(!live.isConnected && live.state == .closed(.disconnected) && events.elements == [1, 2, 3])
        live.reconnect()
        _ = try await events.first { $0 == 6 }

        #expect(events.elements == [1, 2, 3, 4, 5, 6])
        await live.close()
    }

    @Test func `a client resumes exactly after kill -9 and after a drain`() async throws {
        var scene = try await StreamScene.start(["TIDELINE_SERVER_LOOPS": "2"])
        let client = try ClientScene(scene)
        let reader = FeedReader(client.feed { $0.includesStats = false })
        try await reader.state { $0 == .open }
        try await scene.postTicks(1...200)
        try await reader.ticks(through: 200)

        for round in 0..<4 {
            let first = 1_000 * (round + 1)
            // The last of these may still be on their way when the server goes.
            try await scene.postTicks(first...(first + 99))
            if round.isMultiple(of: 2) { scene.server.kill() } else { scene.server.terminate() }
            try await scene.server.waitExit()
            scene = scene.on(try await scene.server.restart(samePort: true))
            try await scene.postTicks((first + 100)...(first + 199))
            try await reader.ticks(through: first + 199)
        }

        let log = try await scene.log().compactMap { $0["eventData"]["n"].int }
        #expect(reader.ticks == log && log.count == 1_000)
        let wasTold = reader.states.elements.contains { state in
            if case .waiting(_, _, .closing(reason: "shutdown")) = state { true } else { false }
        }
        #expect(wasTold && !reader.events.elements.contains { if case .reset = $0 { true } else { false } })
    }

    @Test func `a closed client waits for as long as it was told, and comes back`() async throws {
        let scene = try await StreamScene.start()
        let client = try ClientScene(scene)
        let reader = FeedReader(client.feed())
        try await reader.state { $0 == .open }

        _ = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=1s")
        let (index, state) = try await reader.state { $0.isWaiting }
        try await scene.postTicks(1...1)
        try await reader.state(from: index) { $0 == .open }

        guard case .waiting(1, let delay, .closing(reason: "admin")) = state else {
            Issue.record("\(state)")
            return
        }
        #expect((.seconds(3)...Duration.seconds(4)).contains(delay))
        #expect(try await reader.ticks(through: 1) == [1])
        #expect(reader.states.elements[index...].prefix(3).map(\.isWaiting) == [true, false, false])
    }

    @Test func `S4-18 · a final close ends the client: closed by an administrator`() async throws {
        let scene = try await StreamScene.start()
        let client = try ClientScene(scene)
        let reader = FeedReader(client.feed())
        try await reader.state { $0 == .open }

        _ = try await scene.client(StreamScene.admin).delete(scene.path + "?final=true&hold=10m")
        let error = try await reader.end()

        #expect(error == nil && reader.feed.state == .closed(.administrator))
    }

    @Test func `an expired token is refreshed once, for streams and events at the same time`() async throws {
        let scene = try await StreamScene.start()
        let expired = scene.token("ana", ttl: .seconds(-3_600))
        let valid = scene.token("ana")
        let refreshes = Journal<String>(of: "refresh")
        let client = try ClientScene(
            scene,
            token: { purpose in
                guard case .refresh(let rejected) = purpose else { return refreshes.elements.isEmpty ? expired : valid }
                refreshes.append(rejected)
                return valid
            })
        let readers = [FeedReader(client.feed()), FeedReader(client.feed())]

        async let receipt = client.client.trackEvent("test.tick", ["n": 1], workspace: scene.workspace)
        for reader in readers { try await reader.state { $0 == .open } }

        #expect(try await receipt.sequence > 0)
        #expect(refreshes.elements == [expired])
    }

    @Test func `a stream whose token expires goes on with the next one`() async throws {
        let scene = try await StreamScene.start()
        let short = scene.token("ana", ttl: .seconds(3))
        let long = scene.token("ana")
        let client = try ClientScene(scene, token: { if case .refresh = $0 { long } else { short } })
        let reader = FeedReader(client.feed())
        try await reader.state { $0 == .open }

        let (index, _) = try await reader.state { $0.isWaiting }
        try await scene.postTicks(1...1)
        try await reader.state(from: index) { $0 == .open }

        #expect(try await reader.ticks(through: 1) == [1])
    }

    @Test func `a token that nobody accepts, and a workspace that is not there, end the loop with the server's words`()
        async throws
    {
        let scene = try await StreamScene.start()
        let forged = try ClientScene(scene, token: { _ in "forged" })
        let stranger = try ClientScene(
            scene, token: { [token = scene.server.token(user: "eve", workspaces: ["w": "member"])] _ in token })

        let refused = try await FeedReader(forged.feed()).end()
        let missing = try await FeedReader(stranger.feed()).end()

        #expect(refused?.code == .unauthorized && refused?.status == 401 && refused?.problem != nil)
        #expect(missing?.code == .refused && missing?.status == 404 && missing?.requestID != nil)
    }

    @Test func `a client that stops reading is cut off, and misses nothing when it goes on`() async throws {
        let scene = try await StreamScene.start()
        let client = try ClientScene(scene) { $0.bufferBytes = 100_000 }
        let feed = client.feed { $0.includesStats = false }
        var loop = feed.makeAsyncIterator()
        _ = try await loop.next()

        for batch in 0..<10 { try await scene.postTicks((batch * 200 + 1)...(batch * 200 + 200), bytes: 2_000) }
        for await state in feed.states where state == .waiting(attempt: 0, delay: .zero, cause: .slowReader) { break }
        var numbers: [Int] = []
        while numbers.last != 2_000, let event = try await loop.next() {
            if case .event(let logged) = event { numbers.append(Int(logged.data["n"].integer ?? 0)) }
        }

        #expect(numbers == Array(1...2_000))
    }

    @Test func `S4-18 · close is prompt: the socket is closed and nothing is delivered after it`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
        let client = try ClientScene(scene)
        let reader = FeedReader(client.feed())
        try await reader.state { $0 == .open }
        let start = ContinuousClock.now

        await client.client.close()
        let closed = start.duration(to: .now)
        #expect(try await reader.end() == nil)
        let before = reader.events.elements
        _ = try await scene.server.logLine("stream closed", within: .seconds(5))
        try await scene.postTicks(1...5)

        #expect(closed < .seconds(1) && start.duration(to: .now) < .seconds(3))
        #expect(reader.events.elements == before && reader.feed.state == .closed(.disconnected))
        await #expect(throws: AnalyticsError.self) {
            try await client.client.trackEvent("test.tick", workspace: scene.workspace)
        }
    }

    @Test func `an event that is tracked while the server is away is stored once when it is back`() async throws {
        let scene = try await StreamScene.start()
        let client = try ClientScene(scene) { $0.trackAttempts = 30 }
        scene.server.kill()
        try await scene.server.waitExit()

        async let receipt = client.client.trackEvent("test.tick", ["n": 7], workspace: scene.workspace)
        _ = try await client.log.first { $0.message == "an event is sent again" }
        let again = scene.on(try await scene.server.restart(samePort: true))
        let id = try await receipt.id

        let stored = try await again.log().filter { $0["eventData"]["n"].int == 7 }
        #expect(stored.count == 1 && stored[0]["id"].string == id)
    }
}
