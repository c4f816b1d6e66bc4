import Foundation
import Testing

extension BrowserTests {
    /// What the list of events shows, hides, and keeps while it is paused.
    @Suite struct EventListTests {
        private static let texts = "[...document.querySelectorAll('#events li')].map((row) => row.textContent)"

        @Test func `texts of hostile users stay texts`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene, as: StreamScene.admin)
            let attack = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>'\"&amp;\u{202E}"
            let texts: TestJSON = .string(attack)

            try await scene.post("user.updated", ["username": texts, "displayName": texts])
            try await scene.post(
                "task.created", ["taskId": "t-1", "title": texts, "status": "<b>x</b>", "assignee": "bo"])
            try await scene.post("user.action", ["action": texts])
            try await scene.post("file.uploaded", ["file_type": texts, "file_size": 1, "file_name": texts])
            let last = try await scene.post(
                "reaction.added", ["messageId": "m-1", "emoji": texts, "channelId": "general"])
            try await page.waitForRow(last["id"].string)
            _ = try await page.browser.run("document.getElementById('filter-user').focus()")
            let found = try await page.browser.run(
                """
                return {
                  hacked: window.hacked === undefined,
                  markup: document.querySelectorAll('#events img, #events script, #filter-user img').length,
                  rows: [...document.querySelectorAll('#events li')].filter((row) => row.textContent.includes('<img src=x')).length,
                }
                """)

            #expect(found["hacked"].bool == true && found["markup"].int == 0)
            #expect((found["rows"].int ?? 0) >= 4)
            try await page.close()
        }

        @Test func `kinds, types and people filter the list, also what comes later`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene)
            let browser = page.browser
            try await scene.post("message.sent", ["channelId": "general"], as: "ana")
            try await scene.post("message.sent", ["channelId": "general"], as: "bo")
            try await scene.post("task.created", ["taskId": "t-1", "status": "open"], as: "bo")
            let last = try await scene.post(
                "message.read", ["channelId": "general", "lastReadMessageId": "m"], as: "bo")
            try await page.waitForRow(last["id"].string)

            _ = try await browser.run("document.querySelector('#kinds [data-kind=message]').click()")
            try await choose(browser, "filter-user", "bo")
            let messages = try await types(browser)
            try await choose(browser, "filter-type", "message.sent")
            let sent = try await types(browser)
            let later = try await scene.post("message.sent", ["channelId": "yard"], as: "bo")
            try await scene.post("message.sent", ["channelId": "yard"], as: "ana")
            try await page.waitForRow(later["id"].string)
            try await choose(browser, "filter-user", "ana")
            _ = try await browser.run("document.querySelector('#kinds [data-kind=agent]').click()")
            let none = try await types(browser)
            let empty = try await browser.run("return document.getElementById('events-empty').innerText")
            _ = try await browser.run("document.getElementById('events-clear').click()")
            let all = try await types(browser)

            #expect(messages == ["message.read", "message.sent"] && sent == ["message.sent"])
            #expect(none == [] && empty.string?.contains("None of the latest events") == true)
            #expect(all.count >= 6 && all.contains("task.created"))
            try await page.close()
        }

        @Test func `a pause keeps what comes, up to a bound, and says what it could not keep`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene)
            let browser = page.browser
            let head = try await scene.head()
            let note = "document.getElementById('events-note').textContent"
            let pause = "document.getElementById('pause').click()"

            _ = try await browser.run(pause)
            let before = try await browser.run("return \(DashboardPage.rows).length")
            let first = try await scene.postTicks(1...300)
            try await browser.wait(until: "\(note).includes('300 new events are waiting')")
            let during = try await browser.run("return \(DashboardPage.rows).length")
            _ = try await browser.run(pause)
            try await page.waitForRow(first.last)
            try await page.expectNoGap(scene, from: head)

            _ = try await browser.run(pause)
            for start in stride(from: 301, to: 1_501, by: 400) { try await scene.postTicks(start...(start + 399)) }
            try await browser.wait(until: "\(note).includes('1,200 new events; the latest 1,000 are kept')")
            _ = try await browser.run(pause)
            let rows = try await browser.wait(
                until: "\(DashboardPage.rows).length === 1000 && \(DashboardPage.rows)", within: .seconds(20))
            let log = try await scene.log(as: "ana", after: head).compactMap { $0["id"].string }
            let gap = try await browser.run("return document.querySelector('#events li:last-child').textContent")

            #expect(before == during)
            #expect(rows.array.compactMap(\.string) == log.suffix(1_000).reversed())
            #expect(gap.string?.hasPrefix("Of the pause, 200 earlier events") == true)
            try await page.close()
        }

        @Test func `where the log cannot be followed exactly, the list says so`() async throws {
            let scene = try await StreamScene.start(["TIDELINE_STREAMS_REPLAY_LIMIT": "64KiB"])
            let page = try await DashboardPage.open(scene)
            _ = try await page.browser.devTools("Page.setWebLifecycleState", ["state": "frozen"])
            let ids = try await scene.postTicks(1...400, bytes: 2_000)
            _ = try await page.browser.devTools("Page.setWebLifecycleState", ["state": "active"])

            let gap = try await page.browser.wait(until: "document.querySelector('.event-gap')?.textContent")
            let next = try await scene.postTicks(401...401)
            try await page.waitForRow(next.first)

            #expect(gap.string?.contains("missing") == true && ids.count == 400)
            try await page.close()
        }

        private func choose(_ browser: Chromium, _ select: String, _ value: String) async throws {
            _ = try await browser.run(
                """
                const [id, value] = arguments;
                const select = document.getElementById(id);
                select.value = value;
                select.dispatchEvent(new Event('change'));
                """, [.string(select), .string(value)])
        }

        private func types(_ browser: Chromium) async throws -> [String] {
            try await browser.run("return [...document.querySelectorAll('#events li')].map((row) => row.title)").array
                .compactMap(\.string)
        }
    }
}
