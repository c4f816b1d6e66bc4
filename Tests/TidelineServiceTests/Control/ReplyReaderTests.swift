import Testing

@testable import TidelineService

struct ReplyReaderTests {
    private static let samples: [(String, Int, String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", 503, ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 200, "abcde"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", 201, "{}"),
    ]

    @Test(arguments: samples) func `an answer is read whatever the cuts`(
        _ sample: (text: String, status: Int, body: String)
    ) throws {
        let bytes = Array(sample.text.utf8)

        for cut in 0...bytes.count {
            var reader = ReplyReader()
            let first = try reader.receive(bytes[..<cut])
            let second = try reader.receive(bytes[cut...])
            #expect(first + second == bytes.count)
            #expect(reader.isComplete && reader.keepsConnection)
            #expect(reader.reply.status == sample.status)
            #expect(reader.reply.body == Array(sample.body.utf8))
        }
    }

    @Test func `bytes behind the answer are not taken`() throws {
        var reader = ReplyReader()

        let taken = try reader.receive(Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab".utf8)[...])

        #expect(taken == 39)
        #expect(reader.reply.body == Array("a".utf8))
    }

    @Test func `an answer without a length ends with the connection`() throws {
        var reader = ReplyReader()
        _ = try reader.receive(Array("HTTP/1.1 200 OK\r\n\r\nabc".utf8)[...])
        #expect(!reader.isComplete)

        let isComplete = reader.finish()

        #expect(isComplete && !reader.keepsConnection)
        #expect(reader.reply.body == Array("abc".utf8))
    }

    @Test(arguments: [
        "SMTP ready\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    ]) func `what is no answer is refused`(_ text: String) {
        var reader = ReplyReader()

        #expect(throws: ClientFailure.self) { _ = try reader.receive(Array(text.utf8)[...]) }
    }

    @Test func `a head has a bound`() {
        var reader = ReplyReader()
        let endless = [UInt8](repeating: UInt8(ascii: "a"), count: ReplyReader.maximumHeadBytes + 1)

        #expect(throws: ClientFailure.self) { _ = try reader.receive(endless[...]) }
    }

    @Test func `Retry-After is read in seconds`() throws {
        let reply = HTTPReply(status: 503, fields: [.init(name: "retry-after", value: "3")])
        let date = HTTPReply(status: 503, fields: [.init(name: "retry-after", value: "Fri, 20 Nov 2026 12:00:00 GMT")])

        #expect(reply.retryAfter == .seconds(3))
        #expect(date.retryAfter == nil)
    }
}
