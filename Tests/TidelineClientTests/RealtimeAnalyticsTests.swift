import Testing
import TidelineClient

/// The surface by callbacks, over streams and over polls.
@Suite(.timeLimit(.minutes(1))) struct RealtimeAnalyticsTests {
    private static func options(_ notes: Notes) -> RealtimeOptions {
        var options = RealtimeOptions()
        options.onConnect = { notes.add("connect") }
        options.onDisconnect = { _ in notes.add("disconnect") }
        options.onError = { notes.add("error \($0.code)") }
        options.onStatsUpdate = { notes.add("stats \($0.onlineUsers)") }
        options.onEvent = { notes.add("event \($0.sequence)") }
        return options
    }

    @Test func `callbacks tell the life of a stream, in order`() async throws {
        let (scene, notes) = (try Scene(), Notes())
        let live = RealtimeAnalytics(scene.client, workspace: "acme", Self.options(notes))
        let first = await scene.transport.next()
        #expect(!live.isConnected && live.stats == nil)

        first.stream(Wire.connected(id: "e-1") + Wire.stats + Wire.event(2))
        #expect(await notes.next(3) == ["connect", "stats 2", "event 2"])
        #expect(live.isConnected && live.stats?.onlineUsers == 2 && live.error == nil)
        first.end(Broken())
        #expect(await notes.next(2) == ["error transport", "disconnect"])
        #expect(!live.isConnected && live.error?.code == .transport && live.stats != nil)
        scene.clock.advance(by: .seconds(1))
        await scene.transport.next().stream(Wire.connected())
        #expect(await notes.next() == "connect")
        #expect(live.isConnected && live.error == nil)
        await live.close()

        #expect(notes.all.last == "disconnect" && scene.transport.openCount == 0)
    }

    @Test func `disconnect stays away until reconnect, which counts anew`() async throws {
        let (scene, notes) = (try Scene(), Notes())
        let live = RealtimeAnalytics(scene.client, workspace: "acme", Self.options(notes))
        await scene.transport.next().stream(Wire.connected(id: "e-1"))
        _ = await notes.next()

        live.disconnect()
        #expect(await notes.next() == "disconnect")
        scene.clock.advance(by: .seconds(3_600))
        #expect(scene.transport.requestCount == 1 && live.state == .closed(.disconnected))
        live.reconnect()
        let second = await scene.transport.next()
        second.stream(Wire.connected())

        #expect(await notes.next() == "connect" && second.request.headers["Last-Event-ID"] == "e-1")
        await live.close()
    }

    @Test func `reconnect on an open stream replaces it`() async throws {
        let (scene, notes) = (try Scene(), Notes())
        let live = RealtimeAnalytics(scene.client, workspace: "acme", Self.options(notes))
        let first = await scene.transport.next()
        first.stream(Wire.connected(id: "e-1"))
        _ = await notes.next()

        live.reconnect()
        await scene.transport.next().stream(Wire.connected())

        #expect(await notes.next(2) == ["disconnect", "connect"])
        #expect(first.isCancelled && scene.transport.openCount == 1)
        await live.close()
    }

    @Test func `disabled, it begins with reconnect`() async throws {
        let (scene, notes) = (try Scene(), Notes())
        var options = Self.options(notes)
        options.enabled = false
        let live = RealtimeAnalytics(scene.client, workspace: "acme", options)
        #expect(scene.transport.requestCount == 0)

        live.reconnect()
        await scene.transport.next().stream(Wire.connected())

        #expect(await notes.next() == "connect")
        await live.close()
    }

    @Test func `it gives up after the attempts allowed, and begins again when told`() async throws {
        let (scene, notes) = (try Scene(), Notes())
        var options = Self.options(notes)
        options.feed.maxReconnectAttempts = 1
        options.feed.reconnectDelay = .seconds(2)
        let live = RealtimeAnalytics(scene.client, workspace: "acme", options)

        await scene.transport.next().answer(502)
        #expect(await notes.next() == "error refused")
        #expect(live.state.delay == .seconds(1))
        scene.clock.advance(by: .seconds(1))
        await scene.transport.next().answer(502)
        #expect(await notes.next() == "error gaveUp")
        #expect(live.error?.code == .gaveUp)
        live.reconnect()
        await scene.transport.next().stream(Wire.connected())

        #expect(await notes.next() == "connect" && live.error == nil)
        await live.close()
    }

    @Test func `without autoReconnect the first failure is the last`() async throws {
        let (scene, notes) = (try Scene(), Notes())
        var options = Self.options(notes)
        options.feed.autoReconnect = false
        let live = RealtimeAnalytics(scene.client, workspace: "acme", options)
        let stream = await scene.transport.next()
        stream.stream(Wire.connected())

        stream.end(Broken())

        #expect(await notes.next(3) == ["connect", "disconnect", "error transport"])
        #expect(live.state.failure?.code == .transport && live.error?.code == .transport)
    }

    @Test func `nothing is called after close`() async throws {
        let (scene, notes) = (try Scene(), Notes())
        let live = RealtimeAnalytics(scene.client, workspace: "acme", Self.options(notes))
        let stream = await scene.transport.next()
        stream.stream(Wire.connected())
        _ = await notes.next()

        await live.close()
        let before = notes.all
        stream.bytes(Wire.event(2) + Wire.stats)
        live.reconnect()
        scene.clock.advance(by: .seconds(3_600))

        #expect(notes.all == before && scene.transport.requestCount == 1)
    }

    @Test func `its last reference closes the stream`() async throws {
        let scene = try Scene()
        var live: RealtimeAnalytics? = RealtimeAnalytics(scene.client, workspace: "acme")
        let stream = await scene.transport.next()
        #expect(live?.isConnected == false)

        live = nil

        await stream.waitCancel()
    }

    @Test func `many reconnects at once leave nothing behind`() async throws {
        let scene = try Scene()
        var live: RealtimeAnalytics? = RealtimeAnalytics(scene.client, workspace: "acme")
        await withTaskGroup { [live] group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<50 { live?.reconnect() } }
            }
        }

        #expect(live?.isConnected == false)
        live = nil
        scene.transport.finish()
        while let stream = await scene.transport.nextUnlessFinished() { await stream.waitCancel() }

        #expect(scene.transport.openCount == 0)
    }

    @Test func `a polling client polls by its interval and tells the same`() async throws {
        let (scene, notes) = (try Scene(), Notes())
        let poller = PollingClient(scene.client, workspace: "acme", every: .seconds(3), Self.options(notes))

        await scene.transport.next().answer(200, Wire.json, Wire.snapshot(head: 4))
        #expect(await notes.next(2) == ["connect", "stats 2"])
        #expect(poller.isConnected && poller.stats?.onlineUsers == 2 && poller.lastEventID == "e-4")
        scene.clock.advance(by: .seconds(3))
        await scene.transport.next().answer(304)
        await scene.transport.next().answer(200, Wire.json, Wire.page([5], next: 5, head: 5))
        #expect(await notes.next() == "event 5")
        scene.clock.advance(by: .seconds(3))
        await scene.transport.next().answer(503)
        #expect(await notes.next(2) == ["error refused", "disconnect"])
        #expect(!poller.isConnected && poller.error?.status == 503)
        scene.clock.advance(by: .seconds(3))
        await scene.transport.next().answer(304)
        #expect(await notes.next() == "connect")
        await poller.close()

        #expect(scene.transport.openCount == 0)
    }
}
