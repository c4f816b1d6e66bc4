import Testing

/// Signing out ends a session at once, and everything that hangs on it; over several loops.
@Suite(.server(["TIDELINE_SERVER_LOOPS": "3"])) struct SignOutTests {
    private func signIn(_ user: String, _ workspaces: [String: String]) async throws -> String {
        let reply = try await SuiteServer.running.client(user: user, workspaces: workspaces).send(
            "POST", "/api/session")
        return String((reply.header("Set-Cookie") ?? "").prefix { $0 != ";" })
    }

    private func own(_ cookie: String) throws -> [String: String] {
        ["Cookie": cookie, "Origin": "http://127.0.0.1:\(try SuiteServer.running.port)"]
    }

    private func open(_ workspace: String, _ cookie: String) async throws -> StreamReader {
        let stream = try await StreamReader.open(
            port: SuiteServer.running.port, path: ServerProcess.realtime(workspace), headers: ["Cookie": cookie])
        _ = try await stream.next("connected")
        return stream
    }

    @Test func `S4-15 · a signed-out session's streams end, in every workspace, and no other's`() async throws {
        let server = try SuiteServer.running
        let workspaces = ["out-a": "member", "out-b": "member"]
        let mine = try await signIn("ada", workspaces)
        let phone = try await signIn("ada", workspaces)
        var ending: [StreamReader] = []
        for workspace in ["out-a", "out-b", "out-a", "out-b"] { ending.append(try await open(workspace, mine)) }
        let staying = [
            try await open("out-a", phone),
            try await server.stream("out-a", token: server.token(user: "ada", workspaces: workspaces)),
        ]
        _ = try await staying[1].next("connected")

        let reply = try await server.client().send("DELETE", "/api/session", own(mine))
        let start = ContinuousClock.now
        for stream in ending {
            #expect(try await stream.next("closing", within: .seconds(5)).json["reason"] == "auth_expired")
            #expect(try await stream.waitEnd() == .clean)
        }
        _ = try await server.client(user: "ada", workspaces: workspaces).track("out-a", "after.event")

        #expect(reply.status == 204 && start.duration(to: .now) < .seconds(5))
        for stream in staying { #expect(try await stream.next("event").json["eventType"] == "after.event") }
    }

    @Test func `S4-15 · a copy of a signed-out cookie is worth nothing, on any loop, nor a ticket that it bought`()
        async throws
    {
        let server = try SuiteServer.running
        let cookie = try await signIn("ada", ["copies": "member"])
        let other = try await signIn("ada", ["copies": "member"])
        // Several connections, so that every loop has verified it before.
        let clients = (0..<9).map { _ in server.client() }
        for client in clients { #expect(try await client.get("/api/me", ["Cookie": cookie]).status == 200) }
        let ticket = try await server.client().send("POST", "/api/tickets", own(cookie)).json["ticket"].string ?? ""

        _ = try await server.client().send("DELETE", "/api/session", own(cookie))

        for client in clients {
            try expectProblem(try await client.get("/api/me", ["Cookie": cookie]), 401, "invalid_token")
            #expect(try await client.get("/api/me", ["Cookie": other]).status == 200)
        }
        let byTicket = try await server.client().get(ServerProcess.realtime("copies") + "?ticket=\(ticket)")
        try expectProblem(byTicket, 401, "invalid_token")
    }

    @Test func `S4-15 · a foreign page signs nobody out, and signing out twice is no mistake`() async throws {
        let server = try SuiteServer.running
        let cookie = try await signIn("ada", ["twice": "member"])

        let foreign = try await server.client().send(
            "DELETE", "/api/session", ["Cookie": cookie, "Origin": "https://evil.test"])
        let after = try await server.client().get("/api/me", ["Cookie": cookie])
        let first = try await server.client().send("DELETE", "/api/session", own(cookie))
        let second = try await server.client().send("DELETE", "/api/session", own(cookie))

        try expectProblem(foreign, 403, "cross_origin")
        #expect(after.status == 200 && first.status == 204 && second.status == 204)
        #expect(second.header("Set-Cookie")?.contains("Max-Age=0") == true)
    }

    /// Login CSRF: a page that signs its visitor in as somebody else reads what they then write there.
    @Test(arguments: [
        (["Origin": "https://evil.test"], 403), (["Origin": "null"], 403), (["Sec-Fetch-Site": "cross-site"], 403),
        (["Sec-Fetch-Site": "same-site"], 403), (["Origin": "HERE", "Sec-Fetch-Site": "cross-site"], 403),
        (["Origin": "HERE"], 200), (["Origin": "HERE", "Sec-Fetch-Site": "same-origin"], 200), ([:], 200),
    ])
    func `S4-15 · a foreign page signs nobody in`(fields: [String: String], status: Int) async throws {
        let server = try SuiteServer.running
        let here = "http://127.0.0.1:\(server.port)"

        let reply = try await server.client(user: "mallory", workspaces: ["login": "member"]).send(
            "POST", "/api/session", fields.mapValues { $0.replacing("HERE", with: here) })

        #expect(reply.status == status, "\(reply.text)")
        if status == 403 {
            try expectProblem(reply, 403, "cross_origin")
            #expect(reply.header("Set-Cookie") == nil)
        }
    }

    /// What a form of a foreign page can send without being asked first (WHATWG Fetch §4.8): three media types.
    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
        "text/plain; application/json",
    ])
    func `S4-15 · a form cannot append, whatever it looks like`(type: String) async throws {
        let server = try SuiteServer.running
        let cookie = try await signIn("ada", ["forms": "admin"])
        let body = Array(#"{"eventType":"form.event"}"#.utf8)

        for path in [ServerProcess.realtime("forms"), "/api/workspaces/forms/events"] {
            var fields = try own(cookie)
            if !type.isEmpty { fields["Content-Type"] = type }
            try expectProblem(
                try await server.client().send("POST", path, fields, body), 415, "unsupported_media_type")
        }
        #expect(
            try await server.client(user: "ada", workspaces: ["forms": "admin"]).events("forms", types: "form.event")
                == [])
    }

    @Test func `S4-15 · two origins, or two sites, are no browser's`() async throws {
        let server = try SuiteServer.running
        let cookie = try await signIn("ada", ["pairs": "member"])
        let here = "http://127.0.0.1:\(server.port)"
        for more in ["Origin: https://evil.test\r\n", "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n"] {
            let connection = try await server.connect()
            try await connection.send(
                "POST /api/tickets HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nOrigin: \(here)\r\n\(more)Cookie: \(cookie)\r\n\r\n"
            )
            #expect(try await HTTPReply.head(from: connection, within: .seconds(10)).status == 403)
        }
    }

    @Test func `S4-15 · a removed member's session is out, and its cookie does not come back in`() async throws {
        let server = try SuiteServer.running
        let root = server.client(user: "root", workspaces: ["gone": "admin"])
        let cookie = try await signIn("eve", ["gone": "member", "stays": "member"])
        let stream = try await open("gone", cookie)
        let other = try await open("stays", cookie)

        _ = try await root.track("gone", "member.removed", ["userId": "eve"])

        #expect(try await stream.next("closing", within: .seconds(5)).json["reason"] == "auth_expired")
        try expectProblem(
            try await server.client().get(ServerProcess.realtime("gone"), ["Cookie": cookie]), 403, "forbidden")
        let me = try await server.client().get("/api/me", ["Cookie": cookie])
        #expect(try me.json["workspaces"].array.map { $0["id"] } == ["stays"])
        #expect(other.end == nil)
    }
}
