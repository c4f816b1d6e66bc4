import Synchronization
import Testing
import TidelineClient

/// The shell: loops, tasks, threads and buffers around the machine.
@Suite(.timeLimit(.minutes(1))) struct EventFeedTests {
    @Test func `a loop gets the events in order, decoded`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        var loop = feed.makeAsyncIterator()
        let stream = await scene.transport.next()

        stream.stream(Wire.connected(id: "e-1") + Wire.stats + Wire.event(2) + Wire.ping + "event: later\ndata: x\n\n")
        var events: [String] = []
        while events.count < 5, let event = try await loop.next() { events.append(event.brief) }

        #expect(events == ["connected", "stats", "2", "ping", "unknown later"])
    }

    @Test func `payloads that do not decode are delivered as such and end nothing`() async throws {
        let scene = try Scene()
        var loop = scene.client.events(workspace: "acme").makeAsyncIterator()
        let stream = await scene.transport.next()

        let types = ["connected", "stats", "event", "ping", "reset"]
        stream.stream(types.map { "event: \($0)\ndata: {\"odd\":1}\n\n" }.joined() + Wire.event(2))
        var events: [String] = []
        while events.count < 6, let event = try await loop.next() { events.append(event.brief) }

        #expect(events == types.map { "unknown \($0)" } + ["2"])
    }

    @Test func `nothing connects before somebody iterates`() async throws {
        let scene = try Scene()

        let feed = scene.client.events(workspace: "acme")
        feed.reconnect()

        #expect(feed.state == .closed(.notStarted) && scene.transport.requestCount == 0)
    }

    @Test func `the position is that of the last event taken, and moves on over hidden ones`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        var loop = feed.makeAsyncIterator()
        let stream = await scene.transport.next()
        stream.stream(Wire.connected(id: "e-1") + Wire.event(2) + Wire.event(3))

        #expect(feed.lastEventID == nil)
        _ = try await loop.next()
        #expect(feed.lastEventID == "e-1")
        _ = try await loop.next()
        #expect(feed.lastEventID == "e-2")
        stream.bytes("id: e-9\n\n")
        #expect(feed.lastEventID == "e-2")
        _ = try await loop.next()
        stream.bytes("id: e-11\n\n")
        #expect(feed.lastEventID == "e-11")
    }

    @Test func `leaving the loop closes the connection, and the next loop goes on behind the last event taken`()
        async throws
    {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        let reading = Task {
            for try await event in feed { if event.brief == "2" { break } }
        }
        let first = await scene.transport.next()
        first.stream(Wire.connected(id: "e-1") + Wire.event(2) + Wire.event(3))
        try await reading.value
        await first.waitCancel()
        #expect(feed.state == .closed(.disconnected))

        var again = feed.makeAsyncIterator()
        let second = await scene.transport.next()
        second.stream(Wire.connected() + Wire.event(3))
        let events = [try await again.next()?.brief, try await again.next()?.brief]

        #expect(second.request.headers["Last-Event-ID"] == "e-2" && events == ["connected", "3"])
    }

    @Test func `cancelling the task closes the connection and ends the loop in order`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        let reading = Task {
            var count = 0
            for try await _ in feed { count += 1 }
            return count
        }
        let stream = await scene.transport.next()

        reading.cancel()

        #expect(try await reading.value == 0)
        await stream.waitCancel()
        #expect(scene.transport.openCount == 0 && feed.state == .closed(.disconnected))
    }

    @Test func `after close nothing is delivered and nothing is opened, whatever still comes`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        var loop = feed.makeAsyncIterator()
        let stream = await scene.transport.next()
        stream.stream(Wire.connected(id: "e-1") + Wire.event(2) + Wire.event(3))
        _ = try await loop.next()

        feed.close()
        stream.bytes(Wire.event(4))
        scene.clock.advance(by: .seconds(3_600))

        #expect(try await loop.next() == nil && stream.isCancelled)
        var later = feed.makeAsyncIterator()
        #expect(try await later.next() == nil)
        feed.reconnect()
        #expect(scene.transport.requestCount == 1 && feed.lastEventID == "e-1")
        var states: [FeedState] = []
        for await state in feed.states { states.append(state) }
        #expect(states == [.closed(.disconnected)])
    }

    @Test func `close during a delay ends the loop at once`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        let reading = Task { for try await _ in feed {} }
        await scene.transport.next().end(Broken())
        await feed.wait { $0.delay != nil }

        feed.close()
        try await reading.value
        scene.clock.advance(by: .seconds(3_600))

        #expect(scene.transport.requestCount == 1)
    }

    @Test func `disconnect ends the loop, and the next one connects again`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        let reading = Task { for try await _ in feed {} }
        let first = await scene.transport.next()

        feed.disconnect()
        try await reading.value
        await first.waitCancel()
        let again = Task { for try await _ in feed {} }
        let second = await scene.transport.next()

        #expect(second.isOpen)
        again.cancel()
    }

    @Test func `a new loop ends the one before`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        let first = Task { for try await _ in feed {} }
        let stream = await scene.transport.next()

        let second = feed.makeAsyncIterator()
        try await first.value
        await stream.waitCancel()
        _ = await scene.transport.next()

        #expect(scene.transport.openCount == 1)
        withExtendedLifetime(second) {}
    }

    @Test func `a terminal failure is thrown after what came before it`() async throws {
        let scene = try Scene()
        var loop = scene.client.events(workspace: "acme").makeAsyncIterator()
        let stream = await scene.transport.next()
        stream.stream(Wire.connected(id: "e-1") + Wire.event(2))
        stream.end()
        scene.clock.advance(by: .seconds(30))
        await scene.transport.next().answer(403, [:], #"{"code":"forbidden"}"#)

        #expect(try await loop.next()?.brief == "connected")
        #expect(try await loop.next()?.brief == "2")
        let error = await #expect(throws: AnalyticsError.self) { _ = try await loop.next() }
        #expect(error?.status == 403 && error?.problem == "forbidden")
        await #expect(throws: AnalyticsError.self) { _ = try await loop.next() }
    }

    @Test func `a loop ends in order when an administrator closed it`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        var loop = feed.makeAsyncIterator()

        await scene.transport.next().answer(204)

        #expect(try await loop.next() == nil && feed.state == .closed(.administrator))
    }

    @Test func `states come in order, to everyone who listens`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        let (early, other) = (feed.states, feed.states)
        let reading = Task { for try await _ in feed {} }
        let stream = await scene.transport.next()
        stream.stream(Wire.connected() + Wire.stats)
        stream.end()
        scene.clock.advance(by: .seconds(1))
        _ = await scene.transport.next()

        let expected: [FeedState] = [
            .closed(.notStarted), .connecting, .open, .waiting(attempt: 1, delay: .milliseconds(500), cause: .ended),
            .connecting,
        ]
        for states in [early, other] {
            var seen: [FeedState] = []
            for await state in states {
                seen.append(state)
                if seen.count == expected.count { break }
            }
            #expect(seen == expected)
        }
        reading.cancel()
    }

    @Test func `setting the position drops what is buffered and reconnects from there`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        var loop = feed.makeAsyncIterator()
        let first = await scene.transport.next()
        first.stream(Wire.connected(id: "e-1") + Wire.event(2) + Wire.event(3))

        feed.lastEventID = "e-40"
        let second = await scene.transport.next()
        second.stream(Wire.connected() + Wire.event(41))

        #expect(first.isCancelled && second.request.headers["Last-Event-ID"] == "e-40")
        #expect(try await loop.next()?.brief == "connected")
        #expect(try await loop.next()?.brief == "41")
        #expect(feed.lastEventID == "e-41")
    }

    @Test func `a reader that is behind costs no more than the bound, and misses nothing`() async throws {
        let scene = try Scene { $0.bufferBytes = 1 << 16 }
        let feed = scene.client.events(workspace: "acme")
        var loop = feed.makeAsyncIterator()
        var (sent, taken) = (1, [Int]())
        var stream = await scene.transport.next()
        stream.stream(Wire.connected(id: "e-1"))
        _ = try await loop.next()

        for _ in 1...5 {
            // The server sends until it is cut off (or the test has waited long enough for that).
            while stream.isOpen, sent < 1_000 {
                sent += 1
                stream.bytes(Wire.event(sent, #"{"text":"\#(String(repeating: "x", count: 1_000))"}"#))
            }
            try #require(feed.state == .waiting(attempt: 0, delay: .zero, cause: .slowReader))
            let before = taken.count
            while feed.state != .connecting {
                if case .event(let event)? = try await loop.next() { taken.append(Int(event.sequence)) }
            }
            // Half of the buffer has been read.
            #expect((20...30).contains(taken.count - before))
            stream = await scene.transport.next()
            #expect(stream.request.headers["Last-Event-ID"] == "e-\(sent)")
            stream.stream(Wire.connected())
        }
        while taken.last != sent {
            if case .event(let event)? = try await loop.next() { taken.append(Int(event.sequence)) }
        }

        #expect(taken == Array(2...sent) && scene.transport.requestCount == 6)
    }

    @Test func `a buffer is never too small for an event and the beginning of a stream`() async throws {
        let scene = try Scene { $0.bufferBytes = 1 }
        let feed = scene.client.events(workspace: "acme")
        let loop = feed.makeAsyncIterator()
        let stream = await scene.transport.next()

        stream.stream(Wire.connected(id: "e-1") + Wire.stats + Wire.event(2))

        #expect(feed.state == .open && stream.isOpen)
        withExtendedLifetime(loop) {}
    }

    @Test func `of two tasks that read one loop, the second is refused`() async throws {
        struct Shared: @unchecked Sendable { var loop: EventFeed.AsyncIterator }
        let scene = try Scene()
        let shared = Shared(loop: scene.client.events(workspace: "acme").makeAsyncIterator())
        let stream = await scene.transport.next()
        let codes = Mutex<[AnalyticsError.Code]>([])
        let read: @Sendable () async -> String? = {
            var loop = shared.loop
            do {
                return try await loop.next()?.brief
            } catch {
                codes.withLock { $0 += [(error as? AnalyticsError)?.code].compactMap(\.self) }
                // One waits, one was refused: now there is something for the one.
                stream.stream(Wire.connected())
                return nil
            }
        }

        async let first = read()
        async let second = read()

        #expect(await [first, second].compactMap { $0 } == ["connected"])
        #expect(codes.withLock { $0 } == [.busy])
    }

    @Test func `a release of the feed closes what is open`() async throws {
        let scene = try Scene()
        let stream = await {
            let feed = scene.client.events(workspace: "acme")
            let loop = feed.makeAsyncIterator()
            let stream = await scene.transport.next()
            withExtendedLifetime(loop) {}
            return stream
        }()

        await stream.waitCancel()

        #expect(scene.transport.openCount == 0)
    }

    @Test func `the log hook hears of the life of a feed, and never sees a token`() async throws {
        let notes = Notes()
        let scene = try Scene {
            $0.token = { _ in "top-secret" }
            $0.log = { notes.add("\($0.level) \($0.message) \($0.metadata)") }
        }
        let feed = scene.client.events(workspace: "acme")
        let reading = Task { for try await _ in feed {} }
        let stream = await scene.transport.next()
        stream.stream(Wire.connected())
        stream.end(Broken())

        let lines = await notes.next(3)

        #expect(lines.map { $0.prefix(16) } == ["debug connecting", "debug stream ope", "warning waiting "])
        #expect(lines.allSatisfy { $0.contains("acme") && !$0.contains("top-secret") })
        reading.cancel()
    }

    @Test func `two feeds that are refused at the same time share one fresh token`() async throws {
        let asked = Mutex<[TokenPurpose]>([])
        let scene = try Scene {
            $0.token = { purpose in
                asked.withLock { $0.append(purpose) }
                if case .refresh = purpose { return "new" }
                return "old"
            }
        }
        let feeds = [scene.client.events(workspace: "a"), scene.client.events(workspace: "b")]
        let loops = feeds.map { $0.makeAsyncIterator() }
        let first = [await scene.transport.next(), await scene.transport.next()]

        for stream in first { stream.answer(401) }
        let second = [await scene.transport.next(), await scene.transport.next()]

        #expect(second.allSatisfy { $0.request.headers["Authorization"] == "Bearer new" })
        #expect(asked.withLock { $0.count { $0 == .refresh(rejected: "old") } } == 1)
        withExtendedLifetime(loops) {}
    }

    @Test func `a token that is handed out again is refreshed again when it is refused again`() async throws {
        let refreshes = Mutex(0)
        let scene = try Scene {
            $0.token = { purpose in
                // Its store is never told of the fresh ones.
                guard case .refresh = purpose else { return "old" }
                return refreshes.withLock { count in
                    count += 1
                    return "new \(count)"
                }
            }
        }
        let loop = scene.client.events(workspace: "acme").makeAsyncIterator()
        for hour in 1...3 {
            await scene.transport.next().answer(401)
            let stream = await scene.transport.next()
            #expect(stream.request.headers["Authorization"] == "Bearer new \(hour)")
            stream.stream(Wire.connected() + Wire.stats)
            stream.end()
            scene.clock.advance(by: .seconds(3_600))
        }

        withExtendedLifetime(loop) {}
    }

    @Test func `settings out of every range are brought into it`() async throws {
        let forever = Duration.seconds(Int64.max) * 8
        let scene = try Scene {
            ($0.connectTimeout, $0.requestTimeout, $0.idleTimeout) = (forever, forever, forever)
            ($0.maximumDelay, $0.maximumServerDelay, $0.provenAfter) = (forever, forever, forever)
            ($0.pollInterval, $0.streamRetryInterval, $0.flushTimeout) = (forever, forever, forever)
            ($0.backoffFactor, $0.random, $0.pollAfterFailures) = (.infinity, { .nan }, 1)
        }
        var options = FeedOptions()
        options.reconnectDelay = forever
        let loop = scene.client.events(workspace: "acme", options).makeAsyncIterator()

        await scene.transport.next().end(Broken())
        await scene.transport.next().answer(200, Wire.json, Wire.snapshot(head: 4))
        scene.clock.advance(by: .seconds(365 * 86_400))
        _ = await scene.transport.next()
        await scene.client.close()

        #expect(scene.transport.openCount == 0)
        withExtendedLifetime(loop) {}
    }

    @Test func `many threads at once leave one connection at most`() async throws {
        let scene = try Scene()
        let feed = scene.client.events(workspace: "acme")
        let answering = Task {
            while let stream = await scene.transport.nextUnlessFinished() {
                #expect(scene.transport.openCount <= 1)
                stream.stream(Wire.connected() + Wire.stats)
            }
        }

        await withTaskGroup { group in
            for worker in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        switch worker % 4 {
                        case 0: feed.reconnect()
                        case 1: feed.disconnect()
                        case 2: feed.lastEventID = "e-1"
                        default:
                            let reading = Task { for try await _ in feed {} }
                            await Task.yield()
                            reading.cancel()
                            try? await reading.value
                        }
                    }
                }
            }
        }
        feed.close()
        scene.transport.finish()
        await answering.value

        #expect(scene.transport.openCount == 0)
    }
}
