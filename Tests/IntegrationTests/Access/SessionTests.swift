import Testing

/// Browser sessions: a cookie that a token buys, good for reading anywhere and for changing from our own pages only.
@Suite(.server()) struct SessionTests {
    private static let realtime = ServerProcess.realtime("sess")

    /// `name=value` of the cookie that a sign-in sets, and all its attributes.
    private func signIn(
        _ workspaces: [String: String] = ["sess": "admin"]
    ) async throws -> (pair: String, attributes: [String], reply: HTTPReply) {
        let reply = try await SuiteServer.running.client(user: "ada", workspaces: workspaces).send(
            "POST", "/api/session")
        let parts = (reply.header("Set-Cookie") ?? "").split(separator: ";").map { $0.drop { $0 == " " } }.map(
            String.init)
        return (parts.first ?? "", Array(parts.dropFirst()), reply)
    }

    private func origin() throws -> String { "http://127.0.0.1:\(try SuiteServer.running.port)" }

    @Test func `S4-15 · a sign-in sets a cookie that no script and no other site gets`() async throws {
        let (pair, attributes, reply) = try await signIn()

        #expect(reply.status == 200 && reply.header("Cache-Control") == "no-store")
        #expect(pair.hasPrefix("tideline_session=") && pair.count > 60)
        #expect(
            attributes.contains("HttpOnly") && attributes.contains("SameSite=Strict") && attributes.contains("Path=/"))
        #expect(attributes.contains { $0.hasPrefix("Max-Age=") } && !attributes.contains { $0.hasPrefix("Domain") })
        #expect(try reply.json["userId"] == "ada" && reply.json["expiresAt"].string?.hasSuffix("Z") == true)
        #expect(!reply.text.contains(pair.dropFirst("tideline_session=".count)))
    }

    @Test func `S4-15 · a cookie reads snapshots, the log, streams and oneself`() async throws {
        let server = try SuiteServer.running
        let (pair, _, _) = try await signIn()
        let client = server.client()

        for path in [Self.realtime, "/api/workspaces/sess/events", "/api/me"] {
            // A page of another site may send it, but the browser will not show it the answer.
            for fields in [["Cookie": pair], ["Cookie": "a=b; \(pair); c=d", "Origin": "https://evil.test"]] {
                let reply = try await client.get(path, fields)
                #expect(reply.status == 200, "\(path): \(reply.text)")
                #expect(reply.header("Access-Control-Allow-Origin") == nil)
            }
        }
        let stream = try await StreamReader.open(port: server.port, path: Self.realtime, headers: ["Cookie": pair])
        #expect(try await stream.next("connected").json["workspaceId"] == "sess")
        #expect(try await client.get("/api/me", ["Cookie": pair]).json["userId"] == "ada")
    }

    /// Fields of a request that a page makes, and whether that page is ours; `HERE` stands for our origin.
    static let origins: [([String: String], Bool)] = [
        (["Origin": "HERE"], true), (["Origin": "HERE", "Sec-Fetch-Site": "same-origin"], true),
        (["Sec-Fetch-Site": "same-origin"], true),
        ([:], false), (["Origin": "https://evil.test"], false), (["Origin": "null"], false), (["Origin": ""], false),
        (["Origin": "HERE.evil.test"], false), (["Origin": "http://evil.test/HERE"], false),
        (["Origin": "http://127.0.0.1"], false),
        (["Origin": "http://127.0.0.1:1"], false), (["Origin": "HERE", "Sec-Fetch-Site": "cross-site"], false),
        (["Origin": "HERE", "Sec-Fetch-Site": "same-site"], false), (["Sec-Fetch-Site": "none"], false),
        (["Sec-Fetch-Site": "cross-site"], false),
        (["Referer": "HERE/"], false), (["Origin": "file://"], false),
    ]

    @Test(arguments: origins)
    func `S4-15 · by cookie, only our own pages change anything`(fields: [String: String], isOwn: Bool) async throws {
        let server = try SuiteServer.running
        let (pair, _, _) = try await signIn()
        let client = server.client()
        let origin = try origin()
        let headers = fields.mapValues { $0.replacing("HERE", with: origin) }.merging([
            "Cookie": pair, "Content-Type": "application/json",
        ]) { $1 }
        let requests: [(String, String, String?, Int)] = [
            ("POST", Self.realtime, #"{"eventType":"\#(isOwn ? "own" : "crossed").event"}"#, 200),
            ("POST", "/api/workspaces/sess/events", #"[{"eventType":"\#(isOwn ? "own" : "crossed").event"}]"#, 200),
            ("DELETE", Self.realtime + "?hold=0s", nil, 200), ("DELETE", "/api/session", nil, 204),
        ]

        for (method, path, body, status) in requests {
            let reply = try await client.send(method, path, headers, body.map { Array($0.utf8) })
            #expect(reply.status == (isOwn ? status : 403), "\(method) \(path): \(reply.text)")
            if !isOwn { try expectProblem(reply, 403, "cross_origin") }
        }
        // The own page has signed out.
        #expect(try await client.get("/api/me", ["Cookie": pair]).status == (isOwn ? 401 : 200))
        let root = server.client(user: "root", workspaces: ["sess": "admin"])
        #expect(try await root.events("sess", types: "crossed.event") == [])
    }

    @Test func `S4-15 · a bearer token needs no origin, and goes before a cookie`() async throws {
        let server = try SuiteServer.running
        let (pair, _, _) = try await signIn()
        let bob = server.client(user: "bob", workspaces: ["sess": "member"])

        let sent = try await bob.track(
            "sess", "bearer.event", headers: ["Cookie": pair, "Origin": "https://evil.test"])
        let me = try await bob.get("/api/me", ["Cookie": pair])
        let bad = try await server.client().get("/api/me", ["Cookie": pair, "Authorization": "Bearer x"])

        #expect(try sent.status == 200 && me.json["userId"] == "bob")
        #expect(bad.status == 401)
    }

    @Test func `S4-15 · a cookie that is not ours, changed or doubled is refused`() async throws {
        let server = try SuiteServer.running
        let (pair, _, _) = try await signIn()
        let value = String(pair.dropFirst("tideline_session=".count))
        let bearer = server.token(user: "ada", workspaces: ["sess": "admin"])
        for cookie in [
            "tideline_session=", "tideline_session=x", "tideline_session=\(bearer)", String(pair.dropLast(2)),
            pair + "AA", "\(pair); \(pair)",
            "\(pair); tideline_session=x",
        ] {
            try expectProblem(
                try await server.client().get("/api/me", ["Cookie": cookie]), 401, "invalid_token", "\(cookie)")
        }
        for cookie in ["other=\(value)", "Tideline_Session=\(value)", "__Host-tideline_session=\(value)", "", ";;"] {
            try expectProblem(
                try await server.client().get("/api/me", ["Cookie": cookie]), 401, "unauthenticated", "\(cookie)")
        }
        try expectProblem(
            try await server.client().send("POST", "/api/session", ["Cookie": pair, "Origin": try origin()]), 401,
            "unauthenticated")
    }

    @Test func `S4-15 · a cookie is no bearer token and a bearer token no cookie, also once the server knows them`()
        async throws
    {
        let server = try SuiteServer.running
        let (pair, _, _) = try await signIn()
        let bearer = server.token(user: "ada", workspaces: ["sess": "admin"])
        let session = pair.dropFirst("tideline_session=".count)
        // One connection, so that one loop's memory of verified tokens is asked.
        let client = server.client()

        let known = [
            try await client.get("/api/me", ["Cookie": pair]),
            try await client.get("/api/me", ["Authorization": "Bearer \(bearer)"]),
        ]
        let swapped = [
            try await client.get("/api/me", ["Authorization": "Bearer \(session)"]),
            try await client.get("/api/me", ["Cookie": "tideline_session=\(bearer)"]),
        ]

        #expect(known.map(\.status) == [200, 200] && swapped.map(\.status) == [401, 401])
        #expect(await client.connectionsOpened == 1)
    }

    @Test func `S4-15 · signing out takes the cookie away`() async throws {
        let (pair, _, _) = try await signIn()

        let reply = try await SuiteServer.running.client().send(
            "DELETE", "/api/session", ["Cookie": pair, "Origin": try origin()])

        let cookie = reply.header("Set-Cookie") ?? ""
        #expect(reply.status == 204 && reply.body.isEmpty)
        #expect(cookie.hasPrefix("tideline_session=;") && cookie.contains("Max-Age=0") && cookie.contains("HttpOnly"))
    }

    @Test func `S4-15 · one is told who one is, and one's workspaces alone`() async throws {
        let server = try SuiteServer.running
        _ = try await server.client(user: "root", workspaces: ["me-x": "admin"]).track("me-x", "here.event")
        let token = server.token(
            user: "ada", workspaces: ["me-a": "member", "me-b": "ingest", "me-never": "admin"], name: "Ada \"L\"")
        let client = server.client(token: token)
        for workspace in ["me-a", "me-b"] { _ = try await client.track(workspace, "here.event") }

        let me = try await client.get("/api/me")
        let operatorSees = try await server.client(user: "op", workspaces: ["*": "admin"]).get("/api/me").json[
            "workspaces"
        ].array

        #expect(
            try me.json == [
                "userId": "ada", "name": "Ada \"L\"",
                "workspaces": [
                    ["id": "me-a", "slug": "me-a", "role": "member"], ["id": "me-b", "slug": "me-b", "role": "ingest"],
                ],
                "isOperator": false,
            ])
        #expect(me.header("Cache-Control")?.contains("no-store") == true)
        #expect(operatorSees.contains { $0["id"] == "me-x" })
    }
}

/// With `auth.secureCookies`, for browsers that come by https.
@Suite(.server(["TIDELINE_AUTH_SECURE_COOKIES": "true", "TIDELINE_AUTH_SESSION_MAX_AGE": "60s"]))
struct SecureSessionTests {
    @Test func `S4-15 · a secure cookie is bound to its host and lives as long as is set`() async throws {
        let server = try SuiteServer.running

        let reply = try await server.client(user: "ada", workspaces: ["sess": "member"]).send("POST", "/api/session")
        let cookie = try #require(reply.header("Set-Cookie"))
        let pair = String(cookie.prefix { $0 != ";" })
        let read = try await server.client().get("/api/me", ["Cookie": pair])

        #expect(
            cookie.hasPrefix("__Host-tideline_session=") && cookie.contains("; Secure") && cookie.contains("Path=/"))
        let age = try #require(cookie.firstMatch(of: #/Max-Age=(\d+)/#).flatMap { Int($0.1) })
        #expect((1...60).contains(age) && read.status == 200)
    }
}
