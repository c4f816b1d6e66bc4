import Foundation
import Testing

/// The clients of `public/protocol.html`, taken from the page as a reader would, each through a kill, a drain and an
/// administrator's last word.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ProtocolPageTests {
    @Test func `the Python client follows through restarts and stops when told`() async throws {
        try await expectFollowing { server, folder in
            try Self.program("/usr/bin/env", ["python3", folder.write(try Self.code("follow.py"), to: "f.py")], server)
        }
    }

    @Test func `the curl client follows through restarts and stops when told`() async throws {
        try await expectFollowing { server, folder in
            try Self.program("/usr/bin/env", ["bash", folder.write(try Self.code("follow.sh"), to: "f.sh")], server)
        }
    }

    @Test func `the Swift client compiles, follows through restarts and stops when told`() async throws {
        try await expectFollowing { server, folder in
            let source = try folder.write(try Self.code("follow.swift"), to: "main.swift")
            let binary = folder.path + "/follow"
            let compiler = try ChildProcess("/usr/bin/env", ["swiftc", source, "-o", binary])
            let status = try await compiler.waitExit(within: .seconds(120))
            #expect(status == 0, "\(compiler.errors.elements)")
            return try Self.program(binary, [], server)
        }
    }

    @Test(.enabled(if: Chromium.isInstalled))
    func `the JavaScript client follows through restarts and stops when told`() async throws {
        let browser = try await Chromium.start()
        try await expectFollowing { server, _ in
            try await browser.open("http://\(server.host):\(server.port)/protocol.html")
            let code = try Self.code("follow.mjs").replacingOccurrences(of: "export ", with: "")
            _ = try await browser.run(
                "\(code); window.seen = []; follow(location.origin, 'acme', arguments[0], "
                    + "(event) => seen.push(event.id), () => seen.push('gap')).then((status) => { window.end = status; })",
                [.string(Self.token(server))])
            return Follower(
                seen: { count in
                    try await browser.wait(until: "window.seen.length >= \(count)", within: .seconds(30))
                    return try await browser.run("return window.seen").array.compactMap(\.string)
                },
                ended: { try await browser.wait(until: "window.end === 204", within: .seconds(30)) })
        }
        try await browser.quit()
    }

    @Test(arguments: ["follow.py", "follow.mjs", "follow.sh", "follow.swift"])
    func `a client takes about thirty lines`(file: String) throws {
        let lines = try Self.code(file).split(separator: "\n")

        #expect(lines.count <= 40)
    }

    // MARK: One client

    private struct Follower {
        /// The ids it told, once there are that many.
        let seen: (Int) async throws -> [String]
        let ended: () async throws -> Void
    }

    private func expectFollowing(
        _ start: (ServerProcess, TemporaryDirectory) async throws -> Follower
    ) async throws {
        let folder = try TemporaryDirectory("client")
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        var server = try await ServerProcess.start([
            "TIDELINE_STREAMS_RETRY": "200ms", "TIDELINE_LOG_LEVEL": "debug",
            "TIDELINE_SERVER_PUBLIC_DIRECTORY": root.joined(separator: "/") + "/public",
        ])
        let follower = try await start(server, folder)
        _ = try await server.logLine("stream opened", within: .seconds(30))
        var ids: [String] = []

        ids += try await Self.post(3, to: server)
        #expect(try await follower.seen(3) == ids)
        server.kill()
        try await server.waitExit()
        server = try await server.restart(samePort: true)
        ids += try await Self.post(3, to: server)
        #expect(try await follower.seen(6) == ids)
        server.terminate()
        try await server.waitExit()
        server = try await server.restart(samePort: true)
        ids += try await Self.post(3, to: server)
        #expect(try await follower.seen(9) == ids)

        let close = try await server.client(token: Self.token(server))
            .send("DELETE", ServerProcess.realtime("acme") + "?final=true&hold=10m")
        #expect(close.status == 200)
        try await follower.ended()
    }

    private static func token(_ server: ServerProcess) -> String {
        server.token(user: "ada", workspaces: ["acme": "admin"])
    }

    /// - Returns: the ids of the events.
    private static func post(_ count: Int, to server: ServerProcess) async throws -> [String] {
        let client = server.client(token: token(server))
        var ids: [String] = []
        for number in 1...count {
            let reply = try await client.post(
                ServerProcess.realtime("acme"),
                ["eventType": "order.paid", "eventData": ["n": .integer(Int64(number))]])
            ids.append(try #require(try reply.json["id"].string))
        }
        return ids
    }

    private static func program(
        _ path: String, _ arguments: [String], _ server: ServerProcess
    ) throws -> Follower {
        var environment = ProcessInfo.processInfo.environment
        environment["TIDELINE"] = "http://\(server.host):\(server.port)"
        environment["WORKSPACE"] = "acme"
        environment["TOKEN"] = token(server)
        let child = try ChildProcess(path, arguments, environment: environment)
        return Follower(
            seen: { count in
                _ = try await child.output.first(from: count - 1, within: .seconds(30)) { _ in true }
                return child.output.elements.map { String($0.prefix { $0 != " " }) }
            },
            ended: { try await child.waitExit(within: .seconds(30)) })
    }

    /// The code of a client as the page shows it.
    private static func code(_ file: String) throws -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        let page = try String(contentsOfFile: root.joined(separator: "/") + "/public/protocol.html", encoding: .utf8)
        let opening = try #require(page.range(of: "<code data-file=\"\(file)\">"))
        let rest = page[opening.upperBound...]
        let end = try #require(rest.range(of: "</code>"))
        return rest[..<end.lowerBound].replacingOccurrences(of: "&lt;", with: "<")
            .replacingOccurrences(of: "&gt;", with: ">").replacingOccurrences(of: "&amp;", with: "&")
    }
}
