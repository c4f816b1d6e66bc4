import Foundation
import Testing

extension BrowserTests {
    /// The page by keyboard, by screen reader, on small screens: what axe-core finds, and what it cannot see.
    @Suite struct AccessibilityTests {
        /// `axe.min.js` in the tests' own Python environment (`make venv`).
        private static let axe: String? = {
            var root = URL(fileURLWithPath: #filePath)
            for _ in 0..<4 { root.deleteLastPathComponent() }
            let libraries = root.appendingPathComponent(".build/venv/lib")
            let versions = (try? FileManager.default.contentsOfDirectory(atPath: libraries.path)) ?? []
            for version in versions {
                let file = libraries.appendingPathComponent("\(version)/site-packages/axe_core_python/axe.min.js")
                if let text = try? String(contentsOf: file, encoding: .utf8) { return text }
            }
            return nil
        }()

        /// What axe-core calls serious or critical in the page as it is now.
        private func findings(_ browser: Chromium) async throws -> [String] {
            // The page's policy keeps scripts of others out; WebDriver's are let in.
            _ = try await browser.run(try #require(Self.axe) + "\nwindow.axe = axe;")
            let found = try await browser.runAsync(
                """
                const [done] = arguments;
                axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => done(violations
                  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                  .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => html.slice(0, 120) + (any[0]?.message ?? '')).join(' · ')}`)),
                  (error) => done([String(error)]));
                """)
            return found.array.compactMap(\.string)
        }

        @Test(.enabled(if: axe != nil, "make venv brings axe-core"), arguments: [(1_280, false), (360, true)])
        func `axe-core finds nothing serious in any state of the page`(width: Int64, dark: Bool) async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene, as: StreamScene.admin)
            let browser = page.browser
            try await browser.resize(width: width, height: 900, dark: dark)
            for _ in 1...3 {
                try await scene.post("task.created", ["taskId": "t", "title": "Dredge", "status": "open"])
            }
            let last = try await scene.post("message.sent", ["channelId": "general"], as: "bo")
            try await page.waitForRow(last["id"].string)
            try await browser.wait(until: "document.querySelectorAll('#streams-body tr').length === 1")
            #expect(try await findings(browser) == [], "live")

            _ = try await browser.run("document.getElementById('pause').click()")
            try await scene.postTicks(1...3)
            try await browser.wait(until: "document.getElementById('events-note').textContent.includes('3 new')")
            _ = try await browser.run("document.querySelector('#kinds [data-kind=agent]').click()")
            #expect(try await findings(browser) == [], "paused and filtered to nothing")

            _ = try await browser.run("document.getElementById('close-all').click()")
            #expect(try await findings(browser) == [], "confirmation")
            _ = try await browser.run("document.getElementById('close-dialog').close('cancel')")

            scene.server.kill()
            try await browser.wait(until: "!document.getElementById('banner').hidden", within: .seconds(30))
            #expect(try await findings(browser) == [], "reconnecting")
            _ = try await browser.run("document.getElementById('sign-out').click()")
            try await browser.wait(until: "document.body.dataset.view === 'problem'")
            #expect(try await findings(browser) == [], "unreachable")
            try await page.close(apartFromNetwork: true)
        }

        @Test(.enabled(if: axe != nil, "make venv brings axe-core"))
        func `axe-core finds nothing serious at the sign-in, nor in its refusal`() async throws {
            let scene = try await StreamScene.start()
            let browser = try await Chromium.start()
            try await browser.open("http://127.0.0.1:\(scene.server.port)/")
            try await browser.wait(until: "document.body.dataset.view === 'signedout'")
            #expect(try await findings(browser) == [])

            _ = try await browser.run(
                "document.getElementById('token').value = 'x'; document.getElementById('signin').requestSubmit();")
            try await browser.wait(until: "!document.getElementById('signin-error').hidden")

            #expect(try await findings(browser) == [])
            try await browser.quit()
        }

        @Test func `the keyboard reaches everything, in order, and one sees where it is`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene, as: StreamScene.admin)
            let browser = page.browser
            try await browser.wait(until: "document.querySelectorAll('#streams-body button').length === 1")
            let focus = """
                const { activeElement: at } = document;
                return { name: at.id || at.dataset.kind || at.className || at.tagName,
                  ring: getComputedStyle(at).outlineStyle !== 'none' || at.tagName === 'BODY' };
                """

            var order: [String] = []
            for _ in 1...20 {
                try await browser.press("\u{E004}")
                let at = try await browser.run(focus)
                #expect(at["ring"].bool == true, "no ring at \(at)")
                order.append(at["name"].string ?? "")
                if order.last?.contains("button-small") == true { break }
            }
            _ = try await browser.run("document.querySelector('.skip').focus()")
            try await browser.press("\u{E007}")
            let main = try await browser.run("return document.activeElement.id")

            let expected = [
                "skip", "theme", "sign-out", "pause", "chip", "message", "person", "task", "agent", "other",
                "filter-type",
                "filter-user", "events", "close-all", "button button-small",
            ]
            #expect(order == expected && main.string == "main")
            try await page.close()
        }

        @Test func `the focus stays where it is while the page changes`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene, as: StreamScene.admin)
            let browser = page.browser
            let other = try await scene.stream("bo")
            _ = try await other.next("connected")
            try await browser.wait(
                until: "document.querySelectorAll('#streams-body button').length === 2", within: .seconds(15))
            _ = try await browser.run("document.querySelector('#streams-body tr:last-child button').focus()")
            let focused = try await browser.run("return document.activeElement.dataset.stream")

            // A third stream: the list is drawn anew around the focus. Then the row that has it goes.
            let third = try await scene.stream("ana")
            _ = try await third.next("connected")
            try await browser.wait(
                until: "document.querySelectorAll('#streams-body button').length === 3", within: .seconds(15))
            let after = try await browser.run("return document.activeElement.dataset.stream")
            try await browser.press("\u{E007}")
            try await browser.wait(
                until: "document.querySelectorAll('#streams-body button').length === 2", within: .seconds(15))

            #expect(focused == after && focused.string?.isEmpty == false)
            #expect(try await browser.run("return document.activeElement.id").string == "streams-title")
            try await page.close()
        }

        @Test func `nothing is wider than the screen from 360 pixels up, and motion can be switched off`() async throws
        {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene, as: StreamScene.admin)
            let browser = page.browser
            let long = String(repeating: "x", count: 64)
            let last = try await scene.post(
                "task.created", ["taskId": .string(long), "title": .string(long), "status": "open"])
            try await page.waitForRow(last["id"].string)

            for width: Int64 in [360, 480, 768, 1_024, 1_440] {
                try await browser.resize(width: width, height: 900)
                let overflow = try await browser.run(
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth")
                #expect(overflow.int == 0, "at \(width)")
            }
            try await browser.devTools(
                "Emulation.setEmulatedMedia", ["features": [["name": "prefers-reduced-motion", "value": "reduce"]]])
            try await browser.wait(until: "document.getAnimations().length === 0")
            try await page.close()
        }

        @Test func `what changes all the time is not read out, what matters is, once`() async throws {
            let scene = try await StreamScene.start(["TIDELINE_STREAMS_STATS_INTERVAL": "250ms"])
            let page = try await DashboardPage.open(scene)
            let browser = page.browser
            try await browser.wait(until: "document.getElementById('announcer').textContent === 'Live'")
            _ = try await browser.run(
                """
                window.spoken = [];
                const note = () => spoken.push(document.getElementById('announcer').textContent);
                const watch = { childList: true, characterData: true, subtree: true };
                new MutationObserver(note).observe(document.getElementById('announcer'), watch);
                window.live = [...document.querySelectorAll('[aria-live]:not([aria-live=off]), [role=status], [role=log], [role=alert]')]
                  .map(({ id }) => id);
                """)

            try await page.waitForRow(try await scene.postTicks(1...50).last)
            scene.server.kill()
            try await scene.server.waitExit()
            try await browser.wait(until: "spoken.length > 0", within: .seconds(15))
            let again = scene.on(try await scene.server.restart(samePort: true))
            try await browser.wait(until: DashboardPage.isLive, within: .seconds(40))
            try await browser.wait(until: "spoken.at(-1) === 'Live'")

            let spoken = try await browser.run("return spoken").array.compactMap(\.string)
            #expect(spoken == ["Reconnecting", "Live"])
            #expect(try await browser.run("return live") == ["announcer", "signin-error", "streams-error"])
            _ = again
            try await page.close(apartFromNetwork: true)
        }
    }
}
