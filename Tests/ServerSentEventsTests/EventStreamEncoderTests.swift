import ServerSentEvents
import Testing

struct EventStreamEncoderTests {
    @Test func `an event is written field by field`() throws {
        var output: [UInt8] = []

        try EventStreamEncoder.appendEvent(type: "stats", data: "{\"a\":1}", id: "e-7", retry: 2_000, to: &output)

        #expect(text(output) == "id: e-7\nevent: stats\nretry: 2000\ndata: {\"a\":1}\n\n")
    }

    @Test func `what is default or absent is not written`() throws {
        var output: [UInt8] = []

        try EventStreamEncoder.appendEvent(type: "message", data: Array("a".utf8), to: &output)
        try EventStreamEncoder.appendEvent(data: "", to: &output)

        #expect(text(output) == "data: a\n\ndata: \n\n")
    }

    @Test(arguments: [
        ("a\nb", "a\nb"), ("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a\n", "a\n"), ("\na", "\na"), ("\r\n\r", "\n\n"),
        (" a", " a"), ("id: 1\n\ndata: x", "id: 1\n\ndata: x"), ("😀", "😀"),
    ])
    func `data of several lines comes back with its line ends as LF`(data: String, expected: String) throws {
        var output: [UInt8] = []
        var parser = EventStreamParser()

        try EventStreamEncoder.appendEvent(data: data, to: &output)

        #expect(try parser.receive(output).map(\.data) == [expected])
    }

    @Test(arguments: ["a\nb", "a\rb", "a\u{0}b", "\r\n"])
    func `a type or id that would break its line is refused and nothing is written`(value: String) {
        var output: [UInt8] = []

        #expect(throws: EventStreamFieldError.type) {
            try EventStreamEncoder.appendEvent(type: value, data: "x", to: &output)
        }
        #expect(throws: EventStreamFieldError.id) {
            try EventStreamEncoder.appendEvent(data: "x", id: value, to: &output)
        }
        #expect(throws: EventStreamFieldError.id) { try EventStreamEncoder.appendID(value, to: &output) }
        #expect(throws: EventStreamFieldError.type) { try ServerSentEvent(type: value, data: "x") }
        #expect(output.isEmpty)
    }

    @Test func `comments, retries and ids are blocks of their own`() throws {
        var output: [UInt8] = []

        EventStreamEncoder.appendComment("a\ndata: b", to: &output)
        EventStreamEncoder.appendRetry(milliseconds: 1_500, to: &output)
        try EventStreamEncoder.appendID("e-9", to: &output)

        #expect(text(output) == ": a\n: data: b\n\nretry: 1500\n\nid: e-9\n\n")
    }

    @Test func `what is written is read back`() throws {
        var output: [UInt8] = []
        let event = try ServerSentEvent(type: "é", data: "1\n2", id: "x", retry: 3)

        EventStreamEncoder.append(event, to: &output)

        for pieces in pieces(of: output) {
            var parser = EventStreamParser()
            var events: [ServerSentEvent] = []
            for piece in pieces { try parser.receive(piece, into: &events) }
            #expect(events == [event])
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
