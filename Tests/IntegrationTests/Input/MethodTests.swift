import Testing

/// Which methods, media types and paths there are, and what the others get.
@Suite(
    .server { files in
        try files.write("<!doctype html>", to: "index.html")
        return ["TIDELINE_SERVER_PUBLIC_DIRECTORY": files.path]
    })
struct MethodTests {
    private func client() throws -> HTTPTestClient {
        try SuiteServer.running.client(user: "ada", workspaces: ["methods": "admin"])
    }

    /// A path and the methods that it allows beside OPTIONS.
    static let routes: [(String, Set<String>)] = [
        (ServerProcess.realtime("methods"), ["GET", "HEAD", "POST", "DELETE"]),
        (ServerProcess.realtime("methods") + "/connections", ["GET", "HEAD"]),
        (ServerProcess.realtime("methods") + "/connections/conn_1", ["DELETE"]),
        ("/api/workspaces/methods/events", ["GET", "HEAD", "POST"]), ("/api/session", ["POST", "DELETE"]),
        ("/api/me", ["GET", "HEAD"]), ("/api/tickets", ["POST"]), ("/api/workspaces", ["GET", "HEAD", "POST"]),
        ("/api/workspaces/methods/audit", ["GET", "HEAD"]), ("/api/audit", ["GET", "HEAD"]),
        ("/healthz", ["GET", "HEAD"]), ("/readyz", ["GET", "HEAD"]),
        ("/metrics", ["GET", "HEAD"]), ("/api/definitions", ["GET", "HEAD"]), ("/api/openapi.json", ["GET", "HEAD"]),
        ("/index.html", ["GET", "HEAD"]),
    ]

    private static func methods(_ allow: String?) -> Set<String> {
        Set((allow ?? "").split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init))
    }

    @Test(arguments: routes)
    func `S4-1 · a method that a path does not have is refused with those it has`(path: String, allowed: Set<String>)
        async throws
    {
        let client = try client()
        let wrong = Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"]).subtracting(allowed)

        for method in wrong.sorted() {
            for target in [path, path == "/index.html" ? path : path + "/"] {
                let reply = try await client.send(method, target)
                #expect(reply.status == 405, "\(method) \(target): \(reply.status)")
                #expect(Self.methods(reply.header("Allow")) == allowed.union(["OPTIONS"]), "\(method) \(target)")
                if method != "HEAD" { try expectProblem(reply, 405, "method_not_allowed", path: target) }
            }
        }
    }

    @Test(arguments: routes)
    func `S4-1 · OPTIONS tells the methods of a path`(path: String, allowed: Set<String>) async throws {
        let reply = try await client().send("OPTIONS", path)

        #expect(reply.status == 204)
        #expect(Self.methods(reply.header("Allow")) == allowed.union(["OPTIONS"]))
    }

    @Test func `S4-1 · OPTIONS of the server as a whole is answered`() async throws {
        #expect(try await client().send("OPTIONS", "*").status == 204)
    }

    @Test(arguments: ["BREW", "get", "PROPFIND", "X", "PRI"], ["/healthz", "/api/nothing", "/index.html"])
    func `S4-1 · a method that no path has is not implemented`(method: String, path: String) async throws {
        try expectProblem(try await client().send(method, path), 501, "not_implemented", path: path)
    }

    @Test func `S4-1 · CONNECT is not implemented`() async throws {
        #expect(try await client().send("CONNECT", "example.org:443").status == 501)
    }

    @Test(
        arguments: [
            "/api/nothing", "/api", "/api/", "/nothing", "/api/workspaces/methods", "/healthz/more",
            "//healthz", "/api//me", "/HEALTHZ", "/api/workspaces/methods/analytics", "/control", "/control/nothing",
            "/metrics.txt",
            "/api/workspaces//analytics/realtime", "/api/workspaces/methods/analytics/realtime/x",
        ], ["GET", "POST", "DELETE", "PUT"])
    func `S4-1 · a path that is not there is not found, whatever the method`(path: String, method: String) async throws
    {
        let body: [UInt8]? = method == "POST" || method == "PUT" ? Array("{}".utf8) : nil
        let client = try client()

        let reply = try await client.send(method, path, ["Content-Type": "application/json"], body)

        try expectProblem(reply, 404, "not_found", path: path)
        #expect(try await client.get("/healthz").status == 200)
    }

    @Test(arguments: [
        ServerProcess.realtime("methods"), "/api/workspaces/methods/events", "/api/me", "/healthz", "/readyz",
        "/metrics",
        "/api/definitions",
    ])
    func `S4-1 · a trailing slash makes no difference and no redirect`(path: String) async throws {
        let client = try client()

        let without = try await client.get(path)
        let with = try await client.get(path + "/")
        let withQuery = try await client.get(path + "/?x=1")

        #expect(without.status == 200 && with.status == 200 && withQuery.status == 200)
        #expect(with.header("Content-Type") == without.header("Content-Type"))
    }

    @Test func `S4-8 · events are posted and streams closed with a trailing slash too`() async throws {
        let client = try client()
        let path = ServerProcess.realtime("methods") + "/"

        #expect(try await client.post(path, ["eventType": "slash.type"]).status == 200)
        #expect(try await client.post("/api/workspaces/methods/events/", [["eventType": "slash.type"]]).status == 200)
        #expect(try await client.delete(path + "?hold=0s").status == 200)
    }

    // MARK: HEAD

    @Test(arguments: ["/healthz", "/api/me", "/api/definitions", "/index.html", ServerProcess.realtime("head")])
    func `S4-1 · HEAD answers as GET does, without the body`(path: String) async throws {
        let server = try SuiteServer.running
        let client = server.client(user: "ada", workspaces: ["head": "member"])
        _ = try await client.track("head", "head.first")

        let get = try await client.get(path)
        let head = try await client.send("HEAD", path)
        let after = try await client.get("/healthz")

        #expect(head.status == get.status && head.body.isEmpty)
        for name in ["Content-Type", "Content-Length", "Vary", "Cache-Control"] {
            #expect(head.header(name) == get.header(name), "\(name)")
        }
        #expect(after.status == 200)
        #expect(await client.connectionsOpened == 1)
    }

    @Test func `S4-2 · HEAD on a stream sends the header and registers nothing`() async throws {
        let client = try SuiteServer.running.client(user: "ada", workspaces: ["headed": "member"])
        let path = ServerProcess.realtime("headed")

        let head = try await client.send("HEAD", path, ["Accept": "text/event-stream"])
        let snapshot = try await client.get(path).json

        #expect(head.status == 200 && head.header("Content-Type")?.hasPrefix("text/event-stream") == true)
        #expect(head.header("X-Accel-Buffering") == "no")
        #expect(snapshot["meta"]["connections"] == 0 && snapshot["data"]["onlineUsers"] == 0)
    }

    // MARK: Media types

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/x-ndjson",
        "application/problem+json", "application/jsonp", "json", "", "application/", "application/json, text/plain",
    ])
    func `S4-15 · an event that is not application/json is refused`(type: String) async throws {
        let path = ServerProcess.realtime("methods")
        let reply = try await client().post(raw: #"{"eventType":"typed.body"}"#, to: path, ["Content-Type": type])

        try expectProblem(reply, 415, "unsupported_media_type", path: path)
    }

    @Test(arguments: [
        "application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/json;q=1",
    ])
    func `S4-8 · an event is application/json, whatever its parameters`(type: String) async throws {
        let reply = try await client().post(
            raw: #"{"eventType":"typed.body"}"#, to: ServerProcess.realtime("methods"), ["Content-Type": type])

        #expect(reply.status == 200)
    }

    @Test(arguments: [ServerProcess.realtime("methods"), "/api/workspaces/methods/events"])
    func `S4-15 · a body without a media type, or with two, is refused`(path: String) async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["methods": "admin"])
        for fields in ["", "Content-Type: application/json\r\nContent-Type: text/plain\r\n"] {
            let connection = try await server.connect()
            try await connection.send(
                "POST \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\(fields)Content-Length: 2\r\n\r\n{}"
            )
            #expect(try await HTTPReply.head(from: connection, within: .seconds(10)).status == 415)
        }
    }

    @Test(arguments: ["text/plain", "application/xml", ""])
    func `S4-15 · a batch that is neither NDJSON nor JSON is refused`(type: String) async throws {
        let path = "/api/workspaces/methods/events"
        let reply = try await client().post(raw: "[]", to: path, ["Content-Type": type])

        try expectProblem(reply, 415, "unsupported_media_type", path: path)
    }

    static let accepts: [(String, String?)] = [
        ("text/event-stream", "text/event-stream"), ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/event-stream"), ("application/*", "application/json"), ("text/html", nil), ("image/*", nil),
        ("text/event-stream;q=0.5, application/json", "application/json"),
        ("text/event-stream, application/json;q=0.9", "text/event-stream"), ("application/json;q=0", nil),
        ("*/*, application/json;q=0", "text/event-stream"), ("TEXT/EVENT-STREAM", "text/event-stream"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"), ("application/problem+json", nil),
        ("text/event-stream;q=0, application/json;q=0", nil), ("text/event-stream;q=0.001", "text/event-stream"),
    ]

    @Test(arguments: accepts)
    func `S4-1 · Accept chooses between stream and snapshot`(accept: String, type: String?) async throws {
        let path = ServerProcess.realtime("methods")
        let reply = try await client().send("HEAD", path, ["Accept": accept])

        #expect(reply.status == (type == nil ? 406 : 200), "\(accept)")
        if let type { #expect(reply.header("Content-Type")?.hasPrefix(type) == true) }
        if type == nil {
            try expectProblem(try await client().get(path, ["Accept": accept]), 406, "not_acceptable", path: path)
        }
    }

    @Test func `S4-1 · a request without Accept gets the snapshot`() async throws {
        let reply = try await client().get(ServerProcess.realtime("methods"))

        #expect(try reply.json["meta"]["mode"] == "snapshot")
    }
}
