import Foundation
import Testing

extension BrowserTests {
    /// The administrator's list of open streams.
    @Suite struct OpenStreamsTests {
        private static let rows = """
            [...document.querySelectorAll('#streams-body tr')].map((row) => row.cells[0].textContent)
            """

        @Test func `S4-20 · an administrator sees the open streams and closes one of them`() async throws {
            let scene = try await StreamScene.start()
            let bo = try await scene.stream("bo", query: "types=message.*&stats=off")
            _ = try await bo.next("connected")
            let page = try await DashboardPage.open(scene, as: StreamScene.admin)
            let browser = page.browser
            try await browser.wait(until: "\(Self.rows).length === 2")

            let users = try await browser.run("return \(Self.rows)")
            let receives = try await browser.run(
                "return document.querySelector('#streams-body tr td[data-label=Receives]').textContent")
            _ = try await browser.run("document.querySelector('#streams-body tr button').click()")
            let closing = try await bo.closing()
            try await browser.wait(until: "\(Self.rows).length === 1")

            #expect(users == ["bo", "root (this browser)"] && receives.string == "message.*")
            #expect(closing["reason"].string == "admin")
            #expect(try await browser.run("return document.getElementById('streams-error').hidden").bool == true)
            try await browser.wait(until: DashboardPage.isLive)
            try await page.close()
        }

        @Test func `S4-20 · all streams are closed after a confirmation, and the page comes back`() async throws {
            let scene = try await StreamScene.start()
            let head = try await scene.head()
            let bo = try await scene.stream("bo")
            _ = try await bo.next("connected")
            let page = try await DashboardPage.open(scene, as: StreamScene.admin)
            let browser = page.browser
            try await browser.wait(until: "\(Self.rows).length === 2")

            _ = try await browser.run("document.getElementById('close-all').click()")
            let asked = try await browser.run(
                "return document.activeElement.textContent + '|' + document.getElementById('close-text').textContent")
            try await browser.press("\u{E00C}")
            try await browser.wait(until: "!document.getElementById('close-dialog').open")
            let afterEscape = try await scene.openStreams()
            _ = try await browser.run(
                """
                document.getElementById('close-all').click();
                document.querySelector('#close-dialog [value=close]').click();
                """)
            let closing = try await bo.closing()
            try await browser.wait(until: "!(\(DashboardPage.isLive))")
            try await browser.wait(until: DashboardPage.isLive, within: .seconds(30))
            try await page.waitForRow(try await scene.postTicks(1...3).last)

            #expect(asked.string?.hasPrefix("Keep them|") == true && asked.string?.contains("harbor") == true)
            #expect(afterEscape == 2 && closing["reason"].string == "admin")
            try await page.expectNoGap(scene, from: head, as: StreamScene.admin)
            try await page.close()
        }

        @Test func `S4-20 · a member does not see the list`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene)
            _ = try await page.browser.requests()

            try await page.waitForRow(try await scene.postTicks(1...1).last)
            let asked = try await page.browser.requests().filter { $0.contains("/connections") }

            #expect(try await page.browser.run("return document.getElementById('streams').hidden").bool == true)
            #expect(asked == [])
            try await page.close()
        }
    }
}
