import Events
import Synchronization
import Testing

struct DraftReaderTests {
    private let member = Principal(user: UserID(validated: "u1"), role: .member)
    private let ingest = Principal(user: UserID(validated: "svc"), role: .ingest)
    private let reader = DraftReader(hash: { $0 + Array(repeating: 0, count: 16) })

    private func read(_ body: String, as principal: Principal? = nil) throws(DraftError) -> EventDraft {
        try reader.read(Array(body.utf8), as: principal ?? member)
    }

    private func failure(_ body: String, as principal: Principal? = nil) -> DraftError? {
        do throws(DraftError) {
            _ = try read(body, as: principal)
            return nil
        } catch {
            return error
        }
    }

    @Test func `S4-8 · the example of the API reference becomes a draft`() throws {
        let draft = try read(
            """
            {
              "eventType": "user.active",
              "eventData": {
                "channelId": "...",
                "action": "viewed"
              },
              "sessionId": "session_1234567890"
            }
            """)

        #expect(draft.type.text == "user.active")
        #expect(draft.user.text == "u1")
        #expect(draft.session?.text == "session_1234567890")
        #expect(draft.channel?.text == "...")
        #expect(draft.facts == .present(device: ""))
        #expect(draft.entity == Entity(type: "user", id: EntityID(validated: "u1")))
        #expect(String(decoding: draft.data, as: UTF8.self) == #"{"channelId":"...","action":"viewed"}"#)
        #expect(draft.occurredAt == nil)
        #expect(draft.eventID == nil)
    }

    @Test(arguments: [
        #"{"eventType":"user.action","eventData":{"action":"button_clicked","component":"analytics_dashboard"}}"#,
        #"{"eventType":"message.sent","eventData":{"messageId":"m1","channelId":"c1","length":12}}"#,
        #"{"eventType":"message.sent","eventData":{"conversation_id":"f47ac10b-58cc-4372-a567-0e02b2c3d479","message_id":"77","message_type":"image"}}"#,
        #"{"eventType":"file.uploaded","eventData":{"file_type":"image","file_size":2048576,"file_name":"screenshot.png"}}"#,
        #"{"eventType":"task.created","eventData":{"taskId":42,"title":"Update Documentation"}}"#,
        #"{"eventType":"screenshot.captured","eventData":{"window":"VS Code"}}"#,
        #"{"eventType":"fast.join"}"#, #"{"eventType":"milestone.reached","eventData":null}"#,
        #"{"eventType":"my_app.custom.thing","eventData":{"channelId":{"not":"an id"}}}"#,
    ])
    func `the examples of the documents are accepted`(body: String) {
        #expect(failure(body) == nil)
    }

    @Test(
        arguments: [
            ("", .invalidJSON, []), ("{", .invalidJSON, []), ("[]", .invalidPayload, [""]),
            ("7", .invalidPayload, [""]),
            ("{}", .invalidType, ["/eventType"]), (#"{"eventType":7}"#, .invalidType, ["/eventType"]),
            (#"{"eventType":"Message.Sent"}"#, .invalidType, ["/eventType"]),
            (#"{"eventType":"x.y","eventType":"x.y"}"#, .duplicateKey, []),
            (#"{"eventType":"x.y","sessionId":"a b"}"#, .invalidID, ["/sessionId"]),
            (#"{"eventType":"x.y","eventId":""}"#, .invalidID, ["/eventId"]),
            (#"{"eventType":"x.y","eventId":1.5}"#, .invalidID, ["/eventId"]),
            (#"{"eventType":"x.y","userId":[]}"#, .invalidID, ["/userId"]),
            (#"{"eventType":"x.y","userId":"u2"}"#, .forbidden, ["/userId"]),
            (#"{"eventType":"x.y","occurredAt":0}"#, .forbidden, ["/occurredAt"]),
            (#"{"eventType":"x.y","eventData":[]}"#, .invalidPayload, ["/eventData"]),
            (#"{"eventType":"message.sent"}"#, .invalidPayload, ["/eventData/channelId"]),
            (
                #"{"eventType":"message.sent","eventData":{"channelId":"c 1"}}"#, .invalidPayload,
                ["/eventData/channelId"]
            ),
        ] as [(String, DraftError.Code, [String])])
    func `a bad body is refused with code and pointer`(body: String, code: DraftError.Code, pointers: [String]) {
        let error = failure(body)

        #expect(error?.code == code)
        #expect(error?.errors.map(\.pointer) == pointers)
    }

    @Test(
        arguments: [
            (#""2025-12-06T12:00:00.000Z""#, 1_765_022_400_000), ("1765022400000", 1_765_022_400_000), ("0", 0),
            (#""1970-01-01T00:00:00Z""#, 0), ("253402300799999", 253_402_300_799_999), ("253402300800000", nil),
            ("-1", nil), (#""1969-12-31T23:59:59.999Z""#, nil), (#""yesterday""#, nil), ("1.5", nil), ("true", nil),
            ("99999999999999999999", nil),
        ] as [(String, Milliseconds?)])
    func `ingest names the time, within the years 1970 to 9999`(value: String, time: Milliseconds?) {
        let body = #"{"eventType":"x.y","userId":7,"occurredAt":\#(value)}"#

        let draft = try? read(body, as: ingest)

        #expect(draft?.occurredAt == time)
        #expect((draft == nil) == (time == nil))
        if time == nil { #expect(failure(body, as: ingest)?.errors.first?.pointer == "/occurredAt") }
    }

    @Test func `a member may name itself, ingest anyone`() throws {
        #expect(try read(#"{"eventType":"x.y","userId":"u1"}"#).user.text == "u1")
        #expect(try read(#"{"eventType":"x.y","userId":7}"#, as: ingest).user.text == "7")
        #expect(try read(#"{"eventType":"x.y"}"#, as: ingest).user.text == "svc")
    }

    @Test func `unknown types can be refused`() {
        let strict = DraftReader(acceptsUnknownTypes: false, hash: { $0 })

        #expect(throws: DraftError.self) { try strict.read(Array(#"{"eventType":"x.y"}"#.utf8), as: member) }
        #expect(throws: Never.self) { try strict.read(Array(#"{"eventType":"fast.start"}"#.utf8), as: member) }
    }

    @Test(arguments: [-1, 0, 1])
    func `the size of a body is bounded`(excess: Int) {
        let frame = #"{"eventType":"x.y","eventData":{"a":""}}"#
        let padding = String(repeating: "x", count: 65_536 + excess - frame.utf8.count)
        let body = frame.replacing(#""a":""#, with: #""a":"\#(padding)"#)

        #expect(failure(body)?.code == (excess > 0 ? .tooLarge : nil))
    }

    // MARK: - Preview

    @Test(arguments: [
        (#"{"channelId":"c","preview":"hi"}"#, #"{"channelId":"c","hasPreview":true}"#, "hi"),
        (#"{"preview":"hi","channelId":"c","x":[1]}"#, #"{"channelId":"c","x":[1],"hasPreview":true}"#, "hi"),
        (#"{"pre\u0076iew":"h\u0069","channelId":"c"}"#, #"{"channelId":"c","hasPreview":true}"#, "hi"),
        (#"{"channelId":"c","preview":""}"#, #"{"channelId":"c"}"#, nil),
        (#"{"channelId":"c","preview":null}"#, #"{"channelId":"c"}"#, nil),
        (#"{"channelId":"c","hasPreview":true}"#, #"{"channelId":"c"}"#, nil),
        (#"{"hasPreview":false,"channelId":"c","preview":"p"}"#, #"{"channelId":"c","hasPreview":true}"#, "p"),
        (#"{"channelId":"c"}"#, #"{"channelId":"c"}"#, nil),
    ])
    func `a preview leaves the payload and is told by hasPreview`(data: String, stored: String, preview: String?) throws
    {
        let draft = try read(#"{"eventType":"message.sent","eventData":\#(data)}"#)

        #expect(String(decoding: draft.data, as: UTF8.self) == stored)
        #expect(draft.preview == preview)
    }

    @Test(arguments: [139, 140, 141])
    func `a preview has at most 140 Unicode scalars`(count: Int) throws {
        let text = String(repeating: "é", count: count)

        let draft = try read(#"{"eventType":"message.edited","eventData":{"messageId":"m","preview":"\#(text)"}}"#)

        #expect(draft.preview?.unicodeScalars.count == min(count, 140))
    }

    @Test func `other types keep a member called preview`() throws {
        let draft = try read(#"{"eventType":"x.y","eventData":{"preview":"p"}}"#)

        #expect(String(decoding: draft.data, as: UTF8.self) == #"{"preview":"p"}"#)
        #expect(draft.preview == nil)
    }

    // MARK: - Content hash

    @Test func `the hash is of the canonical content and sixteen bytes long`() throws {
        let seen = Mutex<[[UInt8]]>([])
        let reader = DraftReader(hash: { content in
            seen.withLock { $0.append(content) }
            return Array(0..<32)
        })

        let draft = try reader.read(
            Array(#"{"eventType":"x.y", "eventData": {"a": 1}, "sessionId":"s", "occurredAt":5}"#.utf8), as: ingest)

        #expect(draft.contentHash == Array(0..<16))
        #expect(seen.withLock { $0 } == [Array("x.y\0{\"a\":1}\0s\0\u{0}5".utf8)])
    }

    @Test(arguments: [
        (#"{"eventType":"x.y","eventData":{"a":1}}"#, #"{ "eventData":{ "a" : 1 }, "eventType":"x.y"}"#, true),
        (#"{"eventType":"x.y"}"#, #"{"eventType":"x.y","eventData":{}}"#, true),
        (#"{"eventType":"x.y"}"#, #"{"eventType":"x.z"}"#, false),
        (#"{"eventType":"x.y"}"#, #"{"eventType":"x.y","userId":"svc"}"#, false),
        (#"{"eventType":"x.y"}"#, #"{"eventType":"x.y","occurredAt":0}"#, false),
        (#"{"eventType":"x.y","sessionId":"s"}"#, #"{"eventType":"x.y","userId":"s"}"#, false),
        (
            #"{"eventType":"message.sent","eventData":{"channelId":"c","preview":"a"}}"#,
            #"{"eventType":"message.sent","eventData":{"channelId":"c","preview":"b"}}"#, false
        ),
    ])
    func `equal requests have equal content, others do not`(first: String, second: String, isEqual: Bool) throws {
        let contents = Mutex<[[UInt8]]>([])
        let reader = DraftReader(hash: { content in
            contents.withLock { $0.append(content) }
            return content
        })

        for body in [first, second] { _ = try reader.read(Array(body.utf8), as: ingest) }

        let seen = contents.withLock { $0 }
        #expect((seen[0] == seen[1]) == isEqual)
    }
}
