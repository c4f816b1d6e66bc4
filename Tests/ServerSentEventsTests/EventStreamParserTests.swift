import ServerSentEvents
import Testing

/// The ways in which one input is cut: at once, one byte at a time, and in two pieces at every point.
func pieces(of bytes: [UInt8]) -> [[[UInt8]]] {
    guard bytes.count > 1 else { return [[bytes]] }
    return [[bytes], bytes.map { [$0] }] + (1..<bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
}

struct EventStreamParserTests {
    /// An event in short: type, data and id.
    struct Brief: Equatable, Sendable {
        var type: String
        var data: String
        var id: String?

        init(_ type: String, _ data: String, _ id: String? = nil) {
            self.type = type
            self.data = data
            self.id = id
        }

        init(_ event: ServerSentEvent) { self.init(event.type, event.data, event.id) }
    }

    struct Stream: Sendable {
        var input: [UInt8]
        var events: [Brief]
        var lastEventID: String
        var retry: Int?

        init(_ input: String, _ events: [Brief], id: String = "", retry: Int? = nil) {
            self.init(Array(input.utf8), events, id: id, retry: retry)
        }

        init(_ input: [UInt8], _ events: [Brief], id: String = "", retry: Int? = nil) {
            self.input = input
            self.events = events
            lastEventID = id
            self.retry = retry
        }
    }

    static let streams: [Stream] = [
        Stream("", []),
        Stream("data: a\n\n", [Brief("message", "a")]),
        // Line ends, mixed.
        Stream(
            "data: a\r\rdata: b\r\n\r\ndata: c\n\n",
            [Brief("message", "a"), Brief("message", "b"), Brief("message", "c")]),
        Stream("data: a\r\ndata: b\rdata: c\n\r\n", [Brief("message", "a\nb\nc")]),
        Stream("data: a\n\r\n\r\n", [Brief("message", "a")]),
        Stream("\n\r\r\n\ndata: a\r\n\n", [Brief("message", "a")]),
        // Fields.
        Stream("data:a\ndata:  b\ndata\n\n", [Brief("message", "a\n b\n")]),
        Stream("data:\ndata: a\n\n", [Brief("message", "\na")]),
        Stream("data\n\ndata\ndata\n\ndata:", [Brief("message", ""), Brief("message", "\n")]),
        Stream("event: x\ndata: a\n\ndata: b\n\n", [Brief("x", "a"), Brief("message", "b")]),
        Stream("event: x\n\ndata: b\n\n", [Brief("message", "b")]),
        Stream("event: x\nevent\ndata: b\n\n", [Brief("message", "b")]),
        Stream("Data: a\n data: b\ndata : c\nfoo: d\ndata: e\n\n", [Brief("message", "e")]),
        Stream(": comment\n:\ndata: a:b: c\n\n", [Brief("message", "a:b: c")]),
        Stream("data: a", []),
        Stream("data: a\n", []),
        Stream("data: a\r", []),
        // Ids.
        Stream("id: 1\ndata: a\n\ndata: b\n\n", [Brief("message", "a", "1"), Brief("message", "b", "1")], id: "1"),
        Stream("id: 1\ndata: a\n\nid\ndata: b\n\n", [Brief("message", "a", "1"), Brief("message", "b")]),
        Stream("id: 1\n\n", [], id: "1"),
        Stream("id: 1\n\nid: 2\n", [], id: "1"),
        Stream("id: 1\nid: 2\ndata: a\n\n", [Brief("message", "a", "2")], id: "2"),
        Stream("id: 1\n\nid: 2\u{0}\ndata: a\n\n", [Brief("message", "a", "1")], id: "1"),
        Stream("data: \u{0}\n\n", [Brief("message", "\u{0}")]),
        // Reconnection times.
        Stream("retry: 1500\n", [], retry: 1_500),
        Stream("retry: 0\nretry:\nretry: -1\nretry: 1.5\nretry: 1s\nretry:  7\n", [], retry: 0),
        Stream("retry: 86400000\nretry: 86400001\nretry: 99999999999999999999999\n", [], retry: 86_400_000),
        // Byte order marks.
        Stream("\u{FEFF}data: a\n\n", [Brief("message", "a")]),
        Stream("\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n", [Brief("message", "b")]),
        Stream("data: \u{FEFF}a\n\n\u{FEFF}data: b\n\n", [Brief("message", "\u{FEFF}a")]),
        Stream([0xEF, 0xBB, 0x0A] + Array("data: a\n\n".utf8), [Brief("message", "a")]),
        Stream([0xEF], []),
        // UTF-8.
        Stream("event: é\ndata: 😀ü\nid: ☃\n\n", [Brief("é", "😀ü", "☃")], id: "☃"),
        Stream(
            Array("data: ".utf8) + [0xFF, 0xE2, 0x82, 0x0A] + Array("data: b\n\n".utf8),
            [Brief("message", "\u{FFFD}\u{FFFD}\nb")]),
    ]

    @Test(arguments: streams)
    func `a stream reads the same however it is cut`(stream: Stream) throws {
        for pieces in pieces(of: stream.input) {
            var parser = EventStreamParser()
            var events: [ServerSentEvent] = []

            for piece in pieces { try parser.receive(piece, into: &events) }

            #expect(events.map { Brief($0) } == stream.events)
            #expect(parser.lastEventID == stream.lastEventID)
            #expect(parser.retry == stream.retry)
        }
    }

    @Test func `CR CR dispatches without waiting for the next byte`() throws {
        var parser = EventStreamParser()

        let events = try parser.receive(Array("data: a\r\r".utf8))

        #expect(events.map(\.data) == ["a"])
    }

    @Test func `an earlier connection's last id is kept until the stream moves it`() throws {
        var parser = EventStreamParser(lastEventID: "e-5")

        let events = try parser.receive(Array("data: a\n\nid: e-6\ndata: b\n\n".utf8))

        #expect(events.map(\.id) == ["e-5", "e-6"])
    }

    @Test func `an event carries its block's reconnection time`() throws {
        var parser = EventStreamParser()

        let events = try parser.receive(Array("retry: 5\ndata: a\n\ndata: b\n\n".utf8))

        #expect(events.map(\.retry) == [5, nil])
    }
}

struct EventStreamLimitTests {
    static let limits = EventStreamLimits(maximumLineBytes: 16, maximumEventBytes: 20)

    @Test(arguments: ["data:", ":", "x"], [(15, true), (16, true), (17, false)])
    func `a line of any kind has a bound`(prefix: String, bound: (bytes: Int, fits: Bool)) {
        let line = prefix + String(repeating: "a", count: bound.bytes - prefix.utf8.count)

        for pieces in pieces(of: Array((line + "\n").utf8)) {
            #expect(error(pieces) == (bound.fits ? nil : .lineTooLong(limit: 16)))
        }
    }

    @Test func `a line without an end is refused once it is too long`() {
        #expect(error([Array(repeating: 0x61, count: 16)]) == nil)
        #expect(error([Array(repeating: 0x61, count: 17)]) == .lineTooLong(limit: 16))
    }

    @Test(arguments: [(8, true), (9, true), (10, false)])
    func `the data of one event has a bound`(second: Int, fits: Bool) {
        let input = "data:aaaaaaaaaa\ndata:\(String(repeating: "b", count: second))\n"

        for pieces in pieces(of: Array(input.utf8)) {
            #expect(error(pieces) == (fits ? nil : .eventTooLarge(limit: 20)))
        }
    }

    @Test func `events before an oversized line are delivered`() {
        var parser = EventStreamParser(limits: Self.limits)
        var events: [ServerSentEvent] = []

        #expect(throws: EventStreamError.lineTooLong(limit: 16)) {
            try parser.receive(Array("data: a\n\ndata: aaaaaaaaaaaaaaaaaaaa".utf8), into: &events)
        }

        #expect(events.map(\.data) == ["a"])
    }

    private func error(_ pieces: [[UInt8]]) -> EventStreamError? {
        var parser = EventStreamParser(limits: Self.limits)
        do throws(EventStreamError) {
            for piece in pieces { _ = try parser.receive(piece) }
            return nil
        } catch {
            return error
        }
    }
}
