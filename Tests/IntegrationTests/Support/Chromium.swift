import Foundation

/// A headless Chromium by WebDriver: opens pages, runs scripts, waits inside the browser, takes pictures.
final class Chromium: Sendable {
    private let driver: ChildProcess
    private let client: HTTPTestClient
    private let session: String
    private let profile: TemporaryDirectory

    /// Whether this machine has what it takes; suites use it as their condition.
    static var isInstalled: Bool {
        FileManager.default.isExecutableFile(atPath: driverPath)
            && FileManager.default.isExecutableFile(atPath: browserPath)
    }

    private static let driverPath = "/usr/bin/chromedriver"
    private static let browserPath = "/usr/bin/chromium"

    static func start(width: Int = 1_280, height: Int = 900) async throws -> Chromium {
        let driver = try ChildProcess(driverPath, ["--port=0"])
        let started = try await driver.output.first(within: .seconds(20)) {
            $0.contains("started successfully on port")
        }
        guard let port = Int(started.element.split { !$0.isNumber }.last ?? "") else {
            throw WaitError(description: "no port in \(started.element)")
        }
        let profile = try TemporaryDirectory("chromium")
        // The browser follows its driver, also when that is killed.
        let launcher = try profile.write(
            "#!/bin/sh\nexec setpriv --pdeathsig KILL -- \(browserPath) \"$@\"\n", to: "launch")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: launcher)
        let client = HTTPTestClient(port: port, within: .seconds(60))
        let arguments: [TestJSON] = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            .string("--window-size=\(width),\(height)"), .string("--user-data-dir=\(profile.path)"),
        ]
        let wanted: TestJSON = [
            "browserName": "chrome", "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
            "goog:chromeOptions": ["binary": .string(launcher), "args": .array(arguments)],
        ]
        let reply = try await call(client, "POST", "/session", ["capabilities": ["alwaysMatch": wanted]])
        guard let session = reply["sessionId"].string else { throw WaitError(description: "no session in \(reply)") }
        return Chromium(driver: driver, client: client, session: session, profile: profile)
    }

    private init(driver: ChildProcess, client: HTTPTestClient, session: String, profile: TemporaryDirectory) {
        self.driver = driver
        self.client = client
        self.session = session
        self.profile = profile
    }

    /// Ends browser and driver, and waits for both.
    func quit() async throws {
        _ = try await command("DELETE", "")
        driver.terminate()
        try await driver.waitExit()
    }

    func open(_ url: String) async throws { _ = try await command("POST", "/url", ["url": .string(url)]) }
    func reload() async throws { _ = try await command("POST", "/refresh", [:]) }

    /// Runs the body of a function in the page: `return document.title`.
    func run(_ script: String, _ arguments: [TestJSON] = []) async throws -> TestJSON {
        try await command("POST", "/execute/sync", ["script": .string(script), "args": .array(arguments)])
    }

    /// Runs a script whose last argument is a callback with the result.
    func runAsync(_ script: String, _ arguments: [TestJSON] = []) async throws -> TestJSON {
        try await command("POST", "/execute/async", ["script": .string(script), "args": .array(arguments)])
    }

    /// Waits in the page until the expression is true; it is asked again at each change of the document and each 50 ms.
    /// - Returns: its value.
    @discardableResult
    func wait(until expression: String, within limit: Duration = .seconds(10)) async throws -> TestJSON {
        let milliseconds = limit.components.seconds * 1_000 + limit.components.attoseconds / 1_000_000_000_000_000
        _ = try await command("POST", "/timeouts", ["script": .integer(milliseconds + 5_000)])
        let script = """
            const [limit, done] = arguments;
            const value = () => { try { return (\(expression)); } catch (error) { return null; } };
            let timer, clock;
            const observer = new MutationObserver(check);
            const end = (result) => { observer.disconnect(); clearInterval(clock); clearTimeout(timer); done(result); };
            function check() { const now = value(); if (now) end({ value: now === true ? true : JSON.parse(JSON.stringify(now)) }); }
            observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
            clock = setInterval(check, 50);
            timer = setTimeout(() => end(null), limit);
            check();
            """
        let result = try await runAsync(script, [.integer(milliseconds)])
        if result.isNull {
            let page = try await run("return document.body.innerText.slice(0, 800)").string ?? ""
            throw WaitError(description: "`\(expression)` did not become true within \(limit); the page says:\n\(page)")
        }
        return result["value"]
    }

    /// What the page wrote to the console since the last call: `{level, message}`.
    func console() async throws -> [(level: String, message: String)] {
        try await command("POST", "/se/log", ["type": "browser"]).array.map {
            ($0["level"].string ?? "", $0["message"].string ?? "")
        }
    }

    /// The addresses of all requests since the last call, of all tabs.
    func requests() async throws -> [String] {
        try await command("POST", "/se/log", ["type": "performance"]).array.compactMap { entry in
            let message = try TestJSON(entry["message"].string ?? "{}")["message"]
            guard message["method"].string == "Network.requestWillBeSent" else { return nil }
            return message["params"]["request"]["url"].string
        }
    }

    // MARK: Tabs and keys

    /// The tab that commands go to.
    func tab() async throws -> String { try await command("GET", "/window").string ?? "" }

    /// Opens another tab; commands go there from now on.
    @discardableResult
    func newTab() async throws -> String {
        let tab = try await command("POST", "/window/new", ["type": "tab"])["handle"].string ?? ""
        try await use(tab)
        return tab
    }

    func use(_ tab: String) async throws { _ = try await command("POST", "/window", ["handle": .string(tab)]) }

    /// Closes the current tab; another has to be chosen then.
    func closeTab() async throws { _ = try await command("DELETE", "/window") }

    /// Presses and releases keys one after the other, as WebDriver names them: `\u{E004}` is Tab, `\u{E007}` Enter.
    func press(_ keys: String...) async throws {
        let steps: [TestJSON] = keys.flatMap { key -> [TestJSON] in
            [["type": "keyDown", "value": .string(key)], ["type": "keyUp", "value": .string(key)]]
        }
        let keyboard: TestJSON = ["type": "key", "id": "keyboard", "actions": .array(steps)]
        _ = try await command("POST", "/actions", ["actions": [keyboard]])
    }

    func deleteCookies() async throws { _ = try await command("DELETE", "/cookie") }

    /// A command of the DevTools protocol, for instance `Emulation.setEmulatedMedia`.
    @discardableResult
    func devTools(_ method: String, _ parameters: TestJSON = [:]) async throws -> TestJSON {
        try await command("POST", "/goog/cdp/execute", ["cmd": .string(method), "params": parameters])
    }

    /// Lays the page out in a viewport of exactly this size.
    func resize(width: Int64, height: Int64, dark: Bool = false) async throws {
        let size: TestJSON = [
            "width": .integer(width), "height": .integer(height), "deviceScaleFactor": 1, "mobile": false,
        ]
        try await devTools("Emulation.setDeviceMetricsOverride", size)
        let scheme: TestJSON = ["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]
        try await devTools("Emulation.setEmulatedMedia", ["features": [scheme]])
    }

    /// Writes a PNG of the viewport.
    func screenshot(to path: String) async throws {
        guard let text = try await command("GET", "/screenshot").string, let image = Data(base64Encoded: text) else {
            throw WaitError(description: "no screenshot")
        }
        try image.write(to: URL(fileURLWithPath: path))
    }

    private func command(_ method: String, _ path: String, _ body: TestJSON? = nil) async throws -> TestJSON {
        try await Self.call(client, method, "/session/\(session)\(path)", body)
    }

    private static func call(
        _ client: HTTPTestClient, _ method: String, _ path: String, _ body: TestJSON?
    ) async throws -> TestJSON {
        let reply = try await client.send(
            method, path, ["Content-Type": "application/json"], body.map { Array($0.text.utf8) })
        let value = try reply.json["value"]
        guard reply.status == 200 else {
            throw WaitError(
                description: "WebDriver \(path): \(value["error"].string ?? "") \(value["message"].string ?? "")")
        }
        return value
    }
}
