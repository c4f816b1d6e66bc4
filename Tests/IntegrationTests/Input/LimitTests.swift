import Testing

/// What a request may weigh: line, fields, body. Each bound at −1, exactly, and +1.
@Suite(.server(["TIDELINE_LIMITS_HEADER_BYTES": "16KiB", "TIDELINE_LIMITS_BATCH_BYTES": "128KiB"]))
struct LimitTests {
    private static let events = "/api/workspaces/limits/events"

    private func send(_ request: String) async throws -> HTTPReply {
        let connection = try await SuiteServer.running.connect()
        try await connection.send(request)
        var head = try await HTTPReply.head(from: connection, within: .seconds(10))
        head.body = try await connection.read(exactly: Int(head.header("Content-Length") ?? "") ?? 0)
        #expect(try await SuiteServer.running.client().get("/healthz").status == 200)
        return head
    }

    @Test(arguments: [(8_191, 404), (8_192, 404), (8_193, 414), (100_000, 414)])
    func `S4-15 · a request line has at most 8 KiB`(count: Int, status: Int) async throws {
        let path = "/" + String(repeating: "a", count: count - "GET / HTTP/1.1".count)

        let reply = try await send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")

        #expect(reply.status == status)
        if status == 414 { #expect(try reply.json["code"] == "head_too_large") }
    }

    @Test(arguments: [(16_383, 200), (16_384, 200), (16_385, 431), (100_000, 431)])
    func `S4-15 · a header has as many bytes as is set`(count: Int, status: Int) async throws {
        let start = "GET /healthz HTTP/1.1\r\nHost: x\r\nA: "

        let reply = try await send(start + String(repeating: "a", count: count - start.utf8.count - 4) + "\r\n\r\n")

        #expect(reply.status == status)
        if status == 431 { #expect(try reply.json["code"] == "head_too_large") }
    }

    @Test(arguments: [(99, 200), (100, 200), (101, 431)])
    func `S4-15 · a header has at most 100 fields`(count: Int, status: Int) async throws {
        let fields = (1..<count).map { "A\($0): b\r\n" }.joined()

        #expect(try await send("GET /healthz HTTP/1.1\r\nHost: x\r\n\(fields)\r\n").status == status)
    }

    /// A batch of exactly `count` bytes: small items, then blank lines.
    private static func batch(ofBytes count: Int) -> [UInt8] {
        let line = Array("{\"eventType\":\"weighed.item\"}\n".utf8)
        return line + Array(repeating: UInt8(ascii: "\n"), count: count - line.count)
    }

    @Test(arguments: [(131_071, 200), (131_072, 200), (131_073, 413)], [false, true])
    func `S4-15 · a batch has as many bytes as is set`(size: (Int, Int), isChunked: Bool) async throws {
        let (count, status) = size
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["limits": "member"])
        var body = Self.batch(ofBytes: count)
        var fields = ["Content-Type": "application/x-ndjson", "Content-Length": "\(count)"]
        if isChunked {
            fields = ["Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"]
            body = Array("\(String(count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
        }
        let connection = try await server.connect()

        try await connection.send(HTTPTestClient.request("POST", Self.events, host: "x", token: token, fields) + body)
        let reply = try await HTTPReply.head(from: connection, within: .seconds(10))

        #expect(reply.status == status)
    }

    @Test func `S4-15 · an item of a batch has at most 64 KiB, the others count`() async throws {
        let client = try SuiteServer.running.client(user: "ada", workspaces: ["items": "member"])
        func item(_ count: Int) -> String {
            let start = #"{"eventType":"weighed.item","eventData":{"v":""#
            return start + String(repeating: "x", count: count - start.utf8.count - 3) + #""}}"#
        }
        for (type, open, mark, close) in [("application/x-ndjson", "", "\n", ""), ("application/json", "[", ",", "]")] {
            let small = try await client.send(
                "POST", "/api/workspaces/items/events", ["Content-Type": type],
                Array((open + [item(65_536), item(100)].joined(separator: mark) + close).utf8))
            let large = try await client.send(
                "POST", "/api/workspaces/items/events", ["Content-Type": type],
                Array((open + [item(65_537), item(100)].joined(separator: mark) + close).utf8))

            #expect(try small.json["accepted"] == 2, "\(small.text)")
            #expect(try large.json["items"].array.map { $0["code"].string } == ["too_large", nil], "\(large.text)")
        }
    }

    @Test(arguments: [(1_024, 401), (1_025, 413)])
    func `S4-15 · the body of a sign-in has at most 1 KiB`(count: Int, status: Int) async throws {
        let reply = try await SuiteServer.running.client().send(
            "POST", "/api/session", [:], Array(repeating: UInt8(ascii: " "), count: count))

        #expect(reply.status == status)
    }

    @Test(arguments: [1, 65_536, 65_537, 1_000_000])
    func `S4-15 · a body that a path does not take is read past or costs the connection`(count: Int) async throws {
        let client = try SuiteServer.running.client()

        let reply = try await client.send("GET", "/healthz", [:], Array(repeating: UInt8(ascii: "x"), count: count))

        #expect(reply.status == 200)
        #expect(try await client.get("/healthz").status == 200)
    }
}

/// Requests that take too long to arrive, and connections that say nothing, with short time-outs.
@Suite(
    .server([
        "TIDELINE_LIMITS_HEADER_TIMEOUT": "3s", "TIDELINE_LIMITS_BODY_TIMEOUT": "3s",
        "TIDELINE_LIMITS_IDLE_TIMEOUT": "3s",
    ]))
struct SlowRequestTests {
    private func answer(to bytes: String) async throws -> (text: String, time: Duration) {
        let connection = try await SuiteServer.running.connect()
        let start = ContinuousClock.now
        try await connection.send(bytes)
        let answer = try await connection.readToEnd()
        return (String(decoding: answer, as: UTF8.self), ContinuousClock.now - start)
    }

    @Test(arguments: ["G", "GET /healthz HTTP/1.1\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n"])
    func `S4-15 · a header that does not come to its end is given up`(start: String) async throws {
        let (text, time) = try await answer(to: start)

        #expect(text.hasPrefix("HTTP/1.1 408 ") && text.contains(#""code":"request_timeout""#), "\(text)")
        #expect(time >= .milliseconds(500))
    }

    @Test(arguments: [
        "Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n2\r\nab", "Content-Length: 10\r\n\r\n",
    ])
    func `S4-15 · a body that does not come to its end is given up`(rest: String) async throws {
        let (text, time) = try await answer(to: "POST /api/session HTTP/1.1\r\nHost: x\r\n" + rest)

        #expect(text.hasPrefix("HTTP/1.1 408 "), "\(text)")
        #expect(time >= .milliseconds(500))
    }

    @Test func `S4-15 · a batch that does not come to its end stores nothing`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["slow": "member"])
        let (text, _) = try await answer(
            to: "POST /api/workspaces/slow/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{\"eventType\":\"slow.item\"}\n")

        #expect(text.hasPrefix("HTTP/1.1 408 "), "\(text)")
        #expect(try await server.client(token: token).events("slow", types: "slow.item") == [])
    }

    @Test(arguments: ["", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
    func `S4-15 · a connection without a request is closed without a word`(first: String) async throws {
        let (text, time) = try await answer(to: first)

        #expect(text.answers() == (first.isEmpty ? 0 : 1), "\(text)")
        #expect(time >= .milliseconds(500) && time < .seconds(20))
    }

    @Test func `S4-15 · good requests are answered at once beside slow ones`() async throws {
        let server = try SuiteServer.running
        let slow = try await withThrowingTaskGroup(of: RawConnection.self) { group in
            for _ in 0..<100 { group.addTask { try await server.connect() } }
            return try await group.reduce(into: [RawConnection]()) { $0.append($1) }
        }
        for connection in slow { try await connection.send("POST /api/session HTTP/1.1\r\nHost:") }

        let start = ContinuousClock.now
        let reply = try await server.client().get("/healthz")

        #expect(reply.status == 200)
        #expect(ContinuousClock.now - start < .seconds(2))
        for connection in slow { connection.close() }
    }
}

/// `server.allowedHosts`: a page of another name that resolves to this server gets nothing.
@Suite(.server(["TIDELINE_SERVER_ALLOWED_HOSTS": "tideline.test,localhost:8080,[::1]"])) struct AllowedHostTests {
    @Test(arguments: [
        ("tideline.test", 200), ("TIDELINE.test", 200), ("tideline.test:80", 200), ("tideline.test:9999", 200),
        ("localhost:8080", 200), ("[::1]", 200), ("[::1]:8080", 200), ("localhost", 421), ("localhost:8081", 421),
        ("127.0.0.1", 421), ("evil.test", 421), ("tideline.test.evil.test", 421), ("xtideline.test", 421),
        ("tideline.test.", 421),
    ])
    func `S4-15 · only hosts of the list are answered`(host: String, status: Int) async throws {
        let client = try SuiteServer.running.client(user: "ada", workspaces: ["hosts": "member"])

        for path in ["/healthz", ServerProcess.realtime("hosts"), "/api/me", "/metrics"] {
            let reply = try await client.get(path, ["Host": host])
            #expect(reply.status == status, "\(path)")
            if status == 421 { try expectProblem(reply, 421, "misdirected", path: path) }
        }
    }

    @Test func `S4-15 · the host of an absolute target counts, not the field`() async throws {
        for (target, host, status) in [
            ("http://tideline.test/healthz", "evil.test", 200), ("http://evil.test/healthz", "tideline.test", 421),
        ] {
            let connection = try await SuiteServer.running.connect()
            try await connection.send("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(try await HTTPReply.head(from: connection, within: .seconds(10)).status == status)
        }
    }

    @Test(arguments: ["/", "/nothing", "/api/nothing"])
    func `S4-15 · another host gets nothing, pages and unknown paths included`(path: String) async throws {
        try expectProblem(
            try await SuiteServer.running.client().get(path, ["Host": "evil.test"]), 421, "misdirected", path: path)
    }
}
