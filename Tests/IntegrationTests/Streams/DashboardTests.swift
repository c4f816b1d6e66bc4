import Foundation
import Testing

/// The page as people see it: a real browser on the real server.
@Suite(.serialized, .enabled(if: Chromium.isInstalled, "chromium is not installed")) struct DashboardTests {
    /// Signs `user` in and opens the page; a 401 before it would be an error on the console.
    private func open(_ scene: StreamScene, as user: String = "ana") async throws -> Chromium {
        let browser = try await Chromium.start()
        let origin = "http://127.0.0.1:\(scene.server.port)"
        try await browser.open(origin + "/healthz")
        let status = try await browser.runAsync(
            """
            const [token, done] = arguments;
            fetch('/api/session', { method: 'POST', headers: { Authorization: `Bearer ${token}` } })
              .then((answer) => done(answer.status), (error) => done(String(error)));
            """, [.string(scene.token(user))])
        guard status.int == 200 else { throw WaitError(description: "no session: \(status)") }
        _ = try await browser.console()
        try await browser.open(origin + "/")
        try await browser.wait(until: Self.isLive, within: .seconds(20))
        return browser
    }

    private static let isLive = "document.getElementById('connection').dataset.state === 'live'"
    private static let rows = "[...document.querySelectorAll('#events li')].map((row) => row.dataset.id)"

    /// Errors on the console, but for those of a network that was taken away on purpose.
    private func errors(_ browser: Chromium, apartFromNetwork: Bool = false) async throws -> [String] {
        try await browser.console().filter { $0.level == "SEVERE" || $0.message.contains("Content Security Policy") }
            .map(\.message).filter { !apartFromNetwork || !$0.contains("net::ERR_") }
    }

    /// The rows from the newest to the oldest are every event of the log from `id` on.
    private func expectNoGap(_ browser: Chromium, _ scene: StreamScene, from id: String) async throws {
        let rows = try await browser.run("return \(Self.rows)").array.compactMap(\.string)
        let log = try await scene.log(as: "ana", after: id).compactMap { $0["id"].string }
        #expect(Array(rows.prefix(log.count)) == log.reversed() && Set(rows).count == rows.count)
    }

    @Test func `S4-20 · the page shows eight figures, its connection, and events as they happen`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_STREAMS_STATS_INTERVAL": "1s"])
        try await scene.post("task.created", ["taskId": "t-1", "status": "in_progress"], as: "bo")
        let browser = try await open(scene)

        try await browser.wait(until: "document.querySelectorAll('#metrics .metric').length === 8")
        try await browser.wait(
            until: "[...document.querySelectorAll('.metric-value')].every((value) => /^\\d+$/.test(value.textContent))")
        let posted = try await scene.post("message.sent", ["channelId": "general"], as: "bo")
        let row = try await browser.wait(
            until: "document.querySelector('#events li[data-id=\"\(posted["id"].string ?? "")\"]')?.textContent")
        try await browser.wait(
            until: "document.querySelector('[data-metric=messagesToday] .metric-value').textContent === '1'")
        let figures = try await browser.run(
            """
            return Object.fromEntries([...document.querySelectorAll('.metric')].map(
              (metric) => [metric.dataset.metric, metric.querySelector('.metric-value').textContent]))
            """)

        #expect(row.string?.contains("bo") == true)
        #expect(figures.object.count == 8)
        #expect(figures["tasksInProgress"].string == "1" && figures["onlineUsers"].string == "1")
        #expect(figures["messagesLastHour"].string == "1" && figures["activeChannels"].string == "1")
        #expect(try await browser.run("return document.getElementById('connection-text').textContent").string == "Live")
        #expect(try await browser.run("return document.getElementById('banner').hidden").bool == true)
        #expect(try await errors(browser) == [])
        try await browser.quit()
    }

    @Test func `S4-18 · after a restart the page is live again by itself, and its list has no gap`() async throws {
        let scene = try await StreamScene.start()
        let head = try await scene.head()
        let browser = try await open(scene)
        try await scene.postTicks(1...5)
        try await browser.wait(until: "document.querySelectorAll('#events li').length >= 5")
        #expect(try await errors(browser) == [])
        _ = try await browser.run("window.untouched = true")

        scene.server.kill()
        try await scene.server.waitExit()
        try await browser.wait(until: "!(\(Self.isLive))")
        let again = scene.on(try await scene.server.restart(samePort: true))
        let ids = try await again.postTicks(6...10)
        try await browser.wait(until: Self.isLive, within: .seconds(40))
        try await browser.wait(until: "\(Self.rows)[0] === '\(ids.last ?? "")'", within: .seconds(20))

        try await expectNoGap(browser, again, from: head)
        #expect(try await browser.run("return window.untouched === true").bool == true)
        #expect(try await errors(browser, apartFromNetwork: true) == [])
        try await browser.quit()
    }

    @Test func `S4-18 · a drained server's page waits as told and comes back`() async throws {
        let scene = try await StreamScene.start()
        let head = try await scene.head()
        let browser = try await open(scene)
        try await scene.postTicks(1...3)
        try await browser.wait(until: "document.querySelectorAll('#events li').length >= 3")

        scene.server.terminate()
        #expect(try await scene.server.waitExit() == 0)
        let again = scene.on(try await scene.server.restart(samePort: true))
        let ids = try await again.postTicks(4...4)
        try await browser.wait(until: "\(Self.rows)[0] === '\(ids[0])'", within: .seconds(40))
        try await browser.wait(until: Self.isLive, within: .seconds(20))

        try await expectNoGap(browser, again, from: head)
        #expect(try await errors(browser, apartFromNetwork: true) == [])
        try await browser.quit()
    }

    @Test func `S4-9 · a page whose stream was closed keeps away for the hold and loses nothing`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
        let head = try await scene.head()
        let browser = try await open(scene)
        let opened = scene.server.log.count { $0.contains(#""message":"stream resumed""#) }

        let closed = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=3s").json
        let start = ContinuousClock.now
        try await browser.wait(until: "document.getElementById('connection').dataset.state === 'reconnecting'")
        let ids = try await scene.postTicks(1...3)
        try await browser.wait(until: Self.isLive, within: .seconds(30))
        let waited = start.duration(to: .now)
        try await browser.wait(until: "\(Self.rows)[0] === '\(ids[2])'")

        #expect(closed["closedCount"].int == 1 && waited >= .seconds(3))
        // It came back once, and was not turned away before.
        #expect(scene.server.log.count { $0.contains(#""message":"stream resumed""#) } == opened + 1)
        #expect(!scene.server.log.contains { $0.contains(#""message":"stream refused""#) })
        try await expectNoGap(browser, scene, from: head)
        #expect(try await errors(browser) == [])
        try await browser.quit()
    }

    @Test func `S4-9 · a page closed for good says so and stays away`() async throws {
        let scene = try await StreamScene.start()
        let browser = try await open(scene)

        _ = try await scene.client(StreamScene.admin).delete(scene.path + "?final=true&hold=10m")
        let told = try await browser.wait(
            until: """
                document.getElementById('connection').dataset.state === 'closed'
                  && document.getElementById('banner-text').textContent
                """, within: .seconds(30))

        #expect(told.string?.contains("closed by an administrator") == true)
        try await browser.quit()
    }

    @Test func `S4-18, S4-19 · the browser module streams, tracks, disconnects, and its twin polls`() async throws {
        let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
        let browser = try await open(scene)

        let life = try await browser.runAsync(
            """
            const [workspace, done] = arguments;
            (async () => {
              const { RealtimeAnalytics, RealtimeAnalyticsPolling } = await import('/realtime.js');
              const calls = [];
              const until = (isReady) => new Promise((resume, fail) => {
                const limit = setTimeout(() => fail(new Error(calls.join(' '))), 15000);
                const clock = setInterval(() => { if (isReady()) { clearInterval(clock); clearTimeout(limit); resume(); } }, 20);
              });
              const live = new RealtimeAnalytics(workspace, {
                onConnect: () => calls.push('connect'), onDisconnect: (reason) => calls.push(`disconnect ${reason}`),
                onStatsUpdate: () => calls.push('stats'), onError: (error) => calls.push(`error ${error.message}`),
                onEvent: (event) => calls.push(event.eventType),
              });
              await until(() => live.isConnected && live.stats);
              const answer = await live.trackEvent('test.tracked', { n: 1 }, { sessionId: 's-1' });
              await until(() => calls.includes('test.tracked'));
              live.disconnect();
              const isConnected = live.isConnected;
              await live.trackEvent('test.away');
              live.reconnect();
              await until(() => calls.includes('test.away'));
              live.close();
              const polling = new RealtimeAnalyticsPolling(workspace, 200, { onEvent: (event) => calls.push(`poll ${event.eventType}`) });
              await until(() => polling.isConnected && polling.stats);
              await polling.trackEvent('test.polled');
              await until(() => calls.includes('poll test.polled'));
              polling.close();
              done({ calls: calls.filter((call) => call !== 'stats'), answer, isConnected, online: polling.stats.onlineUsers });
            })().catch((error) => done({ failure: String(error) }));
            """, [.string(scene.workspace)])

        #expect(life["failure"].isNull, "\(life["failure"])")
        let expected: TestJSON = [
            "connect", "test.tracked", "disconnect disconnected", "connect", "test.away", "disconnect disconnected",
            "poll test.polled",
        ]
        #expect(life["calls"] == expected)
        #expect(life["answer"]["success"].bool == true && life["isConnected"].bool == false)
        #expect(life["online"].int == 1)
        #expect(try await errors(browser) == [])
        try await browser.quit()
    }
}
