import Testing

/// Who may append what: every type by every role in every kind of channel, about oneself and about others.
@Suite(.server()) struct AppendWalkTests {
    /// `open` was never created; `mine` and `other` are public, `secret` and `club` private; ada is in `mine` and `club`.
    static let places = ["open", "mine", "other", "secret", "club"]

    /// What a member is answered in each of the places, and the other roles everywhere.
    struct Row: Sendable, CustomTestStringConvertible {
        let type: String
        let member: [Int]
        var ingest = 200
        /// The payload beside the channel, given the place.
        var data: @Sendable (String) -> [String: TestJSON] = { _ in [:] }
        var testDescription: String { type }
    }

    private static let inOwnChannels = [200, 200, 403, 404, 200]
    private static let whereVisible = [200, 200, 200, 404, 200]
    private static let known = [404, 200, 200, 404, 200]
    private static let nowhere = [403, 403, 403, 404, 403]

    private static let ownMessage: @Sendable (String) -> [String: TestJSON] = { ["messageId": .string("own-\($0)")] }
    private static let task: @Sendable (String) -> [String: TestJSON] = { ["taskId": .string("t-\($0)")] }
    private static let agent: @Sendable (String) -> [String: TestJSON] = { _ in ["orchestratorId": "o"] }
    private static let eve: @Sendable (String) -> [String: TestJSON] = { _ in ["userId": "eve"] }

    static let rows: [Row] =
        [
            Row(type: "message.sent", member: inOwnChannels),
            Row(type: "message.edited", member: inOwnChannels, data: ownMessage),
            Row(type: "message.deleted", member: inOwnChannels, data: ownMessage),
            Row(type: "message.read", member: inOwnChannels, data: { ["lastReadMessageId": .string("own-\($0)")] }),
            Row(
                type: "reaction.added", member: inOwnChannels,
                data: { ["messageId": .string("own-\($0)"), "emoji": "x"] }),
            Row(
                type: "reaction.removed", member: inOwnChannels,
                data: { ["messageId": .string("own-\($0)"), "emoji": "x"] }),
            Row(
                type: "file.uploaded", member: inOwnChannels,
                data: { _ in ["file_type": "i", "file_name": "n", "file_size": 1] }),
            Row(type: "conversation.joined", member: known), Row(type: "conversation.left", member: known),
            Row(type: "conversation.created", member: nowhere, data: { _ in ["title": "T"] }),
            Row(type: "member.added", member: nowhere, ingest: 403, data: eve),
            Row(type: "member.removed", member: nowhere, ingest: 403, data: eve),
        ] + ["comment.added", "comment.resolved", "message.pinned"].map { Row(type: $0, member: inOwnChannels) }
        + [
            "user.online", "user.offline", "user.active", "user.action", "user.updated", "user.status_changed",
            "user.typing",
        ].map {
            Row(type: $0, member: whereVisible)
        }
        + ["task.created", "task.updated", "task.assigned", "task.completed"].map {
            Row(type: $0, member: whereVisible, data: task)
        }
        + ["task.archived", "custom.thing", "workspacelike.thing"].map { Row(type: $0, member: whereVisible) }
        + ["orchestrator.started", "orchestrator.heartbeat", "orchestrator.stopped"].map {
            Row(type: $0, member: nowhere, data: agent)
        }
        + [
            "mention.created", "screenshot.captured", "ocr.completed", "integration.updated", "fast.start", "fast.join",
            "fast.leave",
            "devotional.available", "milestone.reached", "reminder.fast", "reminder.devotional",
        ].map { Row(type: $0, member: nowhere) }
        + ["workspace.created", "workspace.updated", "workspace.custom", "member.custom"].map {
            Row(type: $0, member: nowhere, ingest: 403)
        }

    /// A workspace with the channels, and in each a message of ada and one of bob.
    private func client(_ user: String, _ role: String, _ workspace: String) throws -> HTTPTestClient {
        try SuiteServer.running.client(user: user, workspaces: [workspace: role])
    }

    private func prepare(_ workspace: String) async throws {
        func event(_ type: String, _ user: String, _ data: [String: TestJSON]) -> TestJSON {
            ["eventType": .string(type), "userId": .string(user), "eventData": .object(data)]
        }
        var events = [
            event("conversation.created", "ada", ["channelId": "mine"]),
            event("conversation.created", "bob", ["channelId": "other"]),
            event("conversation.created", "bob", ["channelId": "secret", "private": true]),
            event("conversation.created", "ada", ["channelId": "club", "private": true]),
        ]
        for place in Self.places {
            for (kind, user) in [("own", "ada"), ("foreign", "bob")] {
                events.append(
                    event(
                        "message.sent", user, ["channelId": .string(place), "messageId": .string("\(kind)-\(place)")]))
            }
        }
        let reply = try await client("root", "admin", workspace).post(
            "/api/workspaces/\(workspace)/events", .array(events))
        #expect(try reply.json["accepted"].int == events.count, "\(reply.text)")
    }

    private static func data(_ row: Row, _ place: String) -> TestJSON {
        .object(row.data(place).merging(["channelId": .string(place)]) { $1 })
    }

    @Test(arguments: rows)
    func `S4-15 · every role appends its types in its places`(row: Row) async throws {
        let workspace = "walk-\(row.type)"
        try await prepare(workspace)
        let ada = try client("ada", "member", workspace)

        for (place, expected) in zip(Self.places, row.member) {
            // Whoever speaks for another is refused, before all else that would be.
            let other = try await ada.track(workspace, row.type, Self.data(row, place), ["userId": "bob"])
            let reply = try await ada.track(workspace, row.type, Self.data(row, place))

            try expectProblem(other, 403, "forbidden", at: "/userId")
            #expect(reply.status == expected, "member in \(place): \(reply.text)")
            if expected == 403 { try expectProblem(reply, 403, "forbidden") }
            if expected == 404 { try expectProblem(reply, 404, "not_found") }
        }
        for (user, role, expected) in [("svc", "ingest", row.ingest), ("root", "admin", 200)] {
            let items = Self.places.map {
                ["eventType": .string(row.type), "eventData": Self.data(row, $0)] as TestJSON
            }
            let reply = try await client(user, role, workspace).post(
                "/api/workspaces/\(workspace)/events", .array(items))
            let codes = try reply.json["items"].array.map { $0["code"].string }
            #expect(codes == Self.places.map { _ in expected == 200 ? nil : "forbidden" }, "\(role): \(reply.text)")
        }
    }

    @Test func `S4-15 · the walk covers the catalogue`() {
        let types = Set(Self.rows.map(\.type))

        #expect(Set(PayloadTests.catalogue.map(\.type)).subtracting(types) == [])
    }

    @Test func `S4-15 · one changes one's own messages alone`() async throws {
        try await prepare("own")
        let (ada, service) = (try client("ada", "member", "own"), try client("svc", "ingest", "own"))
        for type in ["message.edited", "message.deleted"] {
            for place in ["open", "mine", "club"] {
                let data: TestJSON = ["messageId": .string("foreign-\(place)")]
                try expectProblem(try await ada.track("own", type, data), 403, "forbidden")
                #expect(try await service.track("own", type, data).status == 200)
            }
        }
        #expect(try await ada.track("own", "reaction.added", ["messageId": "own-mine", "emoji": "x"]).status == 200)
    }

    @Test(arguments: ["message.edited", "message.deleted", "reaction.added", "message.read"])
    func `S4-15 · a message one may not see is answered like one that is not there`(type: String) async throws {
        let workspace = "hidden-\(type)"
        try await prepare(workspace)
        let ada = try client("ada", "member", workspace)
        func answer(_ message: TestJSON, _ channel: TestJSON) async throws -> HTTPReply {
            let data: TestJSON = [
                "messageId": message, "lastReadMessageId": message, "emoji": "x", "channelId": channel,
            ]
            return try await ada.track(workspace, type, data, headers: ["X-Request-Id": "same"])
        }

        // A private channel's message, named together with a channel that ada does see.
        for foreign: TestJSON in ["own-secret", "foreign-secret"] {
            let hidden = try await answer(foreign, "mine")
            let unknown = try await answer("nothing", "mine")
            try expectProblem(hidden, 404, "not_found")
            #expect(hidden.text == unknown.text)
        }
    }

    @Test func `S4-15 · a channel one may not see is answered like one that is not there`() async throws {
        try await prepare("rooms")
        let ada = try client("ada", "member", "rooms")
        for type in ["conversation.joined", "conversation.left"] {
            let hidden = try await ada.track("rooms", type, ["channelId": "secret"], headers: ["X-Request-Id": "same"])
            let unknown = try await ada.track(
                "rooms", type, ["channelId": "nothing"], headers: ["X-Request-Id": "same"])
            try expectProblem(hidden, 404, "not_found")
            #expect(hidden.text == unknown.text)
        }
        for type in ["conversation.joined", "conversation.left"] {
            let other = try await ada.track("rooms", type, ["channelId": "mine", "userId": "bob"])
            try expectProblem(other, 403, "forbidden")
        }
    }

    @Test func `S4-15 · a message is not moved by naming another channel`() async throws {
        try await prepare("moved")
        for (user, role) in [("ada", "member"), ("svc", "ingest"), ("root", "admin")] {
            let reply = try await client(user, role, "moved").track(
                "moved", "message.edited", ["messageId": "own-mine", "channelId": "club"])
            try expectProblem(reply, 422, "invalid_payload", at: "/eventData/channelId")
        }
    }

    @Test func `S4-15 · a member sets no time, and the sender is who the credential says`() async throws {
        try await prepare("times")
        let ada = try client("ada", "member", "times")

        let timed = try await ada.track("times", "custom.thing", [:], ["occurredAt": "2025-12-06T12:00:00Z"])
        let own = try await ada.track("times", "custom.thing", [:], ["userId": "ada"])
        let event = try await ada.events("times", types: "custom.thing").first

        try expectProblem(timed, 403, "forbidden", at: "/occurredAt")
        #expect(own.status == 200 && event?["userId"] == "ada")
    }

    @Test func `S4-15 · who joins a public channel may write there, who leaves may not`() async throws {
        try await prepare("doors")
        let ada = try client("ada", "member", "doors")
        func write() async throws -> Int { try await ada.track("doors", "message.sent", ["channelId": "other"]).status }

        let before = try await write()
        _ = try await ada.track("doors", "conversation.joined", ["channelId": "other"])
        let inside = try await write()
        _ = try await ada.track("doors", "conversation.left", ["channelId": "other"])
        let after = try await write()

        #expect([before, inside, after] == [403, 200, 403])
    }

    @Test func `S4-15 · in a batch each item meets the same rules, in the order of the items`() async throws {
        try await prepare("ordered")
        let ada = try client("ada", "member", "ordered")

        let reply = try await ada.post(
            "/api/workspaces/ordered/events",
            [
                ["eventType": "message.sent", "eventData": ["channelId": "other"]],
                ["eventType": "conversation.joined", "eventData": ["channelId": "other"]],
                ["eventType": "message.sent", "eventData": ["channelId": "other"]],
                ["eventType": "message.sent", "eventData": ["channelId": "secret"]],
            ])

        #expect(try reply.json["items"].array.map { $0["code"].string } == ["forbidden", nil, nil, "not_found"])
    }
}
