import Foundation
import Testing

extension BrowserTests {
    /// Through whatever happens between a page and its server, the page comes back by itself and its list has no hole.
    @Suite struct RecoveryTests {
        /// Opens the page, posts some events, and marks the document, so that a reload would be noticed.
        private func begin(
            _ scene: StreamScene, port: Int? = nil
        ) async throws -> (page: DashboardPage, head: String) {
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene, port: port)
            try await page.waitForRow(try await scene.postTicks(1...5).last)
            _ = try await page.browser.run("window.untouched = true")
            #expect(try await page.errors() == [])
            return (page, head)
        }

        /// Ends a test: the page is live, whole, and the same document.
        private func end(
            _ page: DashboardPage, _ scene: StreamScene, _ head: String, status: Int? = nil,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            try await page.browser.wait(until: DashboardPage.isLive, within: .seconds(40))
            try await page.waitForRow(try await scene.postTicks(1_000...1_000).last)
            try await page.expectNoGap(scene, from: head, sourceLocation: sourceLocation)
            #expect(try await page.browser.run("return window.untouched").bool == true, sourceLocation: sourceLocation)
            try await page.close(apartFromNetwork: true, status: status, sourceLocation: sourceLocation)
        }

        @Test func `S4-18 · after a crash and restart the page is live again by itself, and its list has no gap`()
            async throws
        {
            let scene = try await StreamScene.start()
            let (page, head) = try await begin(scene)

            scene.server.kill()
            try await scene.server.waitExit()
            try await page.browser.wait(until: "!(\(DashboardPage.isLive))")
            let again = scene.on(try await scene.server.restart(samePort: true))
            try await again.postTicks(6...10)

            try await end(page, again, head)
        }

        @Test func `S4-18 · a drained server's page waits as told and comes back`() async throws {
            let scene = try await StreamScene.start()
            let (page, head) = try await begin(scene)

            scene.server.terminate()
            #expect(try await scene.server.waitExit() == 0)
            let again = scene.on(try await scene.server.restart(samePort: true))
            try await again.postTicks(6...10)

            try await end(page, again, head)
        }

        @Test(.enabled(if: NginxProxy.isInstalled, "nginx is not installed"))
        func `S4-18 · a proxy's 502 pages during a restart do not end the page's stream`() async throws {
            let scene = try await StreamScene.start()
            let proxy = try await NginxProxy.start(
                upstreamPort: scene.server.port,
                directives: "proxy_http_version 1.1; proxy_buffering off; proxy_set_header Host $http_host;")
            let (page, head) = try await begin(scene, port: proxy.port)

            scene.server.kill()
            try await scene.server.waitExit()
            // The stream was refused with a page of HTML, and the reason was asked for.
            try await page.browser.wait(
                until: "\(DashboardPage.state("reconnecting")) && performance.getEntriesByType('resource').some("
                    + "(entry) => entry.responseStatus === 502)", within: .seconds(20))
            let again = scene.on(try await scene.server.restart(samePort: true))
            try await again.postTicks(6...10)

            try await end(page, again, head, status: 502)
            try await proxy.stop()
        }

        @Test func `S4-18 · a stream that stays open but mute is given up and replaced`() async throws {
            let scene = try await StreamScene.start(["TIDELINE_STREAMS_HEARTBEAT": "1s"])
            let (page, head) = try await begin(scene)

            scene.server.send(signal: SIGSTOP)
            try await page.browser.wait(until: DashboardPage.state("reconnecting"), within: .seconds(15))
            let reason = try await page.browser.run("return document.getElementById('connection-text').textContent")
            scene.server.send(signal: SIGCONT)
            try await scene.postTicks(6...10)

            #expect(reason.string?.hasPrefix("Reconnecting") == true)
            try await end(page, scene, head)
        }

        @Test func `S4-18 · a frozen page closes its stream, and thawed it fetches figures and goes on`() async throws {
            let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
            let (page, head) = try await begin(scene)
            _ = try await page.browser.requests()

            try await page.browser.devTools("Page.setWebLifecycleState", ["state": "frozen"])
            try await scene.server.waitForLog("stream closed", count: 1)
            try await scene.postTicks(6...10)
            try await page.browser.devTools("Page.setWebLifecycleState", ["state": "active"])
            try await page.browser.wait(until: DashboardPage.isLive)
            let snapshots = try await page.browser.requests().filter { $0 == page.origin + scene.path }

            #expect(snapshots.count == 1)
            try await end(page, scene, head)
        }

        @Test func `S4-18 · after the computer has slept for an hour the page does not trust its old stream`()
            async throws
        {
            let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
            let (page, head) = try await begin(scene)
            let opened = scene.server.logCount("stream resumed")

            // Nothing more comes on it, as on a connection that the network has forgotten meanwhile.
            scene.server.send(signal: SIGSTOP)
            _ = try await page.browser.run("const now = Date.now; Date.now = () => now() + 3600000;")
            try await page.browser.wait(until: DashboardPage.state("reconnecting"))
            scene.server.send(signal: SIGCONT)
            try await scene.server.waitForLog("stream resumed", count: opened + 1)

            try await end(page, scene, head)
        }

        @Test func `S4-18 · hidden for good and shown again, the page goes on where it was`() async throws {
            let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
            let (page, head) = try await begin(scene)

            _ = try await page.browser.run("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
            try await scene.server.waitForLog("stream closed", count: 1)
            try await scene.postTicks(6...10)
            _ = try await page.browser.run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

            try await end(page, scene, head)
        }

        @Test(.enabled(if: NginxProxy.isInstalled, "nginx is not installed"))
        func `S4-19 · where streams do not get through the page polls, and goes back to the stream without a gap`()
            async throws
        {
            let scene = try await StreamScene.start()
            let directory = try TemporaryDirectory("gate")
            let gate = try directory.write("", to: "closed")
            // While the file exists, whatever asks for a stream gets a page of HTML.
            let proxy = try await NginxProxy.start(
                upstreamPort: scene.server.port,
                directives: """
                    set $refusal "";
                    if ($http_accept = "text/event-stream") { set $refusal "stream"; }
                    if (-f \(gate)) { set $refusal "${refusal} closed"; }
                    if ($refusal = "stream closed") { return 502; }
                    proxy_http_version 1.1; proxy_buffering off; proxy_set_header Host $http_host;
                    """)
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene, port: proxy.port, until: DashboardPage.state("polling"))
            _ = try await page.browser.run("window.untouched = true")

            try await page.waitForRow(try await scene.postTicks(1...5).last)
            let banner = try await page.browser.run("return document.getElementById('banner-text').textContent")
            try FileManager.default.removeItem(atPath: gate)
            try await page.browser.wait(until: DashboardPage.isLive, within: .seconds(40))
            _ = try await page.browser.requests()
            try await page.waitForRow(try await scene.postTicks(6...10).last)
            // Longer than two polls would be apart.
            _ = try await page.browser.runAsync("setTimeout(arguments[0], 11000)")
            let polls = try await page.browser.requests().filter { $0.contains("/events?") || $0.hasSuffix(scene.path) }

            #expect(banner.string?.contains("does not get through") == true)
            #expect(polls == [])
            try await end(page, scene, head, status: 502)
            try await proxy.stop()
        }

        @Test func `S4-18 · an expired session asks for a sign-in and then goes on without a gap`() async throws {
            let scene = try await StreamScene.start()
            let (page, head) = try await begin(scene)

            try await page.browser.deleteCookies()
            _ = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=0s")
            try await page.browser.wait(until: "document.body.dataset.view === 'signedout'", within: .seconds(20))
            let told = try await page.browser.run("return document.getElementById('signin-error').textContent")
            try await scene.postTicks(6...10)
            _ = try await page.browser.run(
                """
                document.getElementById('token').value = arguments[0];
                document.getElementById('signin').requestSubmit();
                """, [.string(scene.token("ana"))])
            try await page.browser.wait(until: "document.body.dataset.view === 'dashboard'")

            #expect(told.string?.contains("session has ended") == true)
            try await end(page, scene, head, status: 401)
        }

        @Test func `S4-15 · a session that runs out ends the stream, and a new one goes on without a gap`() async throws
        {
            let scene = try await StreamScene.start()
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene, token: scene.token("ana", ttl: .seconds(6)))
            try await page.waitForRow(try await scene.postTicks(1...5).last)
            _ = try await page.browser.run("window.untouched = true")

            try await page.browser.wait(until: "document.body.dataset.view === 'signedout'", within: .seconds(90))
            try await scene.postTicks(6...10)
            _ = try await page.browser.run(
                """
                document.getElementById('token').value = arguments[0];
                document.getElementById('signin').requestSubmit();
                """, [.string(scene.token("ana"))])

            try await end(page, scene, head, status: 401)
        }

        @Test func `S4-9 · a page whose stream was closed keeps away for the hold and loses nothing`() async throws {
            let scene = try await StreamScene.start(["TIDELINE_LOG_LEVEL": "debug"])
            let (page, head) = try await begin(scene)
            let opened = scene.server.logCount("stream resumed")

            let closed = try await scene.client(StreamScene.admin).delete(scene.path + "?hold=3s").json
            let start = ContinuousClock.now
            try await page.browser.wait(until: DashboardPage.state("reconnecting"))
            try await scene.postTicks(6...10)
            try await page.browser.wait(until: DashboardPage.isLive, within: .seconds(30))
            let waited = start.duration(to: .now)

            #expect(closed["closedCount"].int == 1 && waited >= .seconds(3))
            // It came back once, and was not turned away before.
            #expect(scene.server.logCount("stream resumed") == opened + 1)
            #expect(scene.server.logCount("stream refused") == 0)
            try await end(page, scene, head)
        }

        @Test func `S4-9 · a page closed for good says so and stays away`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene)

            _ = try await scene.client(StreamScene.admin).delete(scene.path + "?final=true&hold=10m")
            let told = try await page.browser.wait(
                until: """
                    \(DashboardPage.state("closed")) && document.getElementById('banner-text').textContent
                    """, within: .seconds(30))

            #expect(told.string?.contains("closed by an administrator") == true)
            try await page.browser.quit()
        }
    }
}
