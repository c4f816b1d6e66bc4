import HTTPProtocol
import Testing

struct ResponseEncoderTests {
    @Test(arguments: [
        (ResponseEncoder.Framing.length(12), ResponseEncoder.Persistence.implied, "content-length: 12\r\n"),
        (.length(0), .keepAlive, "content-length: 0\r\nconnection: keep-alive\r\n"),
        (.chunked, .close, "transfer-encoding: chunked\r\nconnection: close\r\n"),
        (.untilClose, .implied, "connection: close\r\n"),
        (.none, .implied, ""),
    ])
    func `a head says how its body ends`(
        framing: ResponseEncoder.Framing, persistence: ResponseEncoder.Persistence, expected: String
    ) {
        var output: [UInt8] = []

        ResponseEncoder.append(
            ResponseHead(.notFound, [.contentType: "text/plain"]), framing: framing, persistence: persistence,
            date: Array("D".utf8), requestID: "r", to: &output)

        let text = "HTTP/1.1 404 Not Found\r\ndate: D\r\nx-request-id: r\r\ncontent-type: text/plain\r\n"
        #expect(String(decoding: output, as: UTF8.self) == text + expected + "\r\n")
    }

    @Test func `a value cannot begin a line of its own`() {
        let fields: HTTPFields = [.location: "/a\r\nset-cookie: x\u{0}y"]

        #expect(String(decoding: fields.bytes, as: UTF8.self) == "location: /a  set-cookie: x y\r\n")
    }

    @Test func `fields can be looked up, replaced and removed`() {
        var fields: HTTPFields = [.etag: "\"1\"", .vary: "Accept", .etag: "\"2\""]

        fields.set(.etag, "\"3\"")
        fields.appendIfAbsent(.vary, "Cookie")

        #expect(fields[.etag] == "\"3\"")
        #expect(fields[.vary] == "Accept")
        #expect(!fields.contains(.allow))
    }

    @Test(arguments: [(1, "1\r\n"), (15, "f\r\n"), (16, "10\r\n"), (4_096, "1000\r\n")])
    func `a chunk begins with its size in hexadecimal`(count: Int, expected: String) {
        var output: [UInt8] = []

        ChunkFraming.append(Array(repeating: 0x61, count: count), to: &output)

        #expect(output.starts(with: expected.utf8))
        #expect(output.count == expected.utf8.count + count + 2)
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_772_323_199, "Sat, 28 Feb 2026 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] as [(Int64, String)])
    func `dates are written as RFC 9110 wants them`(seconds: Int64, expected: String) {
        #expect(String(decoding: HTTPDate.format(seconds: seconds), as: UTF8.self) == expected)
    }
}
