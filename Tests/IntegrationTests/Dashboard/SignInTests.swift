import Foundation
import Testing

extension BrowserTests {
    /// Coming and going: the form, the login link, the way out.
    @Suite struct SignInTests {
        private static let view = "document.body.dataset.view"

        private func open(_ scene: StreamScene) async throws -> Chromium {
            let browser = try await Chromium.start()
            try await browser.open("http://127.0.0.1:\(scene.server.port)/")
            try await browser.wait(until: "\(Self.view) === 'signedout'")
            return browser
        }

        private func submit(_ browser: Chromium, _ token: String) async throws {
            _ = try await browser.run(
                """
                document.getElementById('token').value = arguments[0];
                document.getElementById('signin').requestSubmit();
                """, [.string(token)])
        }

        @Test func `S4-20 · one signs in with a token and out again`() async throws {
            let scene = try await StreamScene.start()
            let browser = try await open(scene)

            try await submit(browser, "nonsense")
            let refusal = try await browser.wait(
                until:
                    "!document.getElementById('signin-error').hidden && document.getElementById('signin-error').textContent"
            )
            try await submit(browser, scene.token("ana"))
            try await browser.wait(until: DashboardPage.isLive)
            let name = try await browser.run("return document.getElementById('account-name').textContent")
            let left = try await browser.run("return document.getElementById('token').value + document.cookie")
            _ = try await browser.run("document.getElementById('sign-out').click()")
            try await browser.wait(until: "\(Self.view) === 'signedout'")
            try await browser.reload()
            try await browser.wait(until: "\(Self.view) === 'signedout'")

            #expect(refusal.string?.contains("not accepted") == true)
            #expect(name.string == "ana" && left.string?.isEmpty == true)
            try await browser.quit()
        }

        @Test func `whoever signs in after another sees nothing of theirs`() async throws {
            let scene = try await StreamScene.start()
            let browser = try await open(scene)
            let yard = StreamScene(server: scene.server, workspace: "yard")
            try await yard.join(["root"])
            try await submit(browser, scene.token("ana"))
            try await browser.wait(until: DashboardPage.isLive)
            let seen = try await scene.postTicks(1...1)
            try await browser.wait(until: "\(DashboardPage.rows)[0] === '\(seen[0])'")

            _ = try await browser.run("document.getElementById('sign-out').click()")
            try await browser.wait(until: "\(Self.view) === 'signedout'")
            try await submit(browser, yard.token("cy"))
            try await browser.wait(
                until: "document.getElementById('title').textContent === 'yard' && \(DashboardPage.isLive)")
            let rows = try await browser.run("return \(DashboardPage.rows)")

            #expect(!rows.array.contains(.string(seen[0])))
            try await browser.quit()
        }

        @Test func `who belongs to no workspace is told so`() async throws {
            let scene = try await StreamScene.start()
            let browser = try await open(scene)

            try await submit(browser, scene.server.token(user: "nobody", workspaces: [:]))
            try await browser.wait(until: "\(Self.view) === 'nowhere'")

            #expect(try await browser.run("return document.getElementById('account').hidden").bool == false)
            try await browser.quit()
        }
    }
}
