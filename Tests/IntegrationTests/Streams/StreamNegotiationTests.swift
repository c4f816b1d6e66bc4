import Testing

@Suite(.serialized) struct StreamNegotiationTests {
    private static let json = "application/json"
    private static let stream = "text/event-stream"

    /// Accept, and what it gets; nil: 406.
    private static let table: [(accept: String?, answer: String?)] = [
        (nil, json), ("*/*", json), (json, json), (stream, stream), ("TEXT/Event-Stream", stream),
        ("text/event-stream; charset=utf-8", stream), ("text/*", stream), ("application/*", json),
        ("text/event-stream, application/json", json), ("text/event-stream, application/json;q=0.9", stream),
        ("text/event-stream;q=0.5, application/json;q=0.6", json), ("text/event-stream, */*;q=0.1", stream),
        ("application/*;q=0.2, text/*;q=0.3", stream), ("text/event-stream;q=0, */*", json),
        ("application/json;q=0, */*;q=0.001", stream), ("text/html, text/event-stream;q=0.001", stream),
        ("text/html", nil), ("application/json;q=0", nil), ("text/event-stream;q=0", nil), ("image/*, text/plain", nil),
    ]

    /// The head of the answer; a body may follow it, which nobody reads.
    private func answer(_ scene: StreamScene, accept: String?, path: String? = nil) async throws -> HTTPReply {
        let connection = try await scene.server.connect()
        defer { connection.close() }
        let request = HTTPTestClient.request(
            "GET", path ?? scene.path, host: "localhost", token: scene.token("ana"),
            accept.map { ["Accept": $0] } ?? [:])
        try await connection.send(request)
        return try await HTTPReply.head(from: connection, within: .seconds(10))
    }

    @Test func `S4-1 · Accept chooses stream or snapshot by weight, and what neither fits is 406`() async throws {
        let scene = try await StreamScene.start()

        for (accept, expected) in Self.table {
            let reply = try await answer(scene, accept: accept)

            let type = reply.header("Content-Type")?.split(separator: ";").first.map(String.init)
            if let expected {
                #expect(reply.status == 200 && type == expected, "Accept: \(accept ?? "none")")
            } else {
                #expect(reply.status == 406 && type == "application/problem+json", "Accept: \(accept ?? "none")")
            }
            #expect(reply.header("Vary")?.contains("Accept") == true || expected == nil)
        }
    }

    @Test func `S4-1 · a refusal to negotiate says what can be had`() async throws {
        let scene = try await StreamScene.start()

        let reply = try await scene.client("ana").get(scene.path, ["Accept": "text/html"])

        #expect(reply.status == 406)
        #expect(try reply.json["code"].string == "not_acceptable")
        #expect(try reply.json["detail"].string?.contains("text/event-stream") == true)
    }

    @Test func `S4-1 · the path works with a trailing slash and without a redirect`() async throws {
        let scene = try await StreamScene.start()

        let stream = try await answer(scene, accept: Self.stream, path: scene.path + "/")
        let snapshot = try await answer(scene, accept: Self.json, path: scene.path + "/")

        #expect(stream.status == 200 && snapshot.status == 200)
    }

    @Test func `S4-16 · a stream's head keeps proxies and caches from holding it back`() async throws {
        let scene = try await StreamScene.start()

        let head = try await scene.stream("ana").head

        #expect(head.header("Content-Type") == "text/event-stream; charset=utf-8")
        #expect(head.header("X-Accel-Buffering") == "no")
        let caching = head.header("Cache-Control") ?? ""
        #expect(caching.contains("no-store") && caching.contains("no-transform"))
        #expect(head.header("Transfer-Encoding") == "chunked" && head.header("Content-Length") == nil)
        #expect(head.header("Content-Encoding") == nil)
        #expect(head.header("X-Request-Id")?.isEmpty == false)
        #expect(head.header("X-Content-Type-Options") == "nosniff")
    }

    @Test func `S4-15 · a stream needs a credential, and a workspace that one may see`() async throws {
        let scene = try await StreamScene.start()
        let stranger = scene.server.token(user: "eve", workspaces: ["elsewhere": "admin"])

        let anonymous = try await scene.server.client().get(scene.path, ["Accept": Self.stream])
        let foreign = try await scene.server.client(token: stranger).get(scene.path, ["Accept": Self.stream])
        let unknown = try await scene.client("ana").get(ServerProcess.realtime("nowhere"), ["Accept": Self.stream])

        #expect(anonymous.status == 401 && anonymous.header("WWW-Authenticate")?.contains("Bearer") == true)
        #expect(foreign.status == 404 && unknown.status == 404)
        // What one may not see looks like what does not exist.
        #expect(try foreign.json["code"] == unknown.json["code"] && foreign.json["detail"] == unknown.json["detail"])
        #expect(try await scene.snapshot()["meta"]["connections"].int == 0)
    }

    @Test func `S4-15 · a parameter that means nothing is refused, not ignored`() async throws {
        let scene = try await StreamScene.start()
        let queries = [
            "stats=no", "events=1", "stats=off&events=off", "types=", "types=Bad!", "lastEventId=%21", "types=%zz",
        ]

        for query in queries {
            let refusal = await #expect(throws: StreamRefusal.self, "\(query)") {
                try await scene.stream("ana", query: query)
            }

            #expect(refusal?.reply.status == 400 || refusal?.reply.status == 422, "\(query)")
            #expect(try refusal?.reply.json["code"].string?.hasPrefix("invalid_") == true, "\(query)")
        }
    }
}
