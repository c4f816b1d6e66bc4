import Testing

/// What was let in is let go when its right to be there ends, and private things stay private under every type.
@Suite(.server()) struct EndedAccessTests {
    @Test func `S4-15 · a revoked key's streams end with it`() async throws {
        let server = try SuiteServer.running
        _ = try await ControlSocket.send("POST", "/control/workspaces", ["slug": "ended-keys"], to: server)
        let key = try await ControlSocket.makeKey("ended-keys", user: "svc", role: "member", at: server)
        let stream = try await server.stream("ended-keys", token: key)
        _ = try await stream.next("connected")

        let prefix = String(key.split(separator: "_")[1])
        let revoked = try await ControlSocket.send("DELETE", "/control/keys/\(prefix)", to: server)

        #expect(revoked.status == 200)
        #expect(try await stream.next("closing").json["reason"] == "auth_expired")
    }

    @Test func `S4-15 · a token within its leeway opens no stream that would end at once`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "late", workspaces: ["ended-late": "member"], ttl: .seconds(-5))

        let snapshot = try await server.client(token: token).get(ServerProcess.realtime("ended-late"))
        let stream = try await server.client(token: token).get(
            ServerProcess.realtime("ended-late"), ["Accept": "text/event-stream"])

        #expect(snapshot.status == 200)
        try expectProblem(stream, 401, "token_expired")
    }

    @Test func `S4-15 · a batch is dry or not, and nothing in between`() async throws {
        let server = try SuiteServer.running
        let client = server.client(user: "dry", workspaces: ["ended-dry": "member"])
        let item = Array(#"{"eventType":"a.b"}"#.utf8)

        for (value, status) in [("1", 400), ("TRUE", 400), ("true", 200)] {
            let reply = try await client.send(
                "POST", "/api/workspaces/ended-dry/events?dryRun=\(value)",
                ["Content-Type": "application/x-ndjson"], item)
            #expect(reply.status == status, "\(value): \(reply.text)")
        }

        #expect(try await client.events("ended-dry", types: "a.b") == [])
    }

    @Test func `S4-15 · a removed member's waiting poll is refused, not answered`() async throws {
        let server = try SuiteServer.running
        let admin = server.client(user: "root", workspaces: ["ended-poll": "admin"])
        let eve = server.client(user: "eve", workspaces: ["ended-poll": "member"])
        _ = try await admin.track("ended-poll", "here.event")
        _ = try await eve.track("ended-poll", "here.event")
        let head = try await eve.get("/api/workspaces/ended-poll/events").json["head"].string ?? ""

        async let waiting = eve.get("/api/workspaces/ended-poll/events?wait=20s&after=\(head)")
        let removal = try await admin.track("ended-poll", "member.removed", ["userId": "eve"])
        let answer = try await waiting

        #expect(removal.status == 200)
        #expect(answer.status == 403 || answer.status == 404, "\(answer.text)")
    }

    @Test(arguments: ["message.pinned", "comment.added", "note.taken"])
    func `S4-15 · an event about a private message is as private, whatever its type`(type: String) async throws {
        let server = try SuiteServer.running
        let workspace = "ended-" + type.replacing(".", with: "-")
        let admin = server.client(user: "root", workspaces: [workspace: "admin"])
        let bob = server.client(user: "bob", workspaces: [workspace: "member"])
        _ = try await bob.track(workspace, "here.event")
        _ = try await admin.track(
            workspace, "conversation.created", ["channelId": "den", "kind": "group", "private": true])
        _ = try await admin.track(workspace, "message.sent", ["channelId": "den", "messageId": "m-1"])

        let told = try await admin.track(workspace, type, ["messageId": "m-1"])
        let tried = try await bob.track(workspace, type, ["messageId": "m-1"])

        #expect(told.status == 200 && tried.status == 404, "\(told.text) \(tried.text)")
        #expect(try await bob.events(workspace, types: type) == [])
        #expect(try await admin.events(workspace, types: type).count == 1)
    }

    @Test func `S4-15 · requests of a new member that come together make one member`() async throws {
        let server = try SuiteServer.running
        _ = try await server.client(user: "root", workspaces: ["ended-once": "admin"]).track("ended-once", "here.event")
        let token = server.token(user: "new", workspaces: ["ended-once": "member"])

        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask { try await server.client(token: token).get(ServerProcess.realtime("ended-once")).status }
            }
            for try await status in group { #expect(status == 200) }
        }

        let joined = try await server.client(token: token).events("ended-once", types: "member.added")
        #expect(joined.filter { $0["userId"] == "new" }.count == 1)
    }

    @Test func `S4-15 · refusals of one kind do not fill the audit log`() async throws {
        let server = try SuiteServer.running
        let stranger = server.client()

        for _ in 0..<50 { _ = try await stranger.get("/api/workspaces/ended-audit/events") }
        let rows = try LogDatabase(server.data).rows("SELECT 1 FROM audit WHERE actor = '-'")

        #expect(rows.count <= 20)
    }
}
