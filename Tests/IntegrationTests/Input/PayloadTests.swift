import Testing

/// The payload of every catalogued type, and what happens to types beyond the catalogue.
@Suite(.server()) struct PayloadTests {
    private func client(_ role: String = "admin") throws -> HTTPTestClient {
        try SuiteServer.running.client(user: "root", workspaces: ["pay": role])
    }

    /// A type with the least payload it takes, which also prepares for the rows that follow it.
    struct Row: Sendable, CustomTestStringConvertible {
        let type: String
        let data: TestJSON
        var testDescription: String { type }

        init(_ type: String, _ data: TestJSON = [:]) {
            self.type = type
            self.data = data
        }
    }

    static let catalogue: [Row] = [
        Row("message.sent", ["channelId": "c", "messageId": "m"]), Row("message.edited", ["messageId": "m"]),
        Row("message.read", ["channelId": "c", "lastReadMessageId": "m"]),
        Row("reaction.added", ["messageId": "m", "emoji": "👍"]),
        Row("reaction.removed", ["messageId": "m", "emoji": "👍"]),
        Row("message.deleted", ["messageId": "m"]),
        Row("file.uploaded", ["file_type": "image", "file_size": 0, "file_name": "a.png"]), Row("user.online"),
        Row("user.offline"), Row("user.active"), Row("user.action"), Row("user.updated"), Row("user.status_changed"),
        Row("comment.added"), Row("mention.created"), Row("workspace.created"), Row("workspace.updated"),
        Row("member.added", ["userId": "u"]), Row("member.removed", ["userId": "u"]),
        Row("conversation.created", ["channelId": "made"]), Row("conversation.joined", ["channelId": "made"]),
        Row("conversation.left", ["channelId": "made"]), Row("orchestrator.started", ["orchestratorId": "o"]),
        Row("orchestrator.heartbeat", ["orchestratorId": "o"]), Row("orchestrator.stopped", ["orchestratorId": "o"]),
        Row("task.created", ["taskId": "t"]), Row("task.updated", ["taskId": "t"]),
        Row("task.assigned", ["taskId": "t"]),
        Row("task.completed", ["taskId": "t"]), Row("screenshot.captured"), Row("ocr.completed"),
        Row("integration.updated"), Row("fast.start"), Row("fast.join"), Row("fast.leave"), Row("devotional.available"),
        Row("milestone.reached"), Row("reminder.fast"), Row("reminder.devotional"),
    ]

    @Test func `S4-8 · every catalogued type is tracked with its least payload`() async throws {
        let client = try client()
        for row in Self.catalogue {
            let reply = try await client.track("pay", row.type, row.data)
            let json = try reply.json

            #expect(reply.status == 200, "\(row.type): \(reply.text)")
            #expect(json["success"].bool == true && json["message"].string == "Event tracked successfully")
            #expect(json["eventType"].string == row.type && json["notified"].int == 0)
            #expect(
                json["timestamp"].string?.hasSuffix("Z") == true && json["receivedAt"].string?.hasSuffix("Z") == true)
            #expect(json["id"].string?.hasSuffix("-\(json["seq"].int ?? 0)") == true && json["eventId"].string != nil)
        }
        #expect(Self.catalogue.count == 39)
    }

    @Test(arguments: catalogue)
    func `S4-15 · the payload of a catalogued type is an object`(row: Row) async throws {
        let client = try client()
        for data: TestJSON in [[], "x", 7, true] {
            try expectProblem(try await client.track("pay", row.type, data), 422, "invalid_payload", at: "/eventData")
        }
    }

    /// What a type needs and what it refuses, with the place that the answer names.
    static let refused: [(String, String, String)] = [
        ("message.sent", "{}", "channelId"), ("message.sent", #"{"channelId":null}"#, "channelId"),
        ("message.sent", #"{"channelId":"c","messageId":"a/b"}"#, "messageId"),
        ("message.sent", #"{"channelId":"c","messageType":"video"}"#, "messageType"),
        ("message.sent", #"{"channelId":"c","messageType":7}"#, "messageType"),
        ("message.sent", #"{"channelId":"c","length":-1}"#, "length"),
        ("message.sent", #"{"channelId":"c","length":1.5}"#, "length"),
        ("message.sent", #"{"channelId":"c","length":"5"}"#, "length"),
        ("message.sent", #"{"channelId":"c","length":2147483649}"#, "length"),
        ("message.sent", #"{"channelId":"c","mentions":"ada"}"#, "mentions"),
        ("message.sent", #"{"channelId":"c","mentions":["ada",""]}"#, "mentions/1"),
        ("message.sent", #"{"channelId":"c","mentions":[[]]}"#, "mentions/0"),
        ("message.sent", #"{"channelId":"c","preview":1}"#, "preview"),
        ("message.sent", #"{"channelId":"c","conversation_id":"d"}"#, "conversation_id"),
        ("message.edited", "{}", "messageId"), ("message.edited", #"{"messageId":"m","length":true}"#, "length"),
        ("message.edited", #"{"messageId":"m","mentions":{}}"#, "mentions"),
        ("message.edited", #"{"messageId":"m","preview":[]}"#, "preview"),
        ("message.deleted", "{}", "messageId"), ("message.deleted", #"{"messageId":null}"#, "messageId"),
        ("message.read", #"{"lastReadMessageId":"m"}"#, "channelId"),
        ("message.read", #"{"channelId":"c"}"#, "lastReadMessageId"),
        ("reaction.added", #"{"emoji":"x"}"#, "messageId"),
        ("reaction.added", #"{"messageId":"m"}"#, "emoji"),
        ("reaction.added", #"{"messageId":"m","emoji":""}"#, "emoji"),
        ("reaction.removed", #"{"messageId":"m","emoji":7}"#, "emoji"), ("file.uploaded", "{}", "file_type"),
        ("file.uploaded", #"{"file_type":"image","file_size":1}"#, "file_name"),
        ("file.uploaded", #"{"file_type":"image","file_name":"n"}"#, "file_size"),
        ("file.uploaded", #"{"file_type":"image","file_name":"n","file_size":-1}"#, "file_size"),
        ("user.online", #"{"deviceId":"a b"}"#, "deviceId"), ("user.online", #"{"channelId":{}}"#, "channelId"),
        ("user.offline", #"{"deviceId":[]}"#, "deviceId"), ("user.active", #"{"channelId":"a b"}"#, "channelId"),
        ("user.action", #"{"deviceId":true}"#, "deviceId"), ("user.updated", #"{"username":7}"#, "username"),
        ("user.updated", #"{"displayName":[]}"#, "displayName"), ("workspace.updated", #"{"tz":"Mars/Olympus"}"#, "tz"),
        ("workspace.updated", #"{"tz":"../../etc/passwd"}"#, "tz"), ("workspace.updated", #"{"slug":""}"#, "slug"),
        ("workspace.created", #"{"slug":"a/b"}"#, "slug"), ("member.added", "{}", "userId"),
        ("member.added", #"{"userId":"u","role":"root"}"#, "role"), ("member.removed", "{}", "userId"),
        ("conversation.created", "{}", "channelId"),
        ("conversation.created", #"{"channelId":"c","kind":"room"}"#, "kind"),
        ("conversation.created", #"{"channelId":"c","kind":"dm","private":false}"#, "private"),
        ("conversation.created", #"{"channelId":"c","private":"yes"}"#, "private"),
        ("conversation.created", #"{"channelId":"c","title":7}"#, "title"), ("conversation.joined", "{}", "channelId"),
        ("conversation.joined", #"{"channelId":"c","userId":""}"#, "userId"), ("conversation.left", "{}", "channelId"),
        ("orchestrator.started", "{}", "orchestratorId"), ("orchestrator.heartbeat", "{}", "orchestratorId"),
        ("orchestrator.stopped", #"{"orchestratorId":""}"#, "orchestratorId"), ("task.created", "{}", "taskId"),
        ("task.updated", #"{"taskId":"t","status":7}"#, "status"),
        ("task.assigned", #"{"taskId":"t","assignee":""}"#, "assignee"),
        ("task.completed", #"{"taskId":"t","title":[]}"#, "title"),
    ]

    @Test(arguments: refused)
    func `S4-15 · a payload that does not fit its type is refused at its place`(
        type: String, data: String, place: String
    ) async throws {
        let reply = try await client().post(
            raw: #"{"eventType":"\#(type)","eventData":\#(data)}"#, to: ServerProcess.realtime("pay"))

        try expectProblem(reply, 422, "invalid_payload", at: "/eventData/\(place)", "\(type) \(data): \(reply.text)")
    }

    @Test func `S4-8 · fields that a type does not name are kept`() async throws {
        let client = try client()
        let data: TestJSON = ["taskId": "kept", "status": "open", "future": ["a": [1, .null]], "metadata": [:]]

        _ = try await client.track("pay", "task.created", data)
        let event = try await client.events("pay", types: "task.created").first { $0["eventData"]["taskId"] == "kept" }

        #expect(event?["eventData"] == data)
        #expect(event?["entity"] == ["type": "task", "id": "kept"])
    }

    /// Event bodies and payloads that the requirement documents show, with the role that sends them there.
    static let examples: [(String, String)] = [
        (
            "member",
            #"{"eventType":"user.active","eventData":{"channelId":"...","action":"viewed"},"sessionId":"session_1234567890"}"#
        ),
        (
            "member",
            #"{"eventType":"user.action","eventData":{"action":"button_clicked","component":"analytics_dashboard"}}"#
        ),
        (
            "member",
            #"{"eventType":"message.sent","eventData":{"messageId":"m-new","channelId":"general","length":17}}"#
        ),
        (
            "member",
            #"{"eventType":"file.uploaded","eventData":{"file_type":"image","file_size":2048576,"file_name":"screenshot.png"}}"#
        ),
        (
            "member",
            #"{"eventType":"file.uploaded","eventData":{"conversation_id":"550e8400-e29b-41d4-a716-446655440000","file_type":"image","file_size":2048576,"file_name":"screenshot.png"}}"#
        ),
        (
            "member",
            #"{"eventType":"message.sent","eventData":{"conversation_id":"550e8400-e29b-41d4-a716-446655440000","message_id":"123","message_type":"text"}}"#
        ),
        ("member", #"{"eventType":"reaction.added","eventData":{"messageId":"m-new","emoji":"🎉"}}"#),
        ("member", #"{"eventType":"message.edited","eventData":{"message_id":"m-new"}}"#),
        (
            "member",
            #"{"eventType":"message.read","eventData":{"conversation_id":"general","last_read_message_id":"m-new"}}"#
        ),
        ("member", #"{"eventType":"user.online"}"#), ("member", #"{"eventType":"user.offline"}"#),
        (
            "ingest",
            #"{"eventType":"conversation.created","eventData":{"conversation_id":"550e8400-e29b-41d4-a716-446655440001"}}"#
        ),
        (
            "ingest",
            #"{"eventType":"conversation.joined","eventData":{"conversation_id":"550e8400-e29b-41d4-a716-446655440001"},"userId":123}"#
        ),
        (
            "ingest",
            #"{"eventType":"conversation.left","eventData":{"conversation_id":"550e8400-e29b-41d4-a716-446655440001"},"userId":123}"#
        ),
        (
            "ingest",
            #"{"eventType":"task.created","eventData":{"taskId":"TASK-42","title":"Update Documentation"},"userId":"john.doe"}"#
        ),
        (
            "ingest",
            #"{"eventType":"task.completed","eventData":{"taskId":"TASK-41","title":"Fix Login Bug"},"userId":"alice"}"#
        ),
        (
            "ingest",
            #"{"eventType":"screenshot.captured","eventData":{"screenshotId":"SCREEN-8912","window":"VS Code"},"userId":"system"}"#
        ),
        ("ingest", #"{"eventType":"ocr.completed","eventData":{"screenshotId":"SCREEN-8912"}}"#),
        (
            "ingest",
            #"{"eventType":"fast.join","eventData":{"fast_id":123,"fast_name":"Great Lent Fast"},"userId":123}"#
        ),
        ("ingest", #"{"eventType":"reminder.fast","eventData":{"fast_id":123},"userId":"7"}"#),
        ("member", #"{"eventType":"message.deleted","eventData":{"message_id":"m-new"}}"#),
    ]

    @Test func `S4-8 · every event of the requirement documents is accepted`() async throws {
        let server = try SuiteServer.running
        let clients = ["member", "ingest"].map { ($0, server.client(user: "u-\($0)", workspaces: ["seeds": $0])) }
        for (role, body) in Self.examples {
            let client = try #require(clients.first { $0.0 == role }?.1)
            let reply = try await client.post(raw: body, to: ServerProcess.realtime("seeds"))

            #expect(reply.status == 200, "\(body): \(reply.text)")
        }
    }

    @Test func `S4-8 · a type beyond the catalogue is a custom type by default`() async throws {
        let reply = try await client("member").track("pay", "garden.watered", ["litres": 3])

        #expect(reply.status == 200)
    }
}

/// The same with `events.unknownTypes: "reject"`.
@Suite(.server(["TIDELINE_EVENTS_UNKNOWN_TYPES": "reject"])) struct UnknownTypeTests {
    @Test(arguments: ["garden.watered", "message.pinned", "message.sent.now"])
    func `S4-15 · a type beyond the catalogue can be refused`(type: String) async throws {
        let client = try SuiteServer.running.client(user: "ada", workspaces: ["strict": "member"])

        let single = try await client.track("strict", type)
        let batch = try await client.post(
            "/api/workspaces/strict/events", [["eventType": .string(type)], ["eventType": "user.online"]])

        try expectProblem(single, 422, "unknown_type", at: "/eventType")
        #expect(try batch.json["items"].array.map { $0["code"].string } == ["unknown_type", nil])
        #expect(try await client.events("strict", types: type) == [])
    }
}
