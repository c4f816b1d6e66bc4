import Testing

/// A repeated request is answered as the first one was and stores nothing; a different one under the same name is refused.
@Suite(.server()) struct IdempotencyTests {
    private func client(_ user: String, _ workspace: String, _ role: String = "member") throws -> HTTPTestClient {
        try SuiteServer.running.client(user: user, workspaces: [workspace: role])
    }

    @Test func `S4-8 · an eventId sent again is the same event`() async throws {
        let server = try SuiteServer.running
        let client = try client("ada", "again")
        let stream = try await server.stream("again", token: server.token(user: "bob", workspaces: ["again": "member"]))
        _ = try await stream.next("connected")

        let first = try await client.track("again", "once.event", ["a": 1], ["eventId": "e1", "sessionId": "s"]).json
        let second = try await client.post(
            raw: #" {"sessionId":"s", "eventId":"e1", "eventType":"once.event", "eventData": { "a" : 1 } } "#,
            to: ServerProcess.realtime("again")
        ).json
        _ = try await client.track("again", "once.last")
        let streamed = try await stream.events { $0.json["eventType"] == "once.last" }

        #expect(first["duplicate"] == .null && first["notified"] == 1)
        #expect(second["success"] == true && second["duplicate"] == true && second["notified"] == 0)
        for member in ["eventId", "seq", "id", "receivedAt", "eventType"] { #expect(second[member] == first[member]) }
        #expect(streamed.filter { $0.json["eventType"] == "once.event" }.count == 1)
        #expect(try await client.events("again", types: "once.event").count == 1)
    }

    static let differences: [(String, String)] = [
        ("type", #"{"eventId":"e","eventType":"other.event","eventData":{"a":1},"sessionId":"s"}"#),
        ("data", #"{"eventId":"e","eventType":"base.event","eventData":{"a":2},"sessionId":"s"}"#),
        ("spelling of a number", #"{"eventId":"e","eventType":"base.event","eventData":{"a":1.0},"sessionId":"s"}"#),
        ("no data", #"{"eventId":"e","eventType":"base.event","sessionId":"s"}"#),
        ("session", #"{"eventId":"e","eventType":"base.event","eventData":{"a":1},"sessionId":"t"}"#),
        ("no session", #"{"eventId":"e","eventType":"base.event","eventData":{"a":1}}"#),
        ("user", #"{"eventId":"e","eventType":"base.event","eventData":{"a":1},"sessionId":"s","userId":"bob"}"#),
        ("time", #"{"eventId":"e","eventType":"base.event","eventData":{"a":1},"sessionId":"s","occurredAt":0}"#),
    ]

    @Test(arguments: differences)
    func `S4-8 · an eventId for a different event is a conflict`(what: String, body: String) async throws {
        let client = try client("svc", "differs", "ingest")
        _ = try await client.track("differs", "base.event", ["a": 1], ["eventId": "e", "sessionId": "s"])

        let reply = try await client.post(raw: body, to: ServerProcess.realtime("differs"))

        try expectProblem(reply, 409, "idempotency_conflict", path: ServerProcess.realtime("differs"), "\(what)")
        #expect(try await client.events("differs", types: "base.event,other.event").count == 1)
    }

    @Test func `S4-15 · another's eventId is a conflict that tells nothing`() async throws {
        let first = try await client("ada", "others").track(
            "others", "own.event", ["secret": "Zanzibar"], ["eventId": "mine", "sessionId": "sess-9"])
        let same = try await client("bob", "others").track(
            "others", "own.event", ["secret": "Zanzibar"], ["eventId": "mine", "sessionId": "sess-9"])
        let different = try await client("bob", "others").track("others", "own.event", [:], ["eventId": "mine"])

        #expect(first.status == 200)
        for reply in [same, different] {
            try expectProblem(reply, 409, "idempotency_conflict")
            #expect(!reply.text.contains("Zanzibar") && !reply.text.contains("ada") && !reply.text.contains("sess-9"))
            #expect(try reply.json["seq"].isNull && reply.json["id"].isNull)
        }
    }

    @Test func `S4-15 · an eventId is one's own in each workspace`() async throws {
        for workspace in ["iso-a", "iso-b"] {
            let reply = try await client("ada", workspace).track(workspace, "own.event", [:], ["eventId": "shared"])
            #expect(try reply.json["duplicate"].isNull, "\(reply.text)")
        }
    }

    // MARK: Idempotency-Key

    @Test func `S4-8 · an Idempotency-Key sent again is the same event`() async throws {
        let client = try client("ada", "keys")

        let first = try await client.track("keys", "keyed.event", ["a": 1], headers: ["Idempotency-Key": "k-1"]).json
        let second = try await client.track("keys", "keyed.event", ["a": 1], headers: ["Idempotency-Key": "k-1"]).json
        let other = try await client.track("keys", "keyed.event", ["a": 2], headers: ["Idempotency-Key": "k-1"])
        let next = try await client.track("keys", "keyed.event", ["a": 1], headers: ["Idempotency-Key": "k-2"]).json

        #expect(second["duplicate"] == true && second["eventId"] == first["eventId"] && second["seq"] == first["seq"])
        try expectProblem(other, 409, "idempotency_conflict")
        #expect(next["duplicate"] == .null && next["seq"] != first["seq"])
        #expect(try await client.events("keys", types: "keyed.event").count == 2)
    }

    @Test func `S4-15 · an Idempotency-Key is its sender's own`() async throws {
        for user in ["ada", "bob"] {
            let reply = try await client(user, "ownkeys").track(
                "ownkeys", "keyed.event", headers: ["Idempotency-Key": "k"])
            #expect(try reply.status == 200 && reply.json["duplicate"].isNull)
        }
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "k", count: 256)])
    func `S4-15 · a malformed Idempotency-Key is refused`(key: String) async throws {
        let reply = try await client("ada", "badkeys").track(
            "badkeys", "keyed.event", headers: ["Idempotency-Key": key])

        try expectProblem(reply, 400, "invalid_parameter")
    }

    @Test func `S4-8 · an Idempotency-Key has up to 255 visible characters`() async throws {
        let reply = try await client("ada", "badkeys").track(
            "badkeys", "keyed.event", headers: ["Idempotency-Key": String(repeating: "~", count: 255)])

        #expect(reply.status == 200)
    }

    // MARK: At once

    @Test(arguments: ["eventId", "Idempotency-Key"])
    func `S4-8 · fifty equal requests at once make one event`(name: String) async throws {
        let server = try SuiteServer.running
        let workspace = "race-\(name.lowercased())"
        _ = try await client("ada", workspace).track(workspace, "race.opened")

        let replies = try await withThrowingTaskGroup(of: TestJSON.self) { group in
            for _ in 0..<50 {
                let client = server.client(user: "ada", workspaces: [workspace: "member"])
                group.addTask {
                    name == "eventId"
                        ? try await client.track(workspace, "race.event", ["a": 1], ["eventId": "r"]).json
                        : try await client.track(workspace, "race.event", ["a": 1], headers: ["Idempotency-Key": "r"])
                            .json
                }
            }
            return try await group.reduce(into: [TestJSON]()) { $0.append($1) }
        }

        #expect(replies.filter { $0["success"] == true }.count == 50)
        #expect(replies.filter { $0["duplicate"].isNull }.count == 1)
        #expect(Set(replies.compactMap { $0["seq"].int }).count == 1)
        #expect(try await client("ada", workspace).events(workspace, types: "race.event").count == 1)
    }

    @Test func `S4-8 · fifty different requests at once under one eventId make one event`() async throws {
        let server = try SuiteServer.running
        _ = try await client("ada", "clash").track("clash", "race.opened")

        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                let client = server.client(user: "ada", workspaces: ["clash": "member"])
                group.addTask {
                    try await client.track("clash", "race.event", ["n": .integer(Int64(number))], ["eventId": "r"])
                        .status
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }

        #expect(statuses.filter { $0 == 200 }.count == 1 && statuses.filter { $0 == 409 }.count == 49)
        #expect(try await client("ada", "clash").events("clash", types: "race.event").count == 1)
    }

    @Test func `S4-8 · what is known survives a restart`() async throws {
        let first = try await ServerProcess.start()
        let token = first.token(user: "ada", workspaces: ["kept": "member"])
        let sent = try await first.client(token: token).track(
            "kept", "kept.event", ["a": 1], ["eventId": "e"], headers: ["Idempotency-Key": "k"]
        ).json
        first.kill()
        try await first.waitExit()

        let server = try await first.restart()
        let byID = try await server.client(token: token).track("kept", "kept.event", ["a": 1], ["eventId": "e"]).json
        let byKey = try await server.client(token: token).track(
            "kept", "kept.event", ["a": 1], headers: ["Idempotency-Key": "k"]
        ).json

        #expect(byID["duplicate"] == true && byID["seq"] == sent["seq"])
        #expect(byKey["duplicate"] == true && byKey["seq"] == sent["seq"])
    }
}
