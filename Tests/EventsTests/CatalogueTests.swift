import Events
import Testing

struct CatalogueTests {
    private func read(_ type: String, _ data: String) throws -> Catalogue.Reading {
        try Catalogue.read(EventType(validated: type), data: JSONDocument(scanning: Array(data.utf8)).root)
    }

    @Test(
        arguments: [
            (
                "message.sent", #"{"channelId":"c"}"#,
                .messageSent(message: nil, type: .text, length: 0, mentions: [])
            ),
            (
                "message.sent",
                #"{"channelId":7,"messageId":9,"messageType":"system","length":5,"mentions":["a",2,"a"],"future":1}"#,
                .messageSent(message: "9", type: .system, length: 5, mentions: ["a", "2"])
            ),
            ("message.edited", #"{"messageId":"m"}"#, .messageEdited(message: "m", length: nil, mentions: nil)),
            (
                "message.edited", #"{"messageId":"m","length":3,"mentions":[]}"#,
                .messageEdited(message: "m", length: 3, mentions: [])
            ),
            ("message.deleted", #"{"messageId":"m"}"#, .messageDeleted(message: "m")),
            ("message.read", #"{"channelId":"c","lastReadMessageId":"m"}"#, .messageRead(lastRead: "m")),
            ("reaction.added", #"{"messageId":"m","emoji":"👍"}"#, .reaction(message: "m")),
            ("reaction.removed", #"{"messageId":"m","emoji":":x:"}"#, .reaction(message: "m")),
            ("user.online", #"{}"#, .present(device: "")), ("user.active", #"{"deviceId":"d"}"#, .present(device: "d")),
            ("user.action", #"{"deviceId":7,"action":"click"}"#, .present(device: "7")),
            ("user.offline", #"{"deviceId":null}"#, .absent(device: "")),
            (
                "user.updated", #"{"username":"ann","displayName":"Ann"}"#,
                .userUpdated(username: "ann", displayName: "Ann")
            ),
            ("user.status_changed", #"{"status":"away"}"#, .other),
            (
                "workspace.created", #"{"slug":"acme","tz":"Asia/Kathmandu"}"#,
                .workspace(slug: "acme", timeZone: "Asia/Kathmandu")
            ),
            ("workspace.updated", #"{}"#, .workspace(slug: nil, timeZone: nil)),
            ("member.added", #"{"userId":"u","role":"ingest"}"#, .memberAdded(user: "u", role: .ingest)),
            ("member.added", #"{"userId":"u"}"#, .memberAdded(user: "u", role: .member)),
            ("member.removed", #"{"userId":"u"}"#, .memberRemoved(user: "u")),
            (
                "conversation.created", #"{"channelId":"c"}"#,
                .channelCreated(kind: .channel, title: nil, isPrivate: false)
            ),
            (
                "conversation.created", #"{"channelId":"c","kind":"dm"}"#,
                .channelCreated(kind: .dm, title: nil, isPrivate: true)
            ),
            (
                "conversation.created", #"{"channelId":"c","kind":"group","title":"T","private":false}"#,
                .channelCreated(kind: .group, title: "T", isPrivate: false)
            ),
            ("conversation.joined", #"{"channelId":"c"}"#, .channelJoined(user: nil)),
            ("conversation.left", #"{"channelId":"c","userId":"u"}"#, .channelLeft(user: "u")),
            ("orchestrator.started", #"{"orchestratorId":"o"}"#, .orchestrator(id: "o", .started)),
            ("orchestrator.heartbeat", #"{"orchestratorId":"o"}"#, .orchestrator(id: "o", .heartbeat)),
            ("orchestrator.stopped", #"{"orchestratorId":"o"}"#, .orchestrator(id: "o", .stopped)),
            ("task.created", #"{"taskId":"t"}"#, .task(id: "t", status: "open")),
            ("task.updated", #"{"taskId":"t","status":"in_progress"}"#, .task(id: "t", status: "in_progress")),
            ("task.assigned", #"{"taskId":"t","assignee":"u"}"#, .task(id: "t", status: nil)),
            ("task.completed", #"{"taskId":"t"}"#, .task(id: "t", status: "completed")),
            ("file.uploaded", #"{"file_type":"image","file_size":0,"file_name":"a.png"}"#, .other),
            ("no.such_type", #"{"messageId":[]}"#, .other),
        ] as [(String, String, EventFacts)])
    func `payloads give their facts, also on replay`(type: String, data: String, facts: EventFacts) throws {
        #expect(try read(type, data).facts == facts)
        #expect(Catalogue.facts(of: EventType(validated: type), data: Array(data.utf8)) == facts)
    }

    @Test(arguments: [
        ("message.sent", #"{"channelId":"c","messageId":"a/b"}"#, "messageId"),
        ("message.sent", #"{"channelId":"c","messageType":"video"}"#, "messageType"),
        ("message.sent", #"{"channelId":"c","length":-1}"#, "length"),
        ("message.sent", #"{"channelId":"c","length":1.0}"#, "length"),
        ("message.sent", #"{"channelId":"c","mentions":"a"}"#, "mentions"),
        ("message.sent", #"{"channelId":"c","mentions":["a",""]}"#, "mentions/1"),
        ("message.sent", #"{"channelId":"c","preview":1}"#, "preview"),
        ("message.sent", #"{"channelId":"c","conversation_id":"d"}"#, "conversation_id"),
        ("message.edited", "{}", "messageId"), ("message.deleted", #"{"messageId":null}"#, "messageId"),
        ("message.read", #"{"channelId":"c"}"#, "lastReadMessageId"),
        ("reaction.added", #"{"messageId":"m"}"#, "emoji"),
        ("reaction.added", #"{"emoji":"x"}"#, "messageId"), ("user.online", #"{"deviceId":"a b"}"#, "deviceId"),
        ("user.online", #"{"channelId":{}}"#, "channelId"), ("user.updated", #"{"username":7}"#, "username"),
        ("workspace.created", #"{"tz":"Mars/Olympus"}"#, "tz"), ("workspace.created", #"{"slug":""}"#, "slug"),
        ("member.added", #"{"role":"member"}"#, "userId"), ("member.added", #"{"userId":"u","role":"root"}"#, "role"),
        ("member.removed", "{}", "userId"), ("conversation.created", "{}", "channelId"),
        ("conversation.created", #"{"channelId":"c","kind":"dm","private":false}"#, "private"),
        ("conversation.created", #"{"channelId":"c","private":"yes"}"#, "private"),
        ("conversation.joined", "{}", "channelId"), ("orchestrator.started", "{}", "orchestratorId"),
        ("task.created", "{}", "taskId"), ("task.updated", #"{"taskId":"t","status":7}"#, "status"),
        ("task.updated", #"{"taskId":"t","assignee":""}"#, "assignee"), ("file.uploaded", "{}", "file_type"),
        ("file.uploaded", #"{"file_type":"i","file_name":"n","file_size":-1}"#, "file_size"),
    ])
    func `what a type does not allow is refused at its place`(type: String, data: String, place: String) throws {
        let error = #expect(throws: PayloadError.self) { try read(type, data) }

        #expect(error?.pointer == "/eventData/" + place)
    }

    @Test(arguments: [
        ("custom.type", #"{"channelId":"c"}"#, "c"), ("custom.type", #"{"channel_id":7}"#, "7"),
        ("custom.type", #"{"conversationId":"c"}"#, "c"), ("custom.type", #"{"conversation_id":"c"}"#, "c"),
        ("custom.type", #"{"channelId":"not an id"}"#, nil), ("custom.type", #"{"channelId":null}"#, nil),
        ("custom.type", #"{"data":{"channelId":"c"}}"#, nil), ("task.updated", #"{"taskId":"t","channelId":"c"}"#, "c"),
        ("message.deleted", #"{"messageId":"m"}"#, nil),
        ("custom.type", #"{"channelId":"c","conversationId":"c"}"#, "c"),
    ])
    func `a channel that is named counts in every type`(type: String, data: String, channel: String?) throws {
        #expect(try read(type, data).channel?.text == channel)
    }

    @Test(arguments: [
        ("message.edited", #"{"messageId":"m"}"#, "message", "m"), ("task.created", #"{"taskId":7}"#, "task", "7"),
        ("orchestrator.stopped", #"{"orchestratorId":"o"}"#, "orchestrator", "o"),
        ("conversation.joined", #"{"channelId":"c"}"#, "conversation", "c"),
        ("member.added", #"{"userId":"u"}"#, "user", "u"),
        ("screenshot.captured", #"{"screenshotId":8912}"#, "screenshot", "8912"),
    ])
    func `an event says what it is about`(type: String, data: String, noun: String, id: String) throws {
        #expect(try read(type, data).entity == Entity(type: noun, id: EntityID(validated: id)))
    }

    @Test func `the writer completes what the payload leaves out`() throws {
        let reader = DraftReader(hash: { $0 })
        let principal = Principal(user: UserID(validated: "u"), role: .admin)
        let (event, workspace) = (EventID(validated: "e"), WorkspaceID(validated: "w"))
        func entity(_ body: String) throws -> Entity? {
            try reader.read(Array(body.utf8), as: principal).entity(eventID: event, workspace: workspace)
        }

        #expect(
            try entity(#"{"eventType":"message.sent","eventData":{"channelId":"c"}}"#)
                == Entity(type: "message", id: EntityID(validated: "e")))
        #expect(
            try entity(#"{"eventType":"workspace.updated"}"#) == Entity(type: "workspace", id: EntityID(validated: "w"))
        )
        #expect(try entity(#"{"eventType":"custom.type"}"#) == nil)
    }

    @Test(arguments: [("message.deleted", "{}"), ("task.created", "[]"), ("message.sent", "{"), ("message.sent", "")])
    func `a replay never fails`(type: String, data: String) {
        #expect(Catalogue.facts(of: EventType(validated: type), data: Array(data.utf8)) == .other)
    }

    @Test func `every type of the catalogue is known`() {
        let types = [
            "message.sent", "message.edited", "message.deleted", "message.read", "reaction.added", "reaction.removed",
            "file.uploaded", "user.online", "user.offline", "user.active", "user.action", "user.updated",
            "user.status_changed", "comment.added", "mention.created", "workspace.created", "workspace.updated",
            "member.added", "member.removed", "conversation.created", "conversation.joined", "conversation.left",
            "orchestrator.started", "orchestrator.heartbeat", "orchestrator.stopped", "task.created", "task.updated",
            "task.assigned", "task.completed", "screenshot.captured", "ocr.completed", "integration.updated",
            "fast.start", "fast.join", "fast.leave", "devotional.available", "milestone.reached", "reminder.fast",
            "reminder.devotional",
        ]

        #expect(types.filter { !Catalogue.isCatalogued(EventType(validated: $0)) } == [])
        #expect(!Catalogue.isCatalogued(EventType(validated: "message.pinned")))
    }
}

/// Lets expectations name ids by literals.
extension Identifier: ExpressibleByUnicodeScalarLiteral {
    /// An id of one scalar.
    public init(unicodeScalarLiteral text: String) { self.init(validated: text) }
}
extension Identifier: ExpressibleByExtendedGraphemeClusterLiteral {
    /// An id of one character.
    public init(extendedGraphemeClusterLiteral text: String) { self.init(validated: text) }
}
extension Identifier: ExpressibleByStringLiteral {
    /// An id that the test knows to be one.
    public init(stringLiteral text: String) { self.init(validated: text) }
}
