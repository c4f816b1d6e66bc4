import Foundation
import Testing

extension BrowserTests {
    /// The page as people see it.
    @Suite struct DashboardTests {
        @Test func `S4-20 · the page shows eight figures with their lines, its connection, and events as they happen`()
            async throws
        {
            let scene = try await StreamScene.start(["TIDELINE_STREAMS_STATS_INTERVAL": "1s"])
            try await scene.post("task.created", ["taskId": "t-1", "status": "in_progress"], as: "bo")
            let page = try await DashboardPage.open(scene)
            let browser = page.browser

            try await browser.wait(
                until:
                    "[...document.querySelectorAll('.metric-value')].every((value) => /^\\d+$/.test(value.textContent))"
            )
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
            let lines = try await browser.wait(
                until: """
                    globalThis.Chart && [...document.querySelectorAll('.spark canvas')].map((canvas) => {
                      const [dataset] = globalThis.Chart.getChart(canvas)?.data.datasets ?? [];
                      return dataset?.data.filter((value) => value !== null).length ?? 0;
                    })
                    """)

            #expect(row.string?.contains("bo") == true)
            #expect(figures.object.count == 8)
            #expect(figures["tasksInProgress"].string == "1" && figures["onlineUsers"].string == "1")
            #expect(figures["messagesLastHour"].string == "1" && figures["activeChannels"].string == "1")
            #expect(lines.array.count == 8 && lines.array.allSatisfy { ($0.int ?? 0) >= 2 })
            #expect(
                try await browser.run("return document.getElementById('connection-text').textContent").string == "Live")
            #expect(try await browser.run("return document.getElementById('banner').hidden").bool == true)
            try await page.close()
        }

        @Test func `the page asks its own origin only`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene, as: StreamScene.admin)
            try await page.browser.wait(until: "document.querySelectorAll('#streams-body tr').length === 1")
            try await page.browser.wait(until: "globalThis.Chart !== undefined")

            let requests = try await page.browser.requests().filter { !$0.hasPrefix("data:") && $0.hasPrefix("http") }

            #expect(requests.count > 15)
            #expect(requests.filter { !$0.hasPrefix(page.origin + "/") } == [])
            try await page.close()
        }

        @Test func `without the chart library the figures are still there`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene)
            _ = try await page.browser.devTools("Network.enable")
            _ = try await page.browser.devTools("Network.setBlockedURLs", ["urls": ["*/vendor/*"]])

            try await page.browser.reload()
            try await page.browser.wait(until: DashboardPage.isLive)
            try await page.browser.wait(
                until: "document.querySelector('[data-metric=onlineUsers] .metric-value').textContent === '1'")

            #expect(try await page.browser.run("return globalThis.Chart === undefined").bool == true)
            try await page.close(apartFromNetwork: true)
        }

        @Test func `another workspace brings its own figures and events, and nothing of the first`() async throws {
            let scene = try await StreamScene.start()
            let token = scene.server.token(user: "ana", workspaces: ["harbor": "member", "yard": "member"])
            let yard = StreamScene(server: scene.server, workspace: "yard")
            try await yard.join(["root"])
            let there = try await yard.post("order.paid", ["orderId": "o-1"])
            let page = try await DashboardPage.open(scene, token: token)
            let browser = page.browser
            let here = try await scene.post("order.shipped", ["orderId": "o-2"])
            try await page.waitForRow(here["id"].string)

            _ = try await browser.run(
                """
                const select = document.getElementById('workspaces');
                select.value = [...select.options].find((option) => option.text === 'yard').value;
                select.dispatchEvent(new Event('change'));
                """)
            try await browser.wait(until: "document.getElementById('title').textContent === 'yard'")
            try await browser.wait(until: DashboardPage.isLive)
            let row = "document.querySelector('#events li[data-id=\"\(there["id"].string ?? "")\"]') !== null"
            try await browser.wait(until: row)
            let rows = try await browser.run("return \(DashboardPage.rows)").array

            #expect(!rows.contains(here["id"]))
            // A reload stays where one was.
            try await browser.reload()
            try await browser.wait(until: "document.getElementById('title').textContent === 'yard'")
            try await page.close()
        }

        @Test func `the choice of colours is remembered, and the system's is followed again`() async throws {
            let scene = try await StreamScene.start()
            let page = try await DashboardPage.open(scene)
            let browser = page.browser
            let ground = "return getComputedStyle(document.body).backgroundColor"
            try await browser.resize(width: 1_280, height: 900)
            let light = try await browser.run(ground)
            try await browser.resize(width: 1_280, height: 900, dark: true)
            let dark = try await browser.run(ground)

            _ = try await browser.run("document.getElementById('theme').click()")
            try await browser.reload()
            try await browser.wait(until: DashboardPage.isLive)
            let chosen = try await browser.run(ground)
            let pressed = try await browser.run("return document.getElementById('theme').getAttribute('aria-pressed')")
            _ = try await browser.run("document.getElementById('theme').click()")

            #expect(light != dark && chosen == light && pressed.string == "false")
            #expect(try await browser.run(ground) == dark)
            #expect(try await browser.run("return document.documentElement.dataset.theme ?? null").isNull)
            try await page.close()
        }
    }
}
