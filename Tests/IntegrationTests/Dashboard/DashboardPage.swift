import Foundation
import Testing

/// Everything that runs in a real browser, one test after the other: a browser needs the machine to itself.
@Suite(.serialized, .enabled(if: Chromium.isInstalled, "chromium is not installed")) struct BrowserTests {}

/// The dashboard in a browser, signed in: what its tests begin with.
struct DashboardPage: Sendable {
    let browser: Chromium
    let origin: String

    static let isLive = state("live")
    /// The ids of the rows, newest first.
    static let rows = "[...document.querySelectorAll('#events li[data-id]')].map((row) => row.dataset.id)"

    static func state(_ name: String) -> String {
        "document.getElementById('connection').dataset.state === '\(name)'"
    }

    /// Signs `user` in and opens the page; a 401 before it would be an error on the console.
    /// - Parameter port: of a proxy in front of the server.
    static func open(
        _ scene: StreamScene, as user: String = "ana", port: Int? = nil, token: String? = nil,
        until condition: String = isLive
    ) async throws -> DashboardPage {
        let page = DashboardPage(
            browser: try await Chromium.start(), origin: "http://127.0.0.1:\(port ?? scene.server.port)")
        try await page.browser.open(page.origin + "/healthz")
        try await page.signIn(token ?? scene.token(user))
        _ = try await page.browser.console()
        try await page.browser.open(page.origin + "/")
        try await page.browser.wait(until: condition, within: .seconds(20))
        return page
    }

    /// Gets a session by script, as the form does.
    func signIn(_ token: String) async throws {
        let status = try await browser.runAsync(
            """
            const [token, done] = arguments;
            fetch('/api/session', { method: 'POST', headers: { Authorization: `Bearer ${token}` } })
              .then((answer) => done(answer.status), (error) => done(String(error)));
            """, [.string(token)])
        guard status.int == 200 else { throw WaitError(description: "no session: \(status)") }
    }

    /// Opens the page in another tab and waits until it is live.
    @discardableResult
    func openTab() async throws -> String {
        let tab = try await browser.newTab()
        try await browser.open(origin + "/")
        try await browser.wait(until: Self.isLive, within: .seconds(20))
        return tab
    }

    /// Waits until `id` is the newest row.
    func waitForRow(_ id: String?, within limit: Duration = .seconds(20)) async throws {
        try await browser.wait(until: "\(Self.rows)[0] === '\(id ?? "")'", within: limit)
    }

    /// The rows from the newest to the oldest are every event of the log from `id` on.
    func expectNoGap(
        _ scene: StreamScene, from id: String, as user: String = "ana",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let rows = try await browser.run("return \(Self.rows)").array.compactMap(\.string)
        let log = try await scene.log(as: user, after: id).compactMap { $0["id"].string }
        #expect(
            Array(rows.prefix(log.count)) == log.reversed() && Set(rows).count == rows.count,
            sourceLocation: sourceLocation)
        let gaps = try await browser.run("return document.querySelectorAll('.event-gap').length")
        #expect(gaps.int == 0, sourceLocation: sourceLocation)
    }

    /// Errors on the console, but for those of a network that was taken away on purpose, or of one status.
    func errors(apartFromNetwork: Bool = false, status: Int? = nil) async throws -> [String] {
        try await browser.console().filter { $0.level == "SEVERE" || $0.message.contains("Content Security Policy") }
            .map(\.message).filter { message in
                !(apartFromNetwork && message.contains("net::ERR_"))
                    && !(status.map { message.contains("status of \($0)") } ?? false)
            }
    }

    /// Ends the browser; the page has said nothing on the console that it should not.
    func close(
        apartFromNetwork: Bool = false, status: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(
            try await errors(apartFromNetwork: apartFromNetwork, status: status) == [], sourceLocation: sourceLocation)
        try await browser.quit()
    }
}

extension StreamScene {
    /// How many streams the workspace has open, by the server's own word.
    func openStreams() async throws -> Int { try await snapshot()["meta"]["connections"].int ?? -1 }
}
