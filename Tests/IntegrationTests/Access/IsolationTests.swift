import ServerSentEvents
import Testing

/// Two workspaces in which everything has the same ids never see each other, and a private channel is its members' own.
@Suite(.server()) struct IsolationTests {
    /// The same ids in both; what is in `mark` differs.
    private func fill(_ workspace: String, _ mark: String, messages: Int) async throws {
        let server = try SuiteServer.running
        let admin = server.client(user: "7", workspaces: [workspace: "admin"])
        var events: [TestJSON] = [
            [
                "eventType": "conversation.created", "eventId": "c0",
                "eventData": ["channelId": "general", "title": .string(mark)],
            ],
            [
                "eventType": "user.updated", "eventId": "u0",
                "eventData": ["displayName": .string(mark), "username": "7"],
            ],
            [
                "eventType": "task.created", "eventId": "t0",
                "eventData": ["taskId": "1", "status": "in_progress", "title": .string(mark)],
            ],
            ["eventType": "custom.event", "eventId": "x0", "sessionId": "s", "eventData": ["mark": .string(mark)]],
        ]
        for number in 0..<messages {
            events.append([
                "eventType": "message.sent", "eventId": .string("m\(number)"), "sessionId": "s",
                "eventData": ["channelId": "general", "messageId": .string("m\(number)"), "mark": .string(mark)],
            ])
        }
        let reply = try await admin.post("/api/workspaces/\(workspace)/events", .array(events))
        #expect(try reply.json["accepted"].int == events.count, "\(reply.text)")
    }

    @Test func `S4-15 · two workspaces with the same ids never see each other`() async throws {
        let server = try SuiteServer.running
        try await fill("alpha", "ALPHAONLY", messages: 3)
        try await fill("beta", "BETAONLY", messages: 5)
        let sides = [("alpha", "ALPHAONLY", "BETAONLY", "beta", 3), ("beta", "BETAONLY", "ALPHAONLY", "alpha", 5)]
        let streams = try await withThrowingTaskGroup(of: (String, StreamReader).self) { group in
            for (name, _, _, _, _) in sides {
                group.addTask {
                    (
                        name,
                        try await server.stream(
                            name, token: server.token(user: "7", workspaces: [name: "admin"]), query: "stats=off")
                    )
                }
            }
            return try await group.reduce(into: [String: StreamReader]()) { $0[$1.0] = $1.1 }
        }

        for (name, own, _, _, _) in sides {
            _ = try await server.client(user: "7", workspaces: [name: "admin"]).track(
                name, "live.event", ["mark": .string(own)], ["eventId": "live"])
        }

        for (name, own, foreign, other, messages) in sides {
            let token = server.token(user: "7", workspaces: [name: "admin"])
            let client = server.client(token: token)
            var texts: [String] = []
            for path in [
                ServerProcess.realtime(name), "/api/workspaces/\(name)/events?limit=1000",
                "/api/workspaces/\(name)/events?types=message.*,custom.event",
                "/api/me", "/api/definitions", "/healthz", "/readyz",
            ] { texts.append(try await client.get(path).text) }
            let epochStart = try #require(try await client.get("/api/workspaces/\(name)/events").json["head"].string)
                .prefix { $0 != "-" }
            let resumed = try await server.stream(name, token: token, lastEventID: "\(epochStart)-0")
            _ = try await resumed.next { $0.json["eventType"] == "live.event" }
            let live = try #require(streams[name])
            _ = try await live.next { $0.json["eventType"] == "live.event" }
            texts += [resumed, live].map { String(decoding: $0.body, as: UTF8.self) }

            let snapshot = try await client.get(ServerProcess.realtime(name)).json
            #expect(snapshot["data"]["messagesToday"].int == messages && snapshot["data"]["tasksInProgress"] == 1)
            #expect(
                snapshot["data"]["eventCounts"]["message.sent"].int == messages && snapshot["data"]["activeUsers"] == 1)
            #expect(snapshot["meta"]["workspaceId"].string == name)
            #expect(texts.contains { $0.contains(own) })
            for text in texts {
                #expect(!text.contains(foreign) && !text.contains(#""\#(other)""#), "\(name): \(text.prefix(300))")
            }

            // A position of the other is one of another epoch.
            let otherHead = try #require(
                try await server.client(user: "7", workspaces: [other: "admin"]).get("/api/workspaces/\(other)/events")
                    .json["head"].string)
            try expectProblem(
                try await client.get("/api/workspaces/\(name)/events?after=\(otherHead)"), 410, "log_pruned")
            let reset = try await server.stream(name, token: token, lastEventID: otherHead).next("reset")
            #expect(reset.json["reason"] == "epoch")
            for path in [ServerProcess.realtime(other), "/api/workspaces/\(other)/events"] {
                try expectProblem(try await client.get(path, ["X-Workspace-Id": name]), 404, "not_found")
            }
        }
    }

    @Test func `S4-15 · ids, tags and connections of one workspace say nothing of another`() async throws {
        let server = try SuiteServer.running
        try await fill("gamma", "GAMMA", messages: 1)
        try await fill("delta", "DELTA", messages: 1)
        let stream = try await server.stream("gamma", token: server.token(user: "7", workspaces: ["gamma": "member"]))
        _ = try await stream.next("connected")

        let gamma = try await server.client(user: "7", workspaces: ["gamma": "member"]).get(
            ServerProcess.realtime("gamma"))
        let delta = try await server.client(user: "7", workspaces: ["delta": "member"]).get(
            ServerProcess.realtime("delta"), ["If-None-Match": gamma.header("ETag") ?? ""])
        let sent = try await server.client(user: "7", workspaces: ["delta": "member"]).track("delta", "quiet.event")

        #expect(try gamma.json["meta"]["connections"] == 1 && delta.json["meta"]["connections"] == 0)
        #expect(try gamma.json["data"]["onlineUsers"] == 1 && delta.json["data"]["onlineUsers"] == 0)
        #expect(delta.status == 200)
        #expect(try sent.json["notified"] == 0)
    }

    @Test func `S4-15 · a private channel's events are its members' alone, in the log, the stream and the replay`()
        async throws
    {
        let server = try SuiteServer.running
        let admin = server.client(user: "root", workspaces: ["private": "admin"])
        _ = try await admin.post(
            "/api/workspaces/private/events",
            [
                [
                    "eventType": "conversation.created", "userId": "ada",
                    "eventData": ["channelId": "club", "private": true, "title": "HIDDENTITLE"],
                ]
            ])
        let tokens = Dictionary(
            uniqueKeysWithValues: ["ada", "bob"].map { ($0, server.token(user: $0, workspaces: ["private": "member"])) }
        )
        let ada = server.client(token: tokens["ada"])
        let bob = server.client(token: tokens["bob"])
        let start = try #require(try await bob.get("/api/workspaces/private/events?limit=1").json["next"].string)
        let live = try await server.stream("private", token: #require(tokens["bob"]))
        _ = try await live.next("connected")

        let sent = try await ada.track(
            "private", "message.sent", ["channelId": "club", "messageId": "hm", "mark": "HIDDENMARK"])
        _ = try await ada.track("private", "reaction.added", ["messageId": "hm", "emoji": "HIDDENMOJI"])
        _ = try await ada.track("private", "custom.event", ["channel_id": "club", "mark": "HIDDENMARK"])
        _ = try await admin.track("private", "public.event")
        _ = try await live.next { $0.json["eventType"] == "public.event" }
        let replay = try await server.stream("private", token: #require(tokens["bob"]), lastEventID: start)
        _ = try await replay.next { $0.json["eventType"] == "public.event" }
        let own = try await server.stream("private", token: #require(tokens["ada"]), lastEventID: start)
        let seen = try await own.events { $0.json["eventType"] == "public.event" }

        let texts = [
            try await bob.get("/api/workspaces/private/events?limit=1000").text,
            try await bob.get(ServerProcess.realtime("private")).text,
            String(decoding: live.body, as: UTF8.self), String(decoding: replay.body, as: UTF8.self),
        ]
        for text in texts {
            #expect(!text.contains("HIDDEN") && !text.contains("club") && !text.contains(#""hm""#), "\(text)")
        }
        #expect(try sent.json["notified"] == 0)
        #expect(seen.filter { $0.data.contains("HIDDEN") }.count == 4)
        #expect(try await ada.events("private", types: "message.sent,reaction.added,custom.event").count == 3)
        // An admin who is no member of the channel does not read along either.
        #expect(try await admin.get("/api/workspaces/private/events?limit=1000").text.contains("HIDDENMARK") == false)
    }
}
