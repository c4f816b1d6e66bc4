import HTTPProtocol
import Testing

struct HTTP1ParserTests {
    /// A refused input and its reason; `\u{80}` and up are written as UTF-8.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var input: String
        var error: HTTP1Error

        init(_ input: String, _ error: HTTP1Error) {
            self.input = input
            self.error = error
        }

        var testDescription: String { "\(error): \(input.debugDescription)" }
    }

    static let host = "Host: a.example\r\n"

    static let refusals: [Refusal] =
        [
            // Request line.
            Refusal("GET /\r\n", .malformedRequestLine),
            Refusal("GET / \r\n", .malformedRequestLine),
            Refusal("GET  / HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("GET /  HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("GET / HTTP/1.1 \r\n", .malformedRequestLine),
            Refusal("GET\t/ HTTP/1.1\r\n", .malformedRequestLine),
            Refusal(" GET / HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("G@T / HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("GET / http/1.1\r\n", .malformedRequestLine),
            Refusal("GET / HTTP/1.10\r\n", .malformedRequestLine),
            Refusal("GET / HTTP/11\r\n", .malformedRequestLine),
            Refusal("GET /a b HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("GET /a#b HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("GET /\u{1} HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("GET /\u{E9} HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("\u{16}\u{3}\u{1}", .malformedRequestLine),
            Refusal("\r\n\r\nGET / HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("GET / HTTP/2.0\r\n", .unsupportedVersion),
            Refusal("GET / HTTP/1.2\r\n", .unsupportedVersion),
            Refusal("GET / HTTP/0.9\r\n", .unsupportedVersion),
            Refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
            Refusal("CONNECT a.example:443 HTTP/1.1\r\n", .unsupportedMethod),
            Refusal("GET * HTTP/1.1\r\n", .malformedTarget),
            Refusal("GET a.example/ HTTP/1.1\r\n", .malformedTarget),
            Refusal("GET ftp://a.example/ HTTP/1.1\r\n", .malformedTarget),
            Refusal("GET http:///x HTTP/1.1\r\n", .malformedTarget),
            Refusal("GET http://u:p@a.example/ HTTP/1.1\r\n", .malformedTarget),
            Refusal("OPTIONS *x HTTP/1.1\r\n", .malformedTarget),
            // Line ends.
            Refusal("GET / HTTP/1.1\n", .bareLineEnd),
            Refusal("\nGET / HTTP/1.1\r\n", .malformedRequestLine),
            Refusal("\rGET / HTTP/1.1\r\n", .bareLineEnd),
            Refusal("GET / HTTP/1.1\r\n" + host + "\n", .bareLineEnd),
            Refusal("GET / HTTP/1.1\r\nHost: a.example\nX: y\r\n\r\n", .bareLineEnd),
            Refusal("GET / HTTP/1.1\r\nX: a\rb\r\n", .bareLineEnd),
            Refusal("GET / HTTP/1.1\r\nX: a\r\r\n", .bareLineEnd),
            Refusal("GET / HTTP/1.1\r\r\n", .malformedRequestLine),
            // Field lines.
            Refusal("GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n", .lineFolding),
            Refusal("GET / HTTP/1.1\r\n" + host + "X: a\r\n\tb\r\n", .lineFolding),
            Refusal("GET / HTTP/1.1\r\n Host: a.example\r\n", .lineFolding),
            Refusal("GET / HTTP/1.1\r\nHost : a.example\r\n", .malformedFieldName),
            Refusal("GET / HTTP/1.1\r\nHost\t: a.example\r\n", .malformedFieldName),
            Refusal("GET / HTTP/1.1\r\n: a\r\n", .malformedFieldName),
            Refusal("GET / HTTP/1.1\r\nX\r\n", .malformedFieldName),
            Refusal("GET / HTTP/1.1\r\nX(y): a\r\n", .malformedFieldName),
            Refusal("GET / HTTP/1.1\r\nX\u{E9}: a\r\n", .malformedFieldName),
            Refusal("GET / HTTP/1.1\r\nX: a\u{0}b\r\n", .malformedFieldValue),
            Refusal("GET / HTTP/1.1\r\nX: a\u{1B}b\r\n", .malformedFieldValue),
            Refusal("GET / HTTP/1.1\r\nX: a\u{7F}b\r\n", .malformedFieldValue),
            // Host.
            Refusal("GET / HTTP/1.1\r\n\r\n", .malformedHost),
            Refusal("GET http://a.example/ HTTP/1.1\r\n\r\n", .malformedHost),
            Refusal("GET / HTTP/1.1\r\n" + host + host, .malformedHost),
            Refusal("GET / HTTP/1.0\r\n" + host + host, .malformedHost),
        ]
        + ["", "a b", "a,b", "a/b", "u@a", "a:b", "a:65536", "a:123456", ":80", "[::1", "[]", "[g::1]", "a\u{E9}"]
        .map { Refusal("GET / HTTP/1.1\r\nHost: \($0)\r\n", .malformedHost) }
        + ["", "x", "+1", "-1", "1 1", "1,1", "0x1", "9223372036854775808", "99999999999999999999"]
        .map { Refusal("POST / HTTP/1.1\r\n" + host + "Content-Length: \($0)\r\n", .malformedContentLength) }
        + [
            Refusal(
                "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n", .malformedContentLength),
            Refusal(
                "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 1\r\n", .malformedContentLength),
            Refusal(
                "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                .ambiguousLength),
            Refusal(
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
                .ambiguousLength),
            Refusal(
                "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", .malformedTransferEncoding),
        ]
        + [
            "", "identity", "gzip", "chunked, gzip", "chunked, chunked", "xchunked", "chunked;q=1", "chunked,",
            "\"chunked\"",
        ]
        .map {
            Refusal("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \($0)\r\n\r\n", .malformedTransferEncoding)
        }
        + [
            Refusal(
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n",
                .unsupportedTransferEncoding),
            Refusal(
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
                .unsupportedTransferEncoding),
            Refusal(
                "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                .malformedTransferEncoding),
        ]

    @Test(arguments: refusals)
    func `a head that two readers could read differently is refused however it is cut`(refusal: Refusal) {
        let bytes = Array(refusal.input.utf8)

        let verdicts = cuts(of: bytes.count).map { parse(bytes, at: $0).verdict }

        #expect(verdicts.allSatisfy { $0 == .refused(refusal.error) }, "\(verdicts[0])")
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET /a%20b?c=d&e HTTP/1.1\r\nhOST:\ta.example:8080 \t\r\nX-Empty:\r\nX: \u{E9}\tb\r\n\r\n",
        "GET http://a.example HTTP/1.1\r\nHost: b.example\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a:\r\nContent-Length: 9223372036854775807\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "FROB / HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
    func `a well-formed head is read whole however it is cut`(input: String) {
        let bytes = Array(input.utf8)

        let verdicts = cuts(of: bytes.count).map { parse(bytes, at: $0).verdict }

        #expect(verdicts.allSatisfy { $0 == .head(consumed: bytes.count) }, "\(verdicts[0])")
    }

    @Test(arguments: [7, 8, 9, 16, 23])
    func `each byte at each place of a value is judged as it would be alone`(length: Int) {
        let start = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8)

        for place in 0..<length {
            for byte in UInt8.min...UInt8.max {
                var value = [UInt8](repeating: UInt8(ascii: "v"), count: length + 2)
                value[place + 1] = byte
                let bytes = start + value + Array("\r\n\r\n".utf8)
                let verdict = parse(bytes, at: [bytes.count]).verdict

                let expected: Verdict =
                    switch byte {
                    case 0x0A, 0x0D: .refused(.bareLineEnd)
                    case _ where CharacterClass.isFieldContent(byte): .head(consumed: bytes.count)
                    default: .refused(.malformedFieldValue)
                    }
                #expect(verdict == expected, "\(byte) at \(place)")
            }
        }
    }

    @Test func `the parts of a head are found`() throws {
        let input =
            "POST /a%20b?c=d&e HTTP/1.1\r\nhOST:\ta.example:8080 \t\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 5\r\n\r\nhello"

        let head = try #require(parse(input).head)

        #expect(head.method == .post)
        #expect(head.version == .http11)
        #expect(head.target == "/a%20b?c=d&e")
        #expect(head.path.elementsEqual("/a%20b".utf8))
        #expect(head.query.map { String(decoding: $0, as: UTF8.self) } == "c=d&e")
        #expect(head.authority == "a.example:8080")
        #expect(head.framing == .length(5))
        #expect(head.values(of: "x-two").map { String(decoding: $0, as: UTF8.self) } == ["1", "2"])
        #expect(head.only("x-two") == nil)
        #expect(head.text(of: .host) == "a.example:8080")
        #expect(head.fieldCount == 4)
        #expect(head.isPersistent)
    }

    @Test func `an absolute target brings its own authority and an empty path means the root`() throws {
        let head = try #require(parse("GET HTTP://a.example:81?x HTTP/1.1\r\nHost: b.example\r\n\r\n").head)

        #expect(head.authority == "a.example:81")
        #expect(head.path.elementsEqual("/".utf8))
        #expect(head.query.map { Array($0) } == Array("x".utf8))
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: x, CLOSE ,y\r\n", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive\r\nConnection: close\r\n", false),
    ])
    func `persistence follows version and Connection`(version: String, fields: String, expected: Bool) throws {
        let head = try #require(parse("GET / \(version)\r\nHost: a\r\n\(fields)\r\n").head)

        #expect(head.isPersistent == expected)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", RequestHead.Expectation.none), ("HTTP/1.1", "Expect: 100-Continue\r\n", .continue),
        ("HTTP/1.1", "Expect: tea\r\n", .unknown), ("HTTP/1.0", "Expect: 100-continue\r\n", .none),
        ("HTTP/1.1", "Expect: tea\r\nExpect: 100-continue\r\n", .unknown),
    ])
    func `expectations are told apart`(version: String, fields: String, expected: RequestHead.Expectation) throws {
        let head = try #require(parse("POST / \(version)\r\nHost: a\r\n\(fields)Content-Length: 1\r\n\r\n").head)

        #expect(head.expectation == expected)
    }

    @Test func `pipelined heads are read one after the other`() throws {
        let first = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
        let bytes = Array((first + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
        var parser = HTTP1Parser()

        let one = try parser.parse(bytes.span)
        let two = try parser.parse(Array(bytes[first.utf8.count...]).span)

        guard case .head(let head1, let consumed) = one, case .head(let head2, _) = two else {
            Issue.record("both heads are complete")
            return
        }
        #expect(consumed == first.utf8.count)
        #expect([head1.target, head2.target] == ["/1", "/2"])
    }
}
