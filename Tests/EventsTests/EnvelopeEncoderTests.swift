import Events
import Testing

struct EnvelopeEncoderTests {
    private func event(session: SessionID?, entity: Entity?) -> Event {
        Event(
            workspace: WorkspaceKey(9), eventID: EventID(validated: "e-1"), sequence: 1_234,
            type: EventType(validated: "task.created"), user: UserID(validated: "u1"), session: session, channel: nil,
            entity: entity, occurredAt: 1_765_022_400_000, receivedAt: 1_765_022_400_007,
            data: Array(#"{"taskId":"t"}"#.utf8))
    }

    private func encoded(_ event: Event) throws -> String {
        var bytes: [UInt8] = []
        EnvelopeEncoder.append(
            event, workspaceID: WorkspaceID(validated: "w1"), epoch: try #require(Epoch("abcdefghij")), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `the envelope has every member, in order`() throws {
        let text = try encoded(
            event(session: SessionID(validated: "s1"), entity: Entity(type: "task", id: EntityID(validated: "t"))))

        #expect(
            text
                == #"{"eventId":"e-1","workspaceId":"w1","seq":1234,"id":"abcdefghij-1234","eventType":"task.created","#
                + #""userId":"u1","sessionId":"s1","timestamp":"2025-12-06T12:00:00.000Z","#
                + #""occurredAt":"2025-12-06T12:00:00.000Z","receivedAt":"2025-12-06T12:00:00.007Z","#
                + #""entity":{"type":"task","id":"t"},"eventData":{"taskId":"t"}}"#)
    }

    @Test func `session and entity are left out where there are none`() throws {
        let text = try encoded(event(session: nil, entity: nil))

        #expect(!text.contains("sessionId"))
        #expect(!text.contains("entity"))
        #expect(try JSONDocument(scanning: Array(text.utf8)).bytes == Array(text.utf8))
    }

    @Test(arguments: [
        ("plain", #""plain""#), ("a\"b\\c", #""a\"b\\c""#), ("\n\r\t\0\u{1F}", #""\u000a\u000d\u0009\u0000\u001f""#),
        ("é😀", "\"é😀\""),
    ])
    func `text becomes a JSON string`(text: String, json: String) throws {
        var bytes: [UInt8] = []

        bytes.append(jsonString: text)

        #expect(String(decoding: bytes, as: UTF8.self) == json)
        #expect(try JSONDocument(scanning: bytes).root.string == text)
    }

    @Test(arguments: [0, 7, 10, -1, .max, .min] as [Int64])
    func `numbers are written in decimal`(number: Int64) {
        var bytes = [UInt8(ascii: "x")]

        bytes.append(decimal: number)

        #expect(String(decoding: bytes, as: UTF8.self) == "x\(number)")
    }
}

struct EventIDTests {
    @Test func `a UUIDv7 carries its time, version and variant`() {
        var generator = SeededGenerator(seed: 7)

        let id = EventID.make(now: 0x0123_4567_89AB, using: &generator)

        #expect(id.text.hasPrefix("01234567-89ab-7"))
        #expect(id.text.count == 36)
        #expect("89ab".contains(id.text.dropFirst(19).prefix(1)))
        #expect(EventID(id.text) == id)
    }

    @Test func `ids of different times sort by time, and of one time differ`() {
        var generator = SeededGenerator(seed: 8)
        let ids = (0..<2_000).map { EventID.make(now: 1_765_022_400_000 + Int64($0), using: &generator).text }
        let same = (0..<2_000).map { _ in EventID.make(now: 5, using: &generator).text }

        #expect(ids == ids.sorted())
        #expect(Set(same).count == 2_000)
    }

    @Test(arguments: [-1, .max] as [Milliseconds])
    func `no time leads to a trap`(time: Milliseconds) {
        var generator = SeededGenerator(seed: 9)

        #expect(EventID.make(now: time, using: &generator).text.count == 36)
    }
}
