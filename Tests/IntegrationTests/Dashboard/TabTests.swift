import Foundation
import Testing

extension BrowserTests {
    /// Many tabs, one stream: who holds it, who takes over, and what the others see.
    @Suite struct TabTests {
        private static let debug = ["TIDELINE_LOG_LEVEL": "debug"]

        @Test func `ten tabs over HTTP/1.1 are all live by one stream, and each shows every event`() async throws {
            let scene = try await StreamScene.start()
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene)
            var tabs = [try await page.browser.tab()]
            for _ in 1..<10 { tabs.append(try await page.openTab()) }
            // All at the same time, the nine in the background too: each says what it shows as soon as it does.
            for tab in tabs {
                try await page.browser.use(tab)
                _ = try await page.browser.run(
                    """
                    const channel = new BroadcastChannel('arrivals');
                    window.heard = [];
                    channel.onmessage = ({ data }) => heard.push(data);
                    const list = document.getElementById('events');
                    new MutationObserver(() => {
                      if (\(DashboardPage.rows).length >= 20) channel.postMessage({ state: document.getElementById('connection').dataset.state, isHidden: document.hidden });
                    }).observe(list, { childList: true });
                    """)
            }

            let last = try await scene.postTicks(1...20).last
            try await page.browser.wait(
                until: "heard.filter(({ state, isHidden }) => state === 'live' && isHidden).length >= 9",
                within: .seconds(20))
            for tab in tabs {
                try await page.browser.use(tab)
                try await page.waitForRow(last)
                try await page.browser.wait(until: DashboardPage.isLive)
                try await page.expectNoGap(scene, from: head)
                #expect(try await page.errors() == [])
            }

            #expect(try await scene.openStreams() == 1)
            try await page.close()
        }

        @Test func `when the tab with the stream is closed another takes over, and no tab has a gap`() async throws {
            let scene = try await StreamScene.start(Self.debug)
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene)
            let first = try await page.browser.tab()
            let others = [try await page.openTab(), try await page.openTab()]
            try await scene.postTicks(1...5)

            try await page.browser.use(first)
            // Events come before, while and after nobody holds the stream.
            async let posted: Void = {
                for number in 6...40 { try await scene.postTicks(number...number) }
            }()
            try await page.browser.closeTab()
            try await posted
            try await scene.server.waitForLog("stream resumed", count: 2)
            let last = try await scene.postTicks(41...41).last
            for tab in others {
                try await page.browser.use(tab)
                try await page.waitForRow(last)
                try await page.browser.wait(until: DashboardPage.isLive)
                try await page.expectNoGap(scene, from: head)
            }

            #expect(try await scene.openStreams() == 1)
            try await page.close()
        }

        @Test func `a frozen tab hands the stream on and has no gap when it thaws`() async throws {
            let scene = try await StreamScene.start(Self.debug)
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene)
            let first = try await page.browser.tab()
            let second = try await page.openTab()
            try await page.browser.use(first)
            try await page.browser.devTools("Page.setWebLifecycleState", ["state": "frozen"])

            let last = try await scene.postTicks(1...30).last
            try await page.browser.use(second)
            try await page.waitForRow(last)
            try await page.expectNoGap(scene, from: head)
            try await page.browser.use(first)
            try await page.browser.devTools("Page.setWebLifecycleState", ["state": "active"])
            try await page.waitForRow(last)

            try await page.expectNoGap(scene, from: head)
            #expect(try await scene.openStreams() == 1)
            try await page.close()
        }

        @Test func `a tab that holds the lock and says nothing is deposed`() async throws {
            let scene = try await StreamScene.start()
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene)
            let browser = page.browser
            // A tab that hangs: it has the lock of the workspace, and answers nobody.
            _ = try await browser.runAsync(
                """
                const [name, done] = arguments;
                navigator.locks.request(name, { steal: true }, () => { done(true); return new Promise(() => {}); }).catch(() => {});
                """, [.string("tideline /api/workspaces/harbor ana")])

            let last = try await scene.postTicks(1...5).last
            try await page.waitForRow(last, within: .seconds(30))
            try await browser.wait(until: DashboardPage.isLive)

            try await page.expectNoGap(scene, from: head)
            #expect(try await scene.openStreams() == 1)
            try await page.close()
        }

        @Test func `each workspace has a stream of its own`() async throws {
            let scene = try await StreamScene.start()
            let yard = StreamScene(server: scene.server, workspace: "yard")
            try await yard.join(["root"])
            let token = scene.server.token(user: "ana", workspaces: ["harbor": "member", "yard": "member"])
            let page = try await DashboardPage.open(scene, token: token)
            let browser = page.browser

            for name in ["harbor", "yard", "yard"] {
                try await browser.newTab()
                try await browser.open(page.origin + "/?workspace=\(name)")
                try await browser.wait(
                    until: "\(DashboardPage.isLive) && document.getElementById('title').textContent === '\(name)'")
            }

            #expect(try await scene.openStreams() == 1)
            #expect(try await yard.openStreams() == 1)
            try await page.close()
        }

        @Test func `every tab goes through a restart of the server and shows the same events`() async throws {
            let scene = try await StreamScene.start()
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene)
            let tabs = [try await page.browser.tab(), try await page.openTab()]

            scene.server.kill()
            try await scene.server.waitExit()
            try await page.browser.wait(until: "!(\(DashboardPage.isLive))")
            let again = scene.on(try await scene.server.restart(samePort: true))
            let last = try await again.postTicks(1...5).last
            for tab in tabs {
                try await page.browser.use(tab)
                try await page.browser.wait(until: DashboardPage.isLive, within: .seconds(40))
                try await page.waitForRow(last)
                try await page.expectNoGap(again, from: head)
            }

            #expect(try await again.openStreams() == 1)
            try await page.close(apartFromNetwork: true)
        }

        @Test func `a sign-out in one tab signs out all, and ends the stream`() async throws {
            let scene = try await StreamScene.start(Self.debug)
            let page = try await DashboardPage.open(scene)
            let first = try await page.browser.tab()
            try await page.openTab()

            _ = try await page.browser.run("document.getElementById('sign-out').click()")
            try await page.browser.wait(until: "document.body.dataset.view === 'signedout'")
            try await page.browser.use(first)
            try await page.browser.wait(until: "document.body.dataset.view === 'signedout'")
            try await scene.server.waitForLog("stream closed", count: 1)

            #expect(try await scene.openStreams() == 0)
            // Where the server was faster than the word between the tabs, the page asked why its stream ended.
            try await page.close(status: 401)
        }

        @Test func `without locks a hidden tab has no stream, and a visible one its own`() async throws {
            let scene = try await StreamScene.start(Self.debug)
            let head = try await scene.head()
            let page = try await DashboardPage.open(scene)
            let browser = page.browser
            // As on plain HTTP beyond localhost.
            try await browser.devTools(
                "Page.addScriptToEvaluateOnNewDocument", ["source": "delete Navigator.prototype.locks"])
            try await browser.reload()
            try await browser.wait(until: DashboardPage.isLive)
            let closed = scene.server.logCount("stream closed")

            try await setVisible(browser, false)
            try await scene.server.waitForLog("stream closed", count: closed + 1)
            let last = try await scene.postTicks(1...5).last
            let whileHidden = try await scene.openStreams()
            try await setVisible(browser, true)
            try await page.waitForRow(last)
            try await browser.wait(until: DashboardPage.isLive)

            #expect(whileHidden == 0)
            #expect(try await scene.openStreams() == 1)
            try await page.expectNoGap(scene, from: head)
            try await page.close()
        }

        /// Tells the page what a browser tells it when another tab is chosen.
        private func setVisible(_ browser: Chromium, _ isVisible: Bool) async throws {
            _ = try await browser.run(
                """
                const state = arguments[0];
                Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
                Object.defineProperty(document, 'hidden', { configurable: true, get: () => state === 'hidden' });
                document.dispatchEvent(new Event('visibilitychange'));
                """, [.string(isVisible ? "visible" : "hidden")])
        }
    }
}
