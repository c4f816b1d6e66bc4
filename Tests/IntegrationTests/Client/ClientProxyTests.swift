import Testing
import TidelineClient

/// The Swift client behind things that stand between it and the server.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ClientProxyTests {
    private static let page =
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 20\r\nConnection: close\r\n\r\n<h1>Bad Gateway</h1>"
    private static let welcome =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\nConnection: close\r\n\r\n<h1>Welcome</h1>"
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

    private static func redirect(_ status: Int, _ location: String?) -> String {
        "HTTP/1.1 \(status) Elsewhere\r\n" + (location.map { "Location: \($0)\r\n" } ?? "")
            + "Content-Length: 0\r\nConnection: close\r\n\r\n"
    }

    /// The errors a reader's feed has waited for.
    private static func errors(_ reader: FeedReader) -> [AnalyticsError] {
        reader.states.elements.compactMap { state in
            if case .waiting(_, _, .failure(let error)) = state { error } else { nil }
        }
    }

    @Test func `S4-18 · a proxy's error page and its welcome page are errors that are tried again`() async throws {
        let scene = try await StreamScene.start()
        let proxy = try ScriptedServer([.say(Self.page), .say(Self.welcome)], then: .forward(port: scene.server.port))
        let client = try ClientScene(scene, port: proxy.port)
        let reader = FeedReader(client.feed())

        try await reader.state { $0 == .open }

        let errors = Self.errors(reader)
        #expect(errors.map(\.status) == [502, 200] && errors.map(\.code) == [.refused, .unexpectedContentType])
        #expect(errors.map(\.body) == ["<h1>Bad Gateway</h1>", "<h1>Welcome</h1>"])
        #expect(
            reader.states.elements.compactMap { if case .waiting(let attempt, _, _) = $0 { attempt } else { nil } } == [
                1, 2,
            ])
    }

    @Test func `a stream that stays mute is given up and opened again`() async throws {
        let scene = try await StreamScene.start()
        let proxy = try ScriptedServer([.hold(""), .hold(Self.head)], then: .forward(port: scene.server.port))
        let client = try ClientScene(scene, port: proxy.port) { $0.connectTimeout = .milliseconds(700) }
        let reader = FeedReader(client.feed())

        try await reader.state { $0 == .open }

        #expect(Self.errors(reader).map(\.code) == [.timedOut, .timedOut] && proxy.requests.elements.count == 3)
    }

    @Test func `a stream that falls silent is given up and resumed`() async throws {
        let scene = try await StreamScene.start()
        let proxy = try ScriptedServer(
            [.hold(Self.head + "event: connected\nid: e-1\ndata: {}\n\n")], then: .hold(Self.head + ": resumed\n\n"))
        let client = try ClientScene(scene, port: proxy.port) { $0.idleTimeout = .milliseconds(500) }
        let reader = FeedReader(client.feed())

        let (_, request) = try await proxy.requests.first(from: 1) { _ in true }

        #expect(Self.errors(reader).first?.code == .timedOut && request.lowercased().contains("last-event-id: e-1\r\n"))
    }

    // Not within the head: there FoundationNetworking ends the process (see URLSessionTransport).
    @Test func `a truncated stream is resumed without a gap or a duplicate, wherever it is cut`() async throws {
        let scene = try await StreamScene.start()
        let cuts = stride(from: 450, through: 2_900, by: 350).map {
            ScriptedServer.Turn.forward(port: scene.server.port, cutAfter: $0)
        }
        let proxy = try ScriptedServer(cuts, then: .forward(port: scene.server.port))
        let start = try await scene.head()
        try await scene.postTicks(1...20)
        let client = try ClientScene(scene, port: proxy.port) { $0.pollAfterFailures = nil }

        let reader = FeedReader(
            client.feed {
                $0.lastEventID = start
                $0.reconnectDelay = .milliseconds(100)
            })

        #expect(try await reader.ticks(through: 20) == Array(1...20))
        #expect(proxy.requests.elements.count >= cuts.count / 2)
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func `a redirect to another origin is followed without the token`(
        status: Int
    )
        async throws
    {
        let scene = try await StreamScene.start()
        let other = try ScriptedServer(then: .hold(Self.head + "event: connected\nid: e-1\ndata: {}\n\n"))
        let proxy = try ScriptedServer(then: .say(Self.redirect(status, "http://127.0.0.1:\(other.port)/stream")))
        let client = try ClientScene(scene, port: proxy.port) { $0.headers = ["X-Api-Key": "secret"] }
        let reader = FeedReader(client.feed { $0.lastEventID = "e-0" })

        try await reader.state { $0 == .open }

        let (first, second) = (proxy.requests.elements[0].lowercased(), other.requests.elements[0].lowercased())
        #expect(first.contains("authorization: bearer") && first.contains("x-api-key"))
        #expect(!second.contains("authorization") && !second.contains("x-api-key") && second.hasPrefix("get /stream "))
        #expect(second.contains("last-event-id: e-0") && second.contains("accept: text/event-stream"))
    }

    @Test func `a redirect within the origin keeps the token`() async throws {
        let scene = try await StreamScene.start()
        let proxy = try ScriptedServer(
            [.say(Self.redirect(307, scene.path + "?stats=off"))], then: .forward(port: scene.server.port))
        let client = try ClientScene(scene, port: proxy.port)
        let reader = FeedReader(client.feed())

        try await reader.state { $0 == .open }

        #expect(proxy.requests.elements.count == 2)
    }

    @Test func `a redirect that leads nowhere is an error that is tried again`() async throws {
        let scene = try await StreamScene.start()
        let proxy = try ScriptedServer([.say(Self.redirect(307, nil))], then: .forward(port: scene.server.port))
        let client = try ClientScene(scene, port: proxy.port) { $0.connectTimeout = .seconds(1) }
        let reader = FeedReader(client.feed())

        try await reader.state { $0 == .open }

        #expect(Self.errors(reader).count == 1)
    }

    @Test func `a post is not turned into a GET by a redirect`() async throws {
        let scene = try await StreamScene.start()
        let proxy = try ScriptedServer(then: .say(Self.redirect(302, scene.path)))
        let client = try ClientScene(scene, port: proxy.port)

        let error = await #expect(throws: AnalyticsError.self) {
            try await client.client.trackEvent("test.tick", workspace: scene.workspace)
        }

        #expect(error?.status == 302 && proxy.requests.elements.count == 1)
    }

    @Test func `S4-19 · where no stream gets through the client polls, and returns to the stream when one does`()
        async throws
    {
        let scene = try await StreamScene.start()
        let proxy = try ScriptedServer(then: .forwardWithoutStreams(port: scene.server.port))
        let client = try ClientScene(scene, port: proxy.port) {
            $0.connectTimeout = .milliseconds(400)
            $0.pollAfterFailures = 2
            $0.pollInterval = .milliseconds(200)
            $0.streamRetryInterval = .seconds(2)
        }
        let start = try await scene.head()
        let reader = FeedReader(client.feed { $0.lastEventID = start })

        try await reader.state { $0 == .polling }
        try await scene.postTicks(1...300)
        try await reader.ticks(through: 300)
        #expect(reader.feed.state == .polling)
        _ = try await reader.events.first { if case .stats = $0 { true } else { false } }
        proxy.play(.forward(port: scene.server.port))
        try await reader.state { $0 == .open }
        try await scene.postTicks(301...310)

        #expect(try await reader.ticks(through: 310) == Array(1...310))
        let tried = reader.states.elements.compactMap {
            if case .waiting(let attempt, _, _) = $0 { attempt } else { nil }
        }
        #expect(tried == [1, 2])
    }

    @Test func `S4-19 · a polling client brings figures and events, and tells when polls fail`() async throws {
        let scene = try await StreamScene.start()
        let client = try ClientScene(scene)
        let notes = Journal<String>(of: "callback")
        var options = RealtimeOptions()
        options.onConnect = { notes.append("connect") }
        options.onDisconnect = { _ in notes.append("disconnect") }
        options.onError = { notes.append("error \($0.code)") }
        options.onStatsUpdate = { notes.append("stats \($0.eventCounts["test.tick"] ?? 0)") }
        options.onEvent = { notes.append("event \($0.type)") }
        let poller = PollingClient(client.client, workspace: scene.workspace, every: .milliseconds(200), options)
        _ = try await notes.first { $0 == "stats 0" }

        let receipt = try await poller.trackEvent("test.tick", ["n": 1])
        _ = try await notes.first { $0 == "event test.tick" }
        _ = try await notes.first { $0 == "stats 1" }
        #expect(poller.isConnected && poller.stats?.eventCounts["test.tick"] == 1 && poller.error == nil)
        #expect(poller.lastEventID == receipt.id)
        #expect(try await scene.snapshot()["meta"]["connections"].int == 0)
        scene.server.kill()
        try await scene.server.waitExit()
        let (lost, _) = try await notes.first { $0 == "disconnect" }
        #expect(!poller.isConnected && poller.error?.code == .transport)
        let again = scene.on(try await scene.server.restart(samePort: true))
        _ = try await notes.first(from: lost) { $0 == "connect" }
        await poller.close()

        #expect(notes.elements.count { $0 == "event test.tick" } == 1)
        let after = notes.elements
        try await again.postTicks(1...2)
        #expect(notes.elements == after)
    }

    @Test(.enabled(if: NginxProxy.isInstalled)) func `behind an nginx as people configure it, streams work`()
        async throws
    {
        let scene = try await StreamScene.start()
        let proxy = try await NginxProxy.start(upstreamPort: scene.server.port)
        let client = try ClientScene(scene, port: proxy.port)
        let reader = FeedReader(client.feed())
        try await reader.state { $0 == .open }

        try await scene.postTicks(1...50)

        #expect(try await reader.ticks(through: 50) == Array(1...50))
        try await proxy.stop()
    }
}
