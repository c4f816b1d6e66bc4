import Foundation
import Testing

/// API keys are made, listed and revoked over the control socket, and let services in from everywhere.
@Suite(.server()) struct APIKeyTests {
    private func makeWorkspace(_ name: String) async throws {
        let reply = try await ControlSocket.send(
            "POST", "/control/workspaces", ["slug": .string(name)], to: SuiteServer.running)
        #expect(reply.status == 201, "\(reply.text)")
    }

    @Test func `S4-15 · a key lets in with its user and role`() async throws {
        let server = try SuiteServer.running
        try await makeWorkspace("keys")
        for (role, status) in [("member", 403), ("ingest", 200), ("admin", 200)] {
            let key = try await ControlSocket.makeKey("keys", user: "svc-\(role)", role: role, at: server)
            let client = server.client(token: key)

            let snapshot = try await client.get(ServerProcess.realtime("keys"))
            let own = try await client.track("keys", "key.event")
            let other = try await client.track("keys", "key.event", [:], ["userId": "someone"])
            let close = try await client.delete(ServerProcess.realtime("keys") + "?hold=0s")
            let stream = try await server.stream("keys", token: key)

            #expect(try snapshot.json["meta"]["userId"].string == "svc-\(role)")
            #expect(own.status == 200 && other.status == status && close.status == (role == "admin" ? 200 : 403))
            #expect(try await stream.next("connected").json["workspaceId"] == "keys")
            #expect(
                try await client.get("/api/me").json["workspaces"] == [
                    ["id": "keys", "slug": "keys", "role": .string(role)]
                ])
        }
        let members = try await ControlSocket.send("GET", "/control/workspaces", to: server)
        #expect(members.status == 200)
        #expect(
            try await server.client(token: ControlSocket.makeKey("keys", user: "r", role: "admin", at: server)).events(
                "keys", types: "member.added") == [])
    }

    @Test func `S4-15 · a wrong secret, an unknown prefix and a malformed key are refused alike`() async throws {
        let server = try SuiteServer.running
        try await makeWorkspace("wrong")
        let key = try await ControlSocket.makeKey("wrong", user: "svc", role: "admin", at: server)
        let parts = key.split(separator: "_")
        let other = String(repeating: parts[2].first == "a" ? "b" : "a", count: 32)
        for bad in [
            "tl_\(parts[1])_\(other)", "tl_aaaaaaaa_\(parts[2])", key.uppercased(), String(key.dropLast()), key + "a",
            "tl_\(parts[1])_", "tl__\(parts[2])",
        ] {
            let reply = try await server.client(token: bad).get(ServerProcess.realtime("wrong"))
            let json = try expectProblem(reply, 401, "invalid_token", "\(bad)")
            #expect(json["detail"].string?.contains(String(parts[1])) == false)
        }
        #expect(try await server.client(token: key).get(ServerProcess.realtime("wrong")).status == 200)
    }

    @Test func `S4-15 · a key is good for its own workspace only`() async throws {
        let server = try SuiteServer.running
        try await makeWorkspace("key-a")
        try await makeWorkspace("key-b")
        let client = server.client(
            token: try await ControlSocket.makeKey("key-a", user: "svc", role: "admin", at: server))
        for (method, rest) in [("GET", "analytics/realtime"), ("DELETE", "analytics/realtime"), ("GET", "events")] {
            let foreign = try await client.send(method, "/api/workspaces/key-b/\(rest)", ["X-Request-Id": "r"])
            let unknown = try await client.send(method, "/api/workspaces/key-x/\(rest)", ["X-Request-Id": "r"])

            try expectProblem(foreign, 404, "not_found")
            #expect(foreign.text.replacing("key-b", with: "key-x") == unknown.text)
        }
    }

    @Test func `S4-15 · a revoked key is refused at once`() async throws {
        let server = try SuiteServer.running
        try await makeWorkspace("revoked")
        let key = try await ControlSocket.makeKey("revoked", user: "svc", role: "admin", at: server)
        let prefix = String(key.split(separator: "_")[1])
        let client = server.client(token: key)
        #expect(try await client.get(ServerProcess.realtime("revoked")).status == 200)

        let revoked = try await ControlSocket.send("DELETE", "/control/keys/\(prefix)", to: server)
        let after = try await client.get(ServerProcess.realtime("revoked"))
        let again = try await ControlSocket.send("DELETE", "/control/keys/\(prefix)", to: server)
        let list = try await ControlSocket.send("GET", "/control/keys?workspace=revoked", to: server)

        #expect(revoked.status == 200)
        try expectProblem(after, 401, "invalid_token")
        try expectProblem(again, 404, "not_found")
        #expect(try list.json["keys"].array.map { $0["prefix"].string } == [prefix])
        #expect(try list.json["keys"][0]["revokedAt"].string != nil)
    }

    @Test func `S4-15 · a key past its time is refused as expired`() async throws {
        let server = try SuiteServer.running
        try await makeWorkspace("lapsed")
        let key = try await ControlSocket.makeKey("lapsed", user: "svc", role: "member", lifetime: 1, at: server)

        try expectProblem(try await server.client(token: key).get("/api/me"), 401, "token_expired")
    }

    @Test func `S4-15 · a key opens no session and no list shows a secret`() async throws {
        let server = try SuiteServer.running
        try await makeWorkspace("secretive")
        let key = try await ControlSocket.makeKey("secretive", user: "svc", role: "admin", at: server)

        let session = try await server.client(token: key).send("POST", "/api/session")
        let list = try await ControlSocket.send("GET", "/control/keys", to: server)

        #expect(session.status == 401 && session.header("Set-Cookie") == nil)
        #expect(
            list.text.contains(String(key.split(separator: "_")[1]))
                && !list.text.contains(String(key.split(separator: "_")[2])))
        #expect(!list.text.contains("hash"))
    }

    @Test(arguments: [
        ("{}", 404), (#"{"workspace":"nowhere","user":"u","role":"admin"}"#, 404),
        (#"{"workspace":"ctl","user":"a b","role":"admin"}"#, 422),
        (#"{"workspace":"ctl","user":"u","role":"root"}"#, 422),
        (#"{"workspace":"ctl","user":"u","role":"admin","ttlMs":0}"#, 422),
        (#"{"workspace":"ctl","user":"u","role":"admin","ttlMs":-1}"#, 422), (#"{"workspace":7}"#, 404),
    ])
    func `S4-15 · a key is not made of nonsense`(body: String, status: Int) async throws {
        let server = try SuiteServer.running
        _ = try await ControlSocket.send("POST", "/control/workspaces", ["slug": "ctl"], to: server)

        let reply = try await ControlSocket.send("POST", "/control/keys", try TestJSON(body), to: server)

        #expect(reply.status == status, "\(reply.text)")
    }

    // MARK: The socket

    @Test(arguments: [
        "/control/workspaces", "/control/keys", "/control/keys/aaaaaaaa", "/control/keys/", "/c%6fntrol/keys",
    ])
    func `S4-15 · the control routes do not exist over TCP, not even for an operator`(path: String) async throws {
        let client = try SuiteServer.running.client(user: "op", workspaces: ["*": "admin"])
        let body = Array(#"{"slug":"by-tcp","workspace":"ctl","user":"u","role":"admin"}"#.utf8)

        for method in ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"] {
            for content in [
                nil, method == "POST" ? body : nil, method == "POST" ? body + Array(repeating: 32, count: 5_000) : nil,
            ] {
                let reply = try await client.send(method, path, ["Content-Type": "application/json"], content)
                let unknown = try await client.send(
                    method, path.replacing("trol", with: "trul"), ["Content-Type": "application/json"], content)
                try expectProblem(reply, 404, "not_found", path: path)
                #expect(reply.text.replacing("trol", with: "trul") == unknown.text && reply.header("Allow") == nil)
            }
        }
    }

    @Test func `S4-15 · the control socket and the database are their owner's alone`() async throws {
        let data = try SuiteServer.running.data
        for name in ["control.sock", "tideline.db", "lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: data.file(name))
            let mode = try #require(attributes[.posixPermissions] as? Int)
            #expect(name == "control.sock" ? mode == 0o600 : mode & 0o077 == 0, "\(name) has \(String(mode, radix: 8))")
        }
    }

    @Test func `S4-15 · the control socket serves the public routes as the local operator`() async throws {
        let server = try SuiteServer.running
        _ = try await ControlSocket.send("POST", "/control/workspaces", ["slug": "local"], to: server)

        let events = try await ControlSocket.send("GET", "/api/workspaces/local/events", to: server)

        #expect(try events.json["events"].array.map { $0["eventType"] } == ["workspace.created"])
    }
}
