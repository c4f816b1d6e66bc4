import Foundation
import Testing

/// What a server is told in confidence shows nowhere: not in its log, its metrics, its answers or the list of processes.
struct SecrecyTests {
    @Test func `S4-15 · no secret is in the log, the metrics, the answers or the process list`() async throws {
        let metricsToken = "metrics-token-of-this-test"
        let server = try await ServerProcess.start([
            "TIDELINE_LOG_LEVEL": "debug", "TIDELINE_METRICS_TOKEN": metricsToken,
        ])
        _ = try await ControlSocket.send("POST", "/control/workspaces", ["slug": "quiet"], to: server)
        let key = try await ControlSocket.makeKey("quiet", user: "svc", role: "admin", at: server)
        let token = server.token(user: "ada", workspaces: ["quiet": "admin"])
        var expired = TestToken(user: "ada", workspaces: ["quiet": "admin"])
        expired.claims["exp"] = 1
        let stale = expired.signed(with: ServerProcess.secret)
        let cookie = try #require(
            try await server.client(token: token).send("POST", "/api/session").header("Set-Cookie")?.prefix {
                $0 != ";"
            })
        let session = String(cookie.drop { $0 != "=" }.dropFirst())
        let secrets = [token, stale, key, session, ServerProcess.secret, metricsToken, "PREVIEWTEXT"]

        var answers: [String] = []
        for bearer in [token, stale, key, String(token.dropLast(3)), String(key.dropLast()), session, metricsToken] {
            let client = server.client(token: bearer)
            for path in [ServerProcess.realtime("quiet"), "/api/me", "/api/workspaces/other/events", "/nothing"] {
                answers.append(try await client.get(path, ["Cookie": String(cookie)]).text)
            }
            answers.append(
                try await client.track(
                    "quiet", "message.sent", ["channelId": "c", "preview": "PREVIEWTEXT", "mentions": ["bob"]]
                ).text)
            answers.append(try await client.post(raw: "nonsense \(bearer)", to: ServerProcess.realtime("quiet")).text)
        }
        let stream = try await server.stream("quiet", token: token)
        _ = try await stream.next("connected")
        let metrics = try await server.client(token: metricsToken).get("/metrics").text
        let arguments = try String(contentsOfFile: "/proc/\(server.processID)/cmdline", encoding: .utf8)
        server.terminate()
        try await server.waitExit()

        #expect(metrics.contains("tideline_") && server.log.count > 5)
        for secret in secrets {
            // The last characters are the signature, or the random part.
            let tail = String(secret.suffix(24))
            for (place, text) in [
                ("log", server.log.joined(separator: "\n")), ("metrics", metrics), ("answers", answers.joined()),
                ("arguments", arguments),
            ] { #expect(!text.contains(tail), "\(secret.prefix(12))… in the \(place)") }
        }
    }

    @Test func `S4-17 · the log is JSON lines with time, level and message`() async throws {
        let server = try await ServerProcess.start(["TIDELINE_LOG_LEVEL": "debug"])
        let token = server.token(user: "ada", workspaces: ["logged": "member"])
        let stream = try await server.stream("logged", token: token)
        _ = try await stream.next("connected")
        _ = try await server.client(token: token).track("logged", "log.event", ["text": "line\nbreak \"quoted\" \u{1}"])
        stream.close()
        server.terminate()

        #expect(try await server.waitExit() == 0)
        for line in server.log {
            let json = try TestJSON(line)
            #expect(json["message"].string?.isEmpty == false && json["time"].string?.hasSuffix("Z") == true, "\(line)")
            #expect(["debug", "info", "warning", "error"].contains(json["level"].string ?? ""), "\(line)")
        }
        #expect(server.log.contains { $0.contains(#""message":"stream opened""#) })
    }

    @Test func `S4-15 · refusals and an administrator's acts are in the audit log`() async throws {
        let server = try await ServerProcess.start()
        let admin = server.client(user: "root", workspaces: ["audited": "admin"])
        let ada = server.client(user: "ada", workspaces: ["audited": "member"])
        func named(_ id: String) -> [String: String] { ["X-Request-Id": id] }

        _ = try await admin.delete(ServerProcess.realtime("audited") + "?hold=0s", named("r-close"))
        _ = try await ada.delete(ServerProcess.realtime("audited"), named("r-member-close"))
        _ = try await ada.track("audited", "member.added", ["userId": "eve"], headers: named("r-append"))
        _ = try await ada.post(
            "/api/workspaces/audited/events", [["eventType": "user.online"], ["eventType": "workspace.updated"]],
            named("r-batch"))
        _ = try await server.client().get(ServerProcess.realtime("audited"), named("r-anonymous"))
        _ = try await server.client(token: "x.y.z").get("/api/me", named("r-me"))
        _ = try await server.client(token: "x.y.z").send("POST", "/api/session", named("r-session"))
        server.terminate()
        try await server.waitExit()
        let query = try ChildProcess(
            "/usr/bin/env",
            ["sqlite3", server.data.file("tideline.db"), "SELECT request || ' ' || actor || ' ' || outcome FROM audit"])
        try await query.waitExit()
        try await query.output.waitFinish()

        let entries = Set(query.output.elements)
        for expected in [
            "r-close root ok", "r-member-close ada forbidden", "r-append ada forbidden", "r-batch ada forbidden",
            "r-anonymous - unauthenticated", "r-me - invalid_token", "r-session - invalid_token",
        ] { #expect(entries.contains(expected), "\(expected) is not among \(entries.sorted())") }
    }
}
