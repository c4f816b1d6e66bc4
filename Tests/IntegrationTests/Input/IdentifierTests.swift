import Testing

/// Ids and event types as clients may write them.
@Suite(.server()) struct IdentifierTests {
    private static let path = ServerProcess.realtime("ids")

    private func client() throws -> HTTPTestClient {
        try SuiteServer.running.client(user: "svc", workspaces: ["ids": "ingest"])
    }

    /// Where a body takes an id, and the code and the pointer of a refusal there.
    struct Place: Sendable, CustomTestStringConvertible {
        let pointer: String
        var code = "invalid_id"
        let body: @Sendable (TestJSON) -> TestJSON
        var testDescription: String { pointer }

        static func payload(_ type: String, _ name: String, _ more: [String: TestJSON] = [:]) -> Place {
            Place(pointer: "/eventData/\(name)", code: "invalid_payload") { id in
                ["eventType": .string(type), "eventData": .object(more.merging([name: id]) { $1 })]
            }
        }

        static func member(_ name: String) -> Place {
            Place(pointer: "/\(name)") { id in .object(["eventType": "custom.type", name: id]) }
        }
    }

    static let places: [Place] = [
        .member("eventId"), .member("sessionId"), .member("userId"), .payload("message.sent", "channelId"),
        .payload("message.sent", "messageId", ["channelId": "c"]), .payload("user.online", "deviceId"),
        .payload("conversation.left", "userId", ["channelId": "c"]), .payload("task.created", "taskId"),
        .payload("orchestrator.started", "orchestratorId"),
        .payload("message.read", "lastReadMessageId", ["channelId": "c"]),
    ]

    static let good: [TestJSON] = [
        "a", "Z", "0", ".", "_", ":", "-", "...", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._",
        .string(String(repeating: "x", count: 64)), 0, 7, -7, 9_223_372_036_854_775_807,
    ]

    static let bad: [TestJSON] = [
        "", " ", "a b", "a/b", "a\\b", "a\"b", "a\nb", "a\r\nb", "a\tb", "a\u{0}", "é", "😀", "a%62", "a+b", "a,b",
        "a#b", "*",
        .string(String(repeating: "x", count: 65)), .string(String(repeating: "é", count: 32)), .number(1.5), true,
        false, [], ["a"],
        [:], ["id": "a"],
    ]

    @Test(arguments: places)
    func `S4-15 · an id is 1 to 64 letters, digits and some marks`(place: Place) async throws {
        let client = try client()

        for id in Self.good {
            let reply = try await client.post(Self.path, place.body(id))
            #expect([200, 409].contains(reply.status), "\(id): \(reply.text)")
        }
    }

    @Test(arguments: places)
    func `S4-15 · anything else is no id`(place: Place) async throws {
        let client = try client()

        for id in Self.bad {
            let reply = try await client.post(Self.path, place.body(id))
            try expectProblem(reply, 422, place.code, at: place.pointer, "\(id): \(reply.text)")
        }
    }

    /// Spellings that ``TestJSON`` would normalise.
    @Test(arguments: ["1.0", "1e3", "1E400", String(repeating: "9", count: 65)])
    func `S4-15 · a number that is no integer of at most 64 digits is no id`(number: String) async throws {
        let reply = try await client().post(
            raw: #"{"eventType":"custom.type","sessionId":\#(number)}"#, to: Self.path)

        try expectProblem(reply, 422, "invalid_id", at: "/sessionId")
    }

    @Test func `S4-8 · an integer is the id of its digits`() async throws {
        let client = try client()

        let reply = try await client.post(
            raw: #"{"eventType":"integer.type","eventId":18446744073709551617,"sessionId":42,"eventData":{"v":1}}"#,
            to: Self.path)
        let again = try await client.post(
            raw: #"{"eventType":"integer.type","eventId":"18446744073709551617","sessionId":"42","eventData":{"v":1}}"#,
            to: Self.path)
        let event = try #require(try await client.events("ids", types: "integer.type").first)

        #expect(try reply.json["eventId"].string == "18446744073709551617")
        #expect(try again.json["duplicate"].bool == true)
        #expect(event["sessionId"] == "42")
    }

    @Test func `S4-8 · a null member counts as absent`() async throws {
        let reply = try await client().post(
            raw:
                #"{"eventType":"null.type","eventId":null,"sessionId":null,"userId":null,"occurredAt":null,"eventData":null}"#,
            to: Self.path)
        let event = try #require(try await client().events("ids", types: "null.type").first)

        #expect(reply.status == 200)
        #expect(event["userId"] == "svc" && event["sessionId"] == .null && event["eventData"] == [:])
    }

    // MARK: Types

    private static let longest = "a." + String(repeating: "b", count: 62)

    @Test(arguments: ["a.b", "a1.b2", "a_.b_", "message.sent.now", "x.y.z.u.v.w", longest])
    func `S4-8 · a type is lower-case words joined by dots`(type: String) async throws {
        let reply = try await client().track("ids", type)

        #expect(reply.status == 200)
        #expect(try reply.json["eventType"].string == type)
    }

    static let badTypes: [TestJSON] = [
        "", ".", "a", "message", "a.", ".b", "a..b", "A.b", "a.B", "1a.b", "a.1b", "_a.b", "a._b", "a-b.c", "a b.c",
        "a.b ",
        " a.b", "a.b\n", "a.b\r\nevent: forged", "a.b\u{0}", "é.b", "a.*", "a/b.c", .string(longest + "b"), 7, true, [],
        [:],
        .null,
    ]

    @Test(arguments: badTypes)
    func `S4-15 · any other type is refused`(type: TestJSON) async throws {
        let reply = try await client().post(Self.path, ["eventType": type])

        try expectProblem(reply, 422, "invalid_type", at: "/eventType")
    }

    @Test func `S4-15 · an event without a type is refused`() async throws {
        let reply = try await client().post(Self.path, ["eventData": [:]])

        try expectProblem(reply, 422, "invalid_type", at: "/eventType")
    }

    // MARK: Time

    @Test(arguments: [
        "yesterday", "2025-12-06", "2025-13-06T12:00:00Z", "2025-12-06T25:00:00Z", "1969-12-31T23:59:59Z", "",
    ])
    func `S4-15 · what is no time is refused`(text: String) async throws {
        let reply = try await client().track("ids", "timed.type", [:], ["occurredAt": .string(text)])

        try expectProblem(reply, 400, "invalid_parameter", at: "/occurredAt")
    }

    @Test(arguments: ["2025-12-06T12:00:00Z", "2025-12-06T12:00:00.000Z", "2025-12-06T13:30:00.000000001+01:30"])
    func `S4-8 · a time in the past is kept, in UTC`(text: String) async throws {
        let client = try client()

        let sent = try await client.track("ids", "past.type", [:], ["occurredAt": .string(text)])
        let event = try #require(
            try await client.events("ids", types: "past.type").first { $0["id"] == (try? sent.json)?["id"] })

        #expect(event["occurredAt"] == "2025-12-06T12:00:00.000Z")
        #expect(event["timestamp"] == event["occurredAt"])
    }

    @Test func `S4-8 · a time more than five minutes ahead is clamped to now`() async throws {
        let client = try client()

        let sent = try await client.track("ids", "future.type", [:], ["occurredAt": "2099-01-01T00:00:00Z"])
        let event = try #require(try await client.events("ids", types: "future.type").first)

        #expect(event["occurredAt"] == event["receivedAt"])
        #expect(try sent.json["receivedAt"] == event["receivedAt"])
    }
}
