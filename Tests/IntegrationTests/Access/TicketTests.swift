import ServerSentEvents
import Testing

/// One-use tickets for an EventSource, which cannot send `Authorization`; over several loops.
@Suite(.server(["TIDELINE_SERVER_LOOPS": "3", "TIDELINE_LOG_LEVEL": "debug"])) struct TicketTests {
    private static let stream = ["Accept": "text/event-stream"]

    private func ticket(_ client: HTTPTestClient) async throws -> String {
        let reply = try await client.send("POST", "/api/tickets")
        guard reply.status == 201, let ticket = try reply.json["ticket"].string else {
            throw WaitError(description: "no ticket: \(reply.status) \(reply.text)")
        }
        return ticket
    }

    private func open(_ workspace: String, ticket: String, headers: [String: String] = [:]) async throws -> StreamReader
    {
        let port = try SuiteServer.running.port
        return try await StreamReader.open(
            port: port, path: ServerProcess.realtime(workspace) + "?ticket=\(ticket)", headers: headers)
    }

    @Test func `S4-15 · a ticket opens one stream in the name of its holder`() async throws {
        let server = try SuiteServer.running
        let ada = server.client(user: "ada", workspaces: ["tickets": "member"])

        let reply = try await ada.send("POST", "/api/tickets")
        let ticket = try #require(try reply.json["ticket"].string)
        let stream = try await open("tickets", ticket: ticket)
        let connected = try await stream.next("connected").json
        let again = try await server.client().get(
            ServerProcess.realtime("tickets") + "?ticket=\(ticket)", Self.stream)

        #expect(reply.status == 201 && reply.header("Cache-Control") == "no-store")
        #expect(try reply.json["expiresAt"].string?.hasSuffix("Z") == true && ticket.utf8.count == 32)
        #expect(connected["workspaceId"] == "tickets")
        try expectProblem(again, 401, "invalid_token", path: ServerProcess.realtime("tickets"))
        #expect(again.header("WWW-Authenticate")?.contains("Bearer") == true)
        _ = try await ada.track("tickets", "ticket.event")
        #expect(try await stream.next("event").json["eventType"] == "ticket.event")
    }

    /// Each comes by a connection of its own, so they meet on different loops.
    @Test func `S4-15 · of many who bring one ticket at once, one is let in`() async throws {
        let server = try SuiteServer.running
        let ada = server.client(user: "ada", workspaces: ["rush": "member"])
        _ = try await ada.track("rush", "here.event")

        for _ in 0..<20 {
            let ticket = try await ticket(ada)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await server.client().get(ServerProcess.realtime("rush") + "?ticket=\(ticket)").status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + [Int](repeating: 401, count: 7))
        }
    }

    @Test func `S4-15 · a ticket is good for streams and their snapshots alone`() async throws {
        let server = try SuiteServer.running
        let ada = server.client(user: "ada", workspaces: ["narrow": "admin"])
        _ = try await ada.track("narrow", "here.event")
        let ticket = try await ticket(ada)
        let nobody = server.client()
        let body = Array(#"{"eventType":"a.b"}"#.utf8)
        let json = ["Content-Type": "application/json"]

        for path in [
            "/api/me", "/api/workspaces", "/api/workspaces/narrow/events", "/api/workspaces/narrow/audit", "/api/audit",
        ] { try expectProblem(try await nobody.get(path + "?ticket=\(ticket)"), 401, "unauthenticated") }
        for path in [ServerProcess.realtime("narrow"), "/api/workspaces/narrow/events", "/api/tickets", "/api/session"]
        {
            let reply = try await nobody.send("POST", path + "?ticket=\(ticket)", json, body)
            #expect(reply.status == 401, "\(path): \(reply.text)")
        }
        let closing = try await nobody.delete(ServerProcess.realtime("narrow") + "?ticket=\(ticket)")
        let asBearer = try await server.client(token: ticket).get("/api/me")
        let snapshot = try await nobody.get(
            ServerProcess.realtime("narrow") + "?ticket=\(ticket)", ["Accept": "application/json"])
        let used = try await nobody.get(ServerProcess.realtime("narrow") + "?ticket=\(ticket)")

        #expect(closing.status == 401 && asBearer.status == 401)
        #expect(try snapshot.status == 200 && snapshot.json["meta"]["userId"] == "ada")
        #expect(used.status == 401)
    }

    @Test func `S4-15 · a wrong or doubled ticket is refused, and nothing else in a URL is a credential`()
        async throws
    {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["urls": "admin"])
        let ada = server.client(token: token)
        _ = try await ada.track("urls", "here.event")
        let nobody = server.client()
        let path = ServerProcess.realtime("urls")
        let good = try await ticket(ada)

        for query in [
            "ticket=", "ticket=x", "ticket=\(good.uppercased())", "ticket=\(good.dropLast())", "ticket=\(good)a",
            "ticket=\(good)&ticket=\(good)", "ticket=x&ticket=\(good)", "ticket=\(token)",
        ] { try expectProblem(try await nobody.get("\(path)?\(query)"), 401, "invalid_token", "\(query)") }
        for query in ["token=\(token)", "access_token=\(token)", "Ticket=\(good)", "authorization=Bearer+\(token)"] {
            try expectProblem(try await nobody.get("\(path)?\(query)"), 401, "unauthenticated", "\(query)")
        }
        let bob = server.client(user: "bob", workspaces: ["urls": "member"])
        #expect(try await bob.get("\(path)?ticket=\(good)").json["meta"]["userId"] == "bob")
        let session = try await bob.send("POST", "/api/session").header("Set-Cookie") ?? ""
        let cookie = ["Cookie": String(session.prefix { $0 != ";" })]
        try expectProblem(try await nobody.get("\(path)?ticket=x", cookie), 401, "invalid_token")
        // None of these has used it up.
        #expect(try await nobody.get("\(path)?ticket=\(good)", cookie).json["meta"]["userId"] == "ada")
    }

    @Test func `S4-15 · a stream by ticket is a browser's, and ends with the token behind it`() async throws {
        let server = try SuiteServer.running
        let short = server.token(user: "ada", workspaces: ["ends": "member"], ttl: .seconds(15))
        let client = server.client(token: short)
        _ = try await client.track("ends", "here.event")

        let stream = try await open("ends", ticket: ticket(client))
        _ = try await stream.next("connected")
        let closing = try await stream.next("closing", within: .seconds(40))

        #expect(closing.json["reason"] == "auth_expired")
        #expect(try await stream.waitEnd() == .clean)
    }

    @Test func `S4-15 · a ticket is worth what its credential is when it is used`() async throws {
        let server = try SuiteServer.running
        let root = server.client(user: "root", workspaces: ["worth": "admin"])
        let eve = server.client(user: "eve", workspaces: ["worth": "member"])
        for client in [root, eve] { _ = try await client.track("worth", "here.event") }
        let key = try await ControlSocket.makeKey("worth", user: "svc", role: "member", at: server)
        let path = ServerProcess.realtime("worth")

        let byKey = try await ticket(server.client(token: key))
        let spare = try await ticket(server.client(token: key))
        let byEve = try await ticket(eve)
        let before = try await server.client().get("\(path)?ticket=\(byKey)")
        let prefix = String(key.split(separator: "_")[1])
        _ = try await ControlSocket.send("DELETE", "/control/keys/\(prefix)", to: server)
        _ = try await root.track("worth", "member.removed", ["userId": "eve"])

        #expect(try before.status == 200 && before.json["meta"]["userId"] == "svc")
        try expectProblem(try await server.client().get("\(path)?ticket=\(spare)"), 401, "invalid_token")
        try expectProblem(try await server.client().get("\(path)?ticket=\(byEve)"), 403, "forbidden")
        let elsewhere = try await ticket(server.client(user: "x", workspaces: ["other-place": "admin"]))
        try expectProblem(try await server.client().get("\(path)?ticket=\(elsewhere)"), 404, "not_found")
    }

    @Test func `S4-15 · a revoked key's stream by ticket ends, the same user's others do not`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "svc", workspaces: ["revoke": "member"])
        _ = try await server.client(token: token).track("revoke", "here.event")
        let key = try await ControlSocket.makeKey("revoke", user: "svc", role: "member", at: server)
        var ending: [StreamReader] = []
        for _ in 0..<4 { ending.append(try await open("revoke", ticket: ticket(server.client(token: key)))) }
        let other = try await server.stream("revoke", token: token)
        for stream in ending + [other] { _ = try await stream.next("connected") }

        let prefix = String(key.split(separator: "_")[1])
        _ = try await ControlSocket.send("DELETE", "/control/keys/\(prefix)", to: server)
        for stream in ending { #expect(try await stream.next("closing").json["reason"] == "auth_expired") }
        _ = try await server.client(token: token).track("revoke", "after.event")

        #expect(try await other.next("event").json["eventType"] == "after.event" && other.end == nil)
    }

    @Test func `S4-15 · only a credential or a same-origin session gets a ticket`() async throws {
        let server = try SuiteServer.running
        let ada = server.client(user: "ada", workspaces: ["givers": "member"])
        _ = try await ada.track("givers", "here.event")
        let cookie = try await ada.send("POST", "/api/session").header("Set-Cookie") ?? ""
        let pair = String(cookie.prefix { $0 != ";" })
        let nobody = server.client()
        let own = ["Cookie": pair, "Origin": "http://127.0.0.1:\(server.port)"]

        try expectProblem(try await nobody.send("POST", "/api/tickets"), 401, "unauthenticated")
        for fields in [
            ["Cookie": pair], ["Cookie": pair, "Origin": "https://evil.test"], ["Cookie": pair, "Origin": "null"],
        ] {
            try expectProblem(try await nobody.send("POST", "/api/tickets", fields), 403, "cross_origin")
        }
        let given = try await nobody.send("POST", "/api/tickets", own)
        let empty = try await nobody.send(
            "POST", "/api/tickets", own.merging(["Content-Type": "application/json"]) { $1 }, Array("{}".utf8))
        #expect(given.status == 201 && empty.status == 201)
        for (type, body, status) in [
            ("text/plain", "{}", 415), ("application/x-www-form-urlencoded", "a=b", 415),
            ("application/json", "[]", 400),
            ("application/json", "{", 400), ("application/json", #"{"a":1,"a":2}"#, 400),
        ] {
            let reply = try await ada.send("POST", "/api/tickets", ["Content-Type": type], Array(body.utf8))
            #expect(reply.status == status, "\(type) \(body): \(reply.text)")
        }
        let local = try await ControlSocket.send("POST", "/api/tickets", to: server)
        #expect(local.status == 403)
    }

    @Test func `S4-15 · unused tickets of one user are bounded, and others' are their own`() async throws {
        let server = try SuiteServer.running
        let greedy = server.client(user: "greedy", workspaces: ["bound": "member"])
        _ = try await greedy.track("bound", "here.event")
        var tickets: [String] = []
        for _ in 0..<32 { tickets.append(try await ticket(greedy)) }

        let refused = try await greedy.send("POST", "/api/tickets")
        let other = try await server.client(user: "modest", workspaces: ["bound": "member"]).send(
            "POST", "/api/tickets")
        let used = try await server.client().get(ServerProcess.realtime("bound") + "?ticket=\(tickets[31])")
        let again = try await greedy.send("POST", "/api/tickets")

        try expectProblem(refused, 429, "rate_limited")
        #expect(refused.header("Retry-After").flatMap { Int($0) }.map { (1...30).contains($0) } == true)
        #expect(other.status == 201 && used.status == 200 && again.status == 201)
    }

    @Test func `S4-15 · a ticket stands in no log and no answer but its own`() async throws {
        let server = try SuiteServer.running
        let root = server.client(user: "root", workspaces: ["quiet-tickets": "admin"])
        _ = try await root.track("quiet-tickets", "here.event")
        let ticket = try await ticket(root)
        let path = ServerProcess.realtime("quiet-tickets") + "?ticket=\(ticket)"

        let stream = try await open("quiet-tickets", ticket: ticket)
        _ = try await stream.next("connected")
        var said = [try await server.client().get(path, Self.stream).text]
        said.append(try await server.client().send("POST", path).text)
        said.append(try await root.get("/api/workspaces/quiet-tickets/audit").text)
        said.append(try await server.client(user: "op", workspaces: ["*": "admin"]).get("/api/audit?limit=500").text)
        said.append(try await ControlSocket.send("GET", "/metrics", to: server).text)
        stream.close()

        #expect(said.allSatisfy { !$0.contains(ticket) && !$0.isEmpty })
        #expect(server.log.allSatisfy { !$0.contains(ticket) })
    }
}
