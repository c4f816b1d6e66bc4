import Testing

/// Who was denied what and what administrators did can be read, by those who may.
@Suite(.server(["TIDELINE_SERVER_LOOPS": "2", "TIDELINE_METRICS_TOKEN": "metrics-token-of-the-audit-tests"]))
struct AuditTests {
    private func entries(
        _ workspace: String, by client: HTTPTestClient? = nil, query: String = "limit=500"
    ) async throws -> [TestJSON] {
        let client = try client ?? SuiteServer.running.client(user: "root", workspaces: [workspace: "admin"])
        let reply = try await client.get("/api/workspaces/\(workspace)/audit?\(query)")
        guard reply.status == 200 else { throw WaitError(description: "audit: \(reply.status) \(reply.text)") }
        return try reply.json["entries"].array
    }

    private func serverEntries() async throws -> [TestJSON] {
        try await SuiteServer.running.client(user: "op", workspaces: ["*": "admin"]).get("/api/audit?limit=500")
            .json["entries"].array
    }

    private func named(_ id: String) -> [String: String] { ["X-Request-Id": id] }

    @Test func `S0-19 · what an administrator does is on record, before the answer is read`() async throws {
        let server = try SuiteServer.running
        let root = server.client(user: "root", workspaces: ["acts": "admin"])
        let path = ServerProcess.realtime("acts")

        _ = try await root.track("acts", "member.added", ["userId": "eve", "role": "ingest"], headers: named("a-1"))
        _ = try await root.track("acts", "member.removed", ["userId": "eve"], headers: named("a-2"))
        _ = try await root.track("acts", "workspace.updated", ["tz": "Europe/Berlin"], headers: named("a-3"))
        _ = try await root.delete(path + "?hold=0s", named("a-4"))
        _ = try await root.post(
            "/api/workspaces/acts/events",
            [
                ["eventType": "member.added", "eventData": ["userId": "a"]],
                ["eventType": "member.added", "eventData": ["userId": "b"]], ["eventType": "a.b"],
            ], named("a-5"))
        _ = try await root.track("acts", "order.paid", headers: named("a-6"))
        let found = try await entries("acts", by: root)

        let told = found.compactMap { entry in entry["requestId"].string.map { ($0, entry) } }
        let byRequest = Dictionary(told) { first, _ in first }
        #expect(byRequest["a-1"]?["subject"] == "user:eve role:ingest")
        #expect(byRequest["a-1"]?["action"].string?.hasPrefix("append member.added POST ") == true)
        #expect(byRequest["a-2"]?["subject"] == "user:eve")
        #expect(byRequest["a-3"]?["action"].string?.hasPrefix("append workspace.updated ") == true)
        #expect(byRequest["a-4"]?["action"].string?.hasPrefix("close streams DELETE ") == true)
        #expect(byRequest["a-5"]?["detail"] == "member.added=2")
        #expect(byRequest["a-6"] == nil)
        for entry in byRequest.values {
            #expect(entry["actor"] == "root" && entry["outcome"] == "ok")
            #expect(entry["at"].string?.hasSuffix("Z") == true && entry["id"].string?.utf8.count == 36)
        }
    }

    @Test func `S0-19 · what the operator does on the machine is on record`() async throws {
        let server = try SuiteServer.running
        _ = try await ControlSocket.send("POST", "/control/workspaces", ["slug": "local-acts"], to: server)
        let key = try await ControlSocket.makeKey("local-acts", user: "svc", role: "ingest", at: server)
        let prefix = String(key.split(separator: "_")[1])
        _ = try await ControlSocket.send("DELETE", "/control/keys/\(prefix)", to: server)

        let found = try await entries("local-acts")

        let acts = found.filter { $0["actor"] == "tideline:operator" }
        #expect(
            acts.map { $0["subject"] } == [.string("key:\(prefix)"), .string("key:\(prefix)"), "workspace:local-acts"])
        #expect(acts.first?["action"].string?.hasPrefix("revoke key ") == true)
        #expect(acts.dropFirst().first?["detail"] == "user=svc role=ingest")
        let secret = String(key.split(separator: "_")[2])
        #expect(found.allSatisfy { !$0.text.contains(secret) })
    }

    @Test func `S0-19 · every kind of denial in a workspace is on record there, also what looks like 404`() async throws
    {
        let server = try SuiteServer.running
        let root = server.client(user: "root", workspaces: ["denials": "admin"])
        let ada = server.client(user: "ada", workspaces: ["denials": "member"])
        let stranger = server.client(user: "stranger", workspaces: ["elsewhere": "admin"])
        let path = ServerProcess.realtime("denials")
        _ = try await ada.track("denials", "here.event")
        _ = try await root.track(
            "denials", "conversation.created", ["channelId": "den", "kind": "group", "private": true])
        let old = server.token(user: "eve", workspaces: ["denials": "member"])
        _ = try await server.client(token: old).track("denials", "here.event")
        _ = try await root.track("denials", "member.removed", ["userId": "eve"])

        let statuses = [
            try await ada.delete(path, named("d-close")).status,
            try await ada.get("/api/workspaces/denials/audit", named("d-audit")).status,
            try await ada.track("denials", "member.added", ["userId": "x"], headers: named("d-append")).status,
            try await ada.track(
                "denials", "message.sent", ["channelId": "den"], headers: named("d-channel")
            ).status,
            try await stranger.get(path, named("d-stranger")).status,
            try await server.client(token: old).get(path, named("d-removed")).status,
        ]
        let found = try await entries("denials", by: root)

        #expect(statuses == [403, 403, 403, 404, 404, 403])
        let told = found.compactMap { entry in entry["requestId"].string.map { ($0, entry) } }
        let byRequest = Dictionary(told) { first, _ in first }
        for (request, actor, outcome) in [
            ("d-close", "ada", "forbidden"), ("d-audit", "ada", "forbidden"), ("d-append", "ada", "forbidden"),
            ("d-channel", "ada", "not_found"), ("d-stranger", "stranger", "not_found"),
            ("d-removed", "eve", "forbidden"),
        ] {
            #expect(
                byRequest[request]?["actor"].string == actor && byRequest[request]?["outcome"].string == outcome,
                "\(request)")
            #expect(byRequest[request]?["detail"] == "address=127.0.0.1")
        }
    }

    @Test func `S0-19 · denials that concern no workspace are on the operators' record`() async throws {
        let server = try SuiteServer.running
        _ = try await server.client().get("/api/me", named("s-anonymous"))
        _ = try await server.client(token: "x.y.z").get("/api/workspaces", named("s-forged"))
        _ = try await server.client().get("/metrics")
        _ = try await server.client().get("/nothing", named("s-nothing"))

        let found = try await serverEntries()

        let outcomes = Dictionary(
            found.compactMap { entry in entry["requestId"].string.map { ($0, entry["outcome"].string ?? "") } }
        ) { first, _ in first }
        #expect(outcomes["s-anonymous"] == "unauthenticated" && outcomes["s-forged"] == "invalid_token")
        // Protected metrics look as if they were not there, and yet the attempt is noted.
        #expect(found.contains { $0["action"] == "denied GET /metrics" && $0["outcome"] == "not_found" })
        #expect(outcomes["s-nothing"] == nil)
    }

    @Test func `S0-19 · metrics are for whoever bears their token`() async throws {
        let server = try SuiteServer.running
        let admin = server.client(user: "root", workspaces: ["*": "admin"])

        #expect(try await server.client().get("/metrics").status == 404)
        #expect(try await admin.get("/metrics").status == 404)
        #expect(try await server.client(token: "metrics-token-of-the-audit-tests").get("/metrics").status == 200)
    }

    @Test func `S0-19 · only administrators read the record, each of their own workspace alone`() async throws {
        let server = try SuiteServer.running
        let a = server.client(user: "root-a", workspaces: ["own-a": "admin"])
        let b = server.client(user: "root-b", workspaces: ["own-b": "admin"])
        _ = try await a.delete(ServerProcess.realtime("own-a") + "?hold=0s", named("o-a"))
        _ = try await b.delete(ServerProcess.realtime("own-b") + "?hold=0s", named("o-b"))

        let ofA = try await entries("own-a", by: a)
        #expect(ofA.contains { $0["requestId"] == "o-a" } && !ofA.contains { $0["requestId"] == "o-b" })
        try expectProblem(try await b.get("/api/workspaces/own-a/audit"), 404, "not_found")
        for role in ["member", "ingest"] {
            try expectProblem(
                try await server.client(user: "u-\(role)", workspaces: ["own-a": role]).get(
                    "/api/workspaces/own-a/audit"), 403, "forbidden")
        }
        try expectProblem(try await server.client().get("/api/workspaces/own-a/audit"), 401, "unauthenticated")
        try expectProblem(try await a.get("/api/audit"), 403, "forbidden")
        try expectProblem(
            try await server.client(user: "m", workspaces: ["*": "member"]).get("/api/audit"), 403, "forbidden")
        let key = try await ControlSocket.makeKey("own-a", user: "svc", role: "admin", at: server)
        try expectProblem(try await server.client(token: key).get("/api/audit"), 403, "forbidden")
        #expect(try await server.client(token: key).get("/api/workspaces/own-a/audit").status == 200)
        #expect(
            try await server.client(user: "op", workspaces: ["*": "admin"]).get("/api/workspaces/own-a/audit").status
                == 200)
    }

    @Test func `S0-19 · the record is read page by page, newest first`() async throws {
        let server = try SuiteServer.running
        let root = server.client(user: "root", workspaces: ["pages": "admin"])
        for index in 0..<7 {
            _ = try await root.delete(ServerProcess.realtime("pages") + "?hold=0s", named("p-\(index)"))
        }

        var pages: [[TestJSON]] = []
        var query = "limit=3"
        while true {
            let page = try await root.get("/api/workspaces/pages/audit?\(query)").json
            pages.append(page["entries"].array)
            guard let next = page["next"].string else { break }
            query = "limit=3&before=\(next)"
        }

        let ids = pages.joined().compactMap { $0["id"].string }
        #expect(pages.map(\.count) == [3, 3, 1] && ids == ids.sorted(by: >) && Set(ids).count == 7)
        // Their times may be the same to the millisecond; none is lost for it.
        #expect(Set(pages.joined().compactMap { $0["requestId"].string }) == Set((0..<7).map { "p-\($0)" }))
        for (query, status, code) in [
            ("limit=0", 422, "out_of_range"), ("limit=501", 422, "out_of_range"), ("limit=x", 422, "out_of_range"),
            ("before=x", 400, "invalid_parameter"), ("before=%27%20OR%201=1", 400, "invalid_parameter"),
            ("before=", 400, "invalid_parameter"),
        ] { try expectProblem(try await root.get("/api/workspaces/pages/audit?\(query)"), status, code, "\(query)") }
    }

    @Test func `S0-19 · a flood of one denial is one entry and a number, in its workspace`() async throws {
        let server = try await ServerProcess.start()
        let root = server.client(user: "root", workspaces: ["flood": "admin"])
        let ada = server.client(user: "ada", workspaces: ["flood": "member"])
        for client in [root, ada] { _ = try await client.track("flood", "here.event") }

        for _ in 0..<50 { _ = try await ada.delete(ServerProcess.realtime("flood")) }
        let during = try await entries("flood", by: root).filter { $0["actor"] == "ada" }
        server.terminate()
        try await server.waitExit()
        let again = try await server.restart()
        let after = try await entries("flood", by: again.client(user: "root", workspaces: ["flood": "admin"]))
            .filter { $0["actor"] == "ada" }

        #expect(during.count == 1)
        #expect(after.count == 2 && after.first?["detail"] == "repeated=49" && after.first?["outcome"] == "forbidden")
    }
}
