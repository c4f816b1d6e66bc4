import Testing

/// Pages of other origins: those on the list may read answers, no other may, and a cookie never counts for them.
@Suite(
    .server([
        "TIDELINE_SERVER_LOOPS": "2",
        "TIDELINE_SERVER_ALLOWED_ORIGINS":
            "https://app.example.org,http://localhost:3000,https://Other.Example.org:443",
    ]))
struct CrossOriginTests {
    private static let app = "https://app.example.org"
    private static let foreign = [
        "https://evil.test", "null", "https://app.example.org.evil.test", "http://app.example.org",
        "https://app.example.org:8443", "https://app.example.org/", "https://APP.example.org", "*", "",
        "http://localhost", "http://localhost:3001", "https://xapp.example.org",
        "https://app.example.org, https://evil.test",
    ]

    private func client() throws -> HTTPTestClient {
        try SuiteServer.running.client(user: "ada", workspaces: ["cors": "admin"])
    }

    private static func list(_ value: String?) -> Set<String> {
        Set((value ?? "").split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init))
    }

    /// Paths with the methods that a page may use there.
    static let paths: [(String, Set<String>)] = [
        (ServerProcess.realtime("cors"), ["GET", "HEAD", "POST", "DELETE"]),
        ("/api/workspaces/cors/events", ["GET", "HEAD", "POST"]), ("/api/tickets", ["POST"]),
        ("/api/me", ["GET", "HEAD"]), ("/api/workspaces", ["GET", "HEAD", "POST"]),
    ]

    @Test(arguments: paths)
    func `S4-15 · a preflight tells a page of the list what it may send`(path: String, methods: Set<String>)
        async throws
    {
        for origin in [Self.app, "http://localhost:3000", "https://other.example.org"] {
            // A browser sends no credential with it.
            let reply = try await SuiteServer.running.client().send(
                "OPTIONS", path,
                [
                    "Origin": origin, "Access-Control-Request-Method": "GET",
                    "Access-Control-Request-Headers": "authorization,last-event-id",
                ])

            #expect(reply.status == 204 && reply.body.isEmpty)
            #expect(reply.header("Access-Control-Allow-Origin") == origin)
            #expect(Self.list(reply.header("Access-Control-Allow-Methods")) == methods)
            #expect(
                reply.header("Access-Control-Allow-Headers")
                    == "Authorization, Content-Type, Last-Event-ID, Idempotency-Key, X-Workspace-Id")
            #expect(reply.header("Access-Control-Max-Age") == "7200")
            #expect(Self.list(reply.header("Vary")).contains("Origin"))
            #expect(reply.header("Access-Control-Allow-Credentials") == nil)
            #expect(reply.header("Access-Control-Expose-Headers") == nil)
        }
    }

    @Test(arguments: foreign)
    func `S4-15 · a foreign page learns nothing, neither by preflight nor by asking`(origin: String) async throws {
        let client = try client()
        let preflight = ["Origin": origin, "Access-Control-Request-Method": "POST"]
        let replies = [
            try await client.send("OPTIONS", ServerProcess.realtime("cors"), preflight),
            try await client.get(ServerProcess.realtime("cors"), ["Origin": origin]),
            try await client.get("/api/nothing", ["Origin": origin]),
            try await client.get("/healthz", ["Origin": origin]),
        ]

        #expect(replies.map(\.status) == [204, 200, 404, 200])
        for reply in replies {
            #expect(!reply.headers.contains { $0.name.lowercased().hasPrefix("access-control-") })
            #expect(Self.list(reply.header("Vary")).contains("Origin"))
        }
    }

    @Test func `S4-15 · two origins are none`() async throws {
        let connection = try await SuiteServer.running.connect()
        try await connection.send(
            "GET /healthz HTTP/1.1\r\nHost: x\r\nOrigin: \(Self.app)\r\nOrigin: \(Self.app)\r\n\r\n")

        let reply = try await HTTPReply.head(from: connection, within: .seconds(10))

        #expect(reply.header("Access-Control-Allow-Origin") == nil)
    }

    @Test func `S4-15 · a page of the list reads every answer, errors and 304 included`() async throws {
        let client = try client()
        let origin = ["Origin": Self.app]
        let path = ServerProcess.realtime("cors")
        let snapshot = try await client.get(path, origin)
        let tag = try #require(snapshot.header("ETag"))
        let replies: [(HTTPReply, Int)] = [
            (snapshot, 200), (try await client.get(path, origin.merging(["If-None-Match": tag]) { $1 }), 304),
            (try await client.track("cors", "cors.event", headers: origin), 200),
            (try await client.post(raw: "{", to: path, origin), 400),
            (try await client.post(raw: #"{"eventType":"!"}"#, to: path, origin), 422),
            (try await SuiteServer.running.client().get("/api/me", origin), 401),
            (try await client.get("/api/nothing", origin), 404), (try await client.send("PUT", path, origin), 405),
            (try await client.get(path, origin.merging(["Accept": "image/png"]) { $1 }), 406),
            (try await client.get(path + "?types=%", origin.merging(["Accept": "text/event-stream"]) { $1 }), 400),
            (try await client.send("POST", "/api/tickets", origin), 201),
        ]

        for (reply, status) in replies {
            #expect(reply.status == status, "\(reply.text)")
            #expect(reply.header("Access-Control-Allow-Origin") == Self.app, "\(status)")
            #expect(reply.headers.filter { $0.name.lowercased() == "access-control-allow-origin" }.count == 1)
            #expect(reply.header("Access-Control-Expose-Headers") == "ETag, Retry-After, X-Request-Id")
            #expect(reply.header("Access-Control-Allow-Credentials") == nil)
            #expect(reply.headers.filter { $0.name.lowercased() == "vary" }.count == 1)
            #expect(Self.list(reply.header("Vary")).contains("Origin"))
        }
        #expect(Self.list(snapshot.header("Vary")) == ["Accept", "Authorization", "Cookie", "Origin"])
    }

    @Test func `S4-15 · a page of the list opens a stream by ticket`() async throws {
        let server = try SuiteServer.running
        let ticket = try await client().send("POST", "/api/tickets", ["Origin": Self.app]).json["ticket"].string ?? ""

        let stream = try await StreamReader.open(
            port: server.port, path: ServerProcess.realtime("cors") + "?ticket=\(ticket)", headers: ["Origin": Self.app]
        )

        #expect(try await stream.next("connected").json["workspaceId"] == "cors")
        #expect(stream.head.header("Access-Control-Allow-Origin") == Self.app)
        #expect(stream.head.header("Vary")?.contains("Origin") == true)
    }

    @Test func `S4-15 · our cookie counts for no page of the list`() async throws {
        let server = try SuiteServer.running
        let cookie = String(
            (try await client().send("POST", "/api/session").header("Set-Cookie") ?? "").prefix { $0 != ";" })
        let fields = ["Cookie": cookie, "Origin": Self.app]

        let changes = [
            try await server.client().send("POST", "/api/tickets", fields),
            try await server.client().delete(ServerProcess.realtime("cors"), fields),
            try await server.client().delete("/api/session", fields),
            try await server.client().post(ServerProcess.realtime("cors"), ["eventType": "a.b"], fields),
        ]
        let read = try await server.client().get("/api/me", fields)
        let signIn = try await client().send("POST", "/api/session", ["Origin": Self.app])

        for reply in changes + [signIn] { try expectProblem(reply, 403, "cross_origin") }
        // Without leave for credentials, a browser shows no page what came by cookie.
        #expect(read.header("Access-Control-Allow-Credentials") == nil)
    }
}

/// Without a list there is no cross-origin protocol at all.
@Suite(.server()) struct NoCrossOriginTests {
    @Test func `S4-15 · without a list no page of another origin is answered as one`() async throws {
        let server = try SuiteServer.running
        let fields = ["Origin": "https://app.example.org", "Access-Control-Request-Method": "GET"]

        for reply in [
            try await server.client().send("OPTIONS", "/api/me", fields),
            try await server.client().get("/healthz", fields),
        ] {
            #expect(!reply.headers.contains { $0.name.lowercased().hasPrefix("access-control-") || $0.name == "vary" })
        }
    }

    @Test(arguments: ["*", "null", "https://app.example.org/", "app.example.org", "https://*.example.org"])
    func `S4-15 · no wildcard, and nothing that is no origin, can be allowed`(origin: String) async throws {
        let data = try TemporaryDirectory("data")

        let ended = try await ServerProcess.run(
            ["serve", "--listen", "127.0.0.1:0", "--data", data.path], ["TIDELINE_SERVER_ALLOWED_ORIGINS": origin])

        #expect(ended.status == 1 && ended.errors.joined().contains("server.allowedOrigins"))
    }
}
