import Testing

/// Bytes that are no request, or could be read as two different ones, are answered once and close the connection; the
/// next connection works.
@Suite(.server()) struct FramingTests {
    /// What a client sends, and what the server's first and only answer is; nil: it closes without one.
    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let status: Int?

        init(_ name: String, _ text: String, _ status: Int?) {
            testDescription = name
            bytes = Array(text.utf8)
            self.status = status
        }
    }

    private static func get(_ fields: String, _ target: String = "/healthz", _ version: String = "HTTP/1.1") -> String {
        "GET \(target) \(version)\r\n\(fields)\r\n"
    }

    private static func post(_ fields: String, _ body: String) -> String {
        "POST /api/session HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\(body)"
    }

    static let attacks: [Attack] = [
        Attack("length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
        Attack("chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400),
        Attack("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "abc"), 400),
        Attack("the same length twice", post("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"), 400),
        Attack("a list of lengths", post("Content-Length: 2, 2\r\n", "ab"), 400),
        Attack("a length with a sign", post("Content-Length: +2\r\n", "ab"), 400),
        Attack("a negative length", post("Content-Length: -2\r\n", "ab"), 400),
        Attack("a length in hexadecimal", post("Content-Length: 0x2\r\n", "ab"), 400),
        Attack("a length of nothing", post("Content-Length: \r\n", "ab"), 400),
        Attack("a length beyond 64 bits", post("Content-Length: 18446744073709551618\r\n", "ab"), 400),
        Attack("a length with a blank inside", post("Content-Length: 1 2\r\n", "ab"), 400),
        Attack("a blank before the colon", post("Content-Length : 2\r\n", "ab"), 400),
        Attack("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400),
        Attack(
            "chunked in two fields", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            400),
        Attack("chunked not last", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 400),
        Attack("gzip before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501),
        Attack("identity", post("Transfer-Encoding: identity\r\n", ""), 400),
        Attack("xchunked", post("Transfer-Encoding: xchunked\r\n", ""), 400),
        Attack("quoted chunked", post("Transfer-Encoding: \"chunked\"\r\n", ""), 400),
        Attack("an empty coding", post("Transfer-Encoding: \r\n", ""), 400),
        Attack("a vertical tab before chunked", post("Transfer-Encoding: \u{0B}chunked\r\n", ""), 400),
        Attack(
            "chunks in HTTP/1.0",
            "POST /api/session HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Attack("a chunk size that is none", post("Transfer-Encoding: chunked\r\n", "zz\r\n"), 400),
        Attack("a chunk size beyond 64 bits", post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff1\r\n"), 400),
        Attack("a negative chunk size", post("Transfer-Encoding: chunked\r\n", "-1\r\n"), 400),
        Attack("a chunk size with 0x", post("Transfer-Encoding: chunked\r\n", "0x2\r\nab\r\n"), 400),
        Attack("a chunk size and LF", post("Transfer-Encoding: chunked\r\n", "2\nab\r\n0\r\n\r\n"), 400),
        Attack("a chunk longer than it says", post("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n"), 400),
        Attack("a chunk ended by LF", post("Transfer-Encoding: chunked\r\n", "2\r\nab\n0\r\n\r\n"), 400),
        Attack("a chunk size of no digits", post("Transfer-Encoding: chunked\r\n", ";x\r\n"), 400),
        Attack("a trailer that is no field", post("Transfer-Encoding: chunked\r\n", "0\r\nnonsense\r\n\r\n"), 400),
        Attack("LF alone", "GET /healthz HTTP/1.1\nHost: x\n\n", 400),
        Attack("LF in the fields", "GET /healthz HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400),
        Attack("CR in a value", get("Host: x\r\nA: b\rc\r\n"), 400),
        Attack("CR CR LF", "GET /healthz HTTP/1.1\r\r\nHost: x\r\n\r\n", 400),
        Attack("NUL in a value", get("Host: x\r\nA: b\0c\r\n"), 400),
        Attack("NUL in a name", get("Host: x\r\nA\0: b\r\n"), 400),
        Attack("a folded line", get("Host: x\r\nA: b\r\n c\r\n"), 400),
        Attack("a folded first line", get(" Host: x\r\n"), 400),
        Attack("a field without a name", get("Host: x\r\n: b\r\n"), 400),
        Attack("a field without a colon", get("Host: x\r\nnonsense\r\n"), 400),
        Attack("a name with a blank", get("Host: x\r\nA b: c\r\n"), 400),
        Attack("a name with brackets", get("Host: x\r\n(a): c\r\n"), 400), Attack("no Host", get(""), 400),
        Attack("two Hosts", get("Host: x\r\nHost: x\r\n"), 400), Attack("an empty Host", get("Host: \r\n"), 400),
        Attack("a Host with a path", get("Host: x/y\r\n"), 400),
        Attack("a Host with a user", get("Host: u@x\r\n"), 400),
        Attack("a Host with blanks", get("Host: x y\r\n"), 400),
        Attack("a Host with a list", get("Host: x, y\r\n"), 400),
        Attack("a Host with a bad port", get("Host: x:99999\r\n"), 400),
        Attack("no Host in absolute form", get("", "http://x/healthz"), 400),
        Attack("HTTP/0.9", "GET /healthz\r\n", 400),
        Attack("HTTP/0.9 spelt out", get("Host: x\r\n", "/healthz", "HTTP/0.9"), 505),
        Attack("HTTP/2.0", get("Host: x\r\n", "/healthz", "HTTP/2.0"), 505),
        Attack("HTTP/1.2", get("Host: x\r\n", "/healthz", "HTTP/1.2"), 505),
        Attack("http/1.1", get("Host: x\r\n", "/healthz", "http/1.1"), 400),
        Attack("HTTP/11", get("Host: x\r\n", "/healthz", "HTTP/11"), 400),
        Attack("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        Attack("two blanks", get("Host: x\r\n", " /healthz"), 400),
        Attack("a tab", "GET\t/healthz\tHTTP/1.1\r\nHost: x\r\n\r\n", 400),
        Attack("a blank at the end", get("Host: x\r\n", "/healthz", "HTTP/1.1 "), 400),
        Attack("a blank first", " GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        Attack("a relative target", get("Host: x\r\n", "healthz"), 400),
        Attack("an asterisk for GET", get("Host: x\r\n", "*"), 400),
        Attack("a fragment", get("Host: x\r\n", "/healthz#x"), 400),
        Attack("raw bytes in the target", get("Host: x\r\n", "/h\u{1}z"), 400),
        Attack("another scheme", get("Host: x\r\n", "ftp://x/healthz"), 400),
        Attack("an absolute target without a host", get("Host: x\r\n", "http:///healthz"), 400),
        Attack("a user in the target", get("Host: x\r\n", "http://u:p@x/healthz"), 400),
        Attack("a method with a bracket", "GE(T /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        Attack("two empty lines first", "\r\n\r\n" + get("Host: x\r\n"), 400),
        Attack("an authority for GET", get("Host: x\r\n", "x:443"), 400),
        Attack("a TLS hello", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\r\n\r\n", 400),
        Attack("an unknown expectation", "GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\n\r\n", 417),
    ]

    @Test(arguments: attacks)
    func `S4-15 · what is no unambiguous request is refused once`(attack: Attack) async throws {
        let server = try SuiteServer.running
        let connection = try await server.connect()

        // Whatever stands behind it must not be taken for a request.
        try await connection.send(
            attack.bytes + Array("GET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
        connection.finishSending()
        let answer = String(decoding: try await connection.readToEnd(), as: UTF8.self)

        #expect(answer.hasPrefix("HTTP/1.1 \(attack.status ?? 0) "), "\(answer)")
        if attack.status != 417 {
            #expect(answer.answers() == 1 && !answer.contains("smuggled"), "\(answer)")
            #expect(answer.contains("Connection: close\r\n") || answer.contains("connection: close\r\n"), "\(answer)")
        }
        #expect(try await server.client().get("/healthz").status == 200)
    }

    // MARK: What looks odd but is right

    static let odd: [NamedBytes] = [
        NamedBytes("an empty line first", "\r\n" + get("Host: x\r\n")),
        NamedBytes("absolute form", get("Host: other\r\n", "http://x/healthz")),
        NamedBytes("absolute form by https", get("Host: x\r\n", "https://x:8443/healthz?q=1")),
        NamedBytes("no blank after the colon", get("Host:x\r\nA:\r\n")),
        NamedBytes("blanks around values", get("Host: \t x \t\r\n")),
        NamedBytes("names in any case", get("hOsT: x\r\n")), NamedBytes("an IPv6 host", get("Host: [::1]:8080\r\n")),
        NamedBytes("bytes above 7F in a value", get("Host: x\r\nA: é\r\n")),
        NamedBytes("HTTP/1.0 without Host", get("", "/healthz", "HTTP/1.0")),
        NamedBytes("escapes in the path", get("Host: x\r\n", "/%68ealthz")),
        NamedBytes("a query of odd bytes", get("Host: x\r\n", "/healthz?a='\"<>{}|")),
    ]

    @Test(arguments: odd) func `S4-1 · an odd but valid request is answered`(row: NamedBytes) async throws {
        let connection = try await SuiteServer.running.connect()

        try await connection.send(row.bytes)
        let reply = try await HTTPReply.head(from: connection, within: .seconds(10))

        #expect(reply.status == 200)
    }

    @Test(arguments: [0, 1, 2, 4]) func `S4-8 · a body shorter than its length is no event`(missing: Int) async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["cut\(missing)": "member"])
        let body = #"{"eventType":"cut.body"}"#
        let connection = try await server.connect()

        try await connection.send(
            "POST \(ServerProcess.realtime("cut\(missing)")) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Authorization: Bearer \(token)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body.dropLast(missing))"
        )
        connection.finishSending()
        let answer = (try? await connection.readToEnd()) ?? []
        let stored = try await server.client(token: token).events("cut\(missing)", types: "cut.body")

        #expect(answer.starts(with: Array("HTTP/1.1 200".utf8)) == (missing == 0))
        #expect(stored.count == (missing == 0 ? 1 : 0))
    }

    @Test func `S4-8 · a body longer than its length is the next request, which is none`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["long": "member"])
        let connection = try await server.connect()

        try await connection.send(
            "POST \(ServerProcess.realtime("long")) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Authorization: Bearer \(token)\r\nContent-Length: 24\r\n\r\n{\"eventType\":\"long.body\"}{\"a\":1}\r\n\r\n"
        )
        let answer = String(decoding: try await connection.readToEnd(), as: UTF8.self)

        // 24 bytes are one too few, so the body is no JSON and what is left is no request line.
        #expect(answer.answers(400) == 2, "\(answer)")
    }

    // MARK: Expectations and pieces

    @Test func `S4-8 · a client that expects 100-continue is told to go on`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["expect": "member"])
        let connection = try await server.connect()
        let body = #"{"eventType":"expected.body"}"#

        try await connection.send(
            HTTPTestClient.request(
                "POST", ServerProcess.realtime("expect"), host: "x", token: token,
                ["Content-Type": "application/json", "Expect": "100-continue", "Content-Length": "\(body.utf8.count)"]))
        let first = try await HTTPReply.head(from: connection, within: .seconds(10))
        try await connection.send(body)
        let second = try await HTTPReply.head(from: connection, within: .seconds(10))

        #expect(first.status == 100 && second.status == 200)
    }

    @Test func `S4-15 · a client that expects 100-continue is spared a body too large`() async throws {
        let connection = try await SuiteServer.running.connect()

        try await connection.send(
            HTTPTestClient.request(
                "POST", "/api/session", host: "x", token: nil, ["Expect": "100-continue", "Content-Length": "100000"]))
        let first = try await HTTPReply.head(from: connection, within: .seconds(10))

        #expect(first.status == 413)
    }

    @Test func `S4-8 · a body may come in pieces of a kilobyte, an event byte by byte`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["pieces": "member"])
        let fields = ["Content-Type": "application/json"]
        let large = Array(
            #"{"eventType":"piece.large","eventData":{"v":"\#(String(repeating: "x", count: 60_000))"}}"#.utf8)
        let connection = try await server.connect()

        let first = HTTPTestClient.request(
            "POST", ServerProcess.realtime("pieces"), host: "x", token: token, fields, large)
        for start in stride(from: 0, to: first.count, by: 1_024) {
            try await connection.send(Array(first[start..<min(start + 1_024, first.count)]))
        }
        let answer = try await HTTPReply.head(from: connection, within: .seconds(10))
        _ = try await connection.read(exactly: Int(answer.header("Content-Length") ?? "") ?? 0)
        let small = HTTPTestClient.request(
            "POST", ServerProcess.realtime("pieces"), host: "x", token: token, fields,
            Array(#"{"eventType":"piece.small"}"#.utf8))
        for byte in small { try await connection.send([byte]) }
        let second = try await HTTPReply.head(from: connection, within: .seconds(10))

        #expect(answer.status == 200 && second.status == 200)
    }

    // MARK: Pipelining

    @Test func `S4-15 · a hundred requests in one write are answered in order`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["pipe": "member"])
        let connection = try await server.connect()
        let path = ServerProcess.realtime("pipe")
        let requests = (0..<100).map { number -> [UInt8] in
            let fields = ["X-Request-Id": "p\(number)", "Content-Type": "application/json"]
            switch number % 4 {
            case 0: return HTTPTestClient.request("GET", "/healthz", host: "x", token: nil, fields)
            case 1:
                let body = Array(#"{"eventType":"piped.event","eventData":{"n":\#(number)}}"#.utf8)
                return HTTPTestClient.request("POST", path, host: "x", token: token, fields, body)
            case 2: return HTTPTestClient.request("GET", path, host: "x", token: token, fields)
            default: return HTTPTestClient.request("GET", "/nothing", host: "x", token: nil, fields)
            }
        }

        try await connection.send(requests.flatMap(\.self))
        var answers: [(id: String?, status: Int)] = []
        for _ in requests {
            let head = try await HTTPReply.head(from: connection, within: .seconds(20))
            _ = try await connection.read(exactly: Int(head.header("Content-Length") ?? "") ?? 0)
            answers.append((head.header("X-Request-Id"), head.status))
        }
        let numbers = try await server.client(token: token).events("pipe", types: "piped.event").compactMap {
            $0["eventData"]["n"].int
        }

        #expect(answers.map(\.id) == (0..<100).map { "p\($0)" })
        #expect(answers.map(\.status) == (0..<100).map { $0 % 4 == 3 ? 404 : 200 })
        #expect(numbers == stride(from: 1, to: 100, by: 4).map(\.self))
    }

    @Test func `S4-15 · nothing behind a refused request of a pipeline is answered`() async throws {
        let connection = try await SuiteServer.running.connect()

        try await connection.send(Self.get("Host: x\r\n") + "BAD\r\n\r\n" + Self.get("Host: x\r\n"))
        let answer = String(decoding: try await connection.readToEnd(), as: UTF8.self)

        #expect(answer.answers(200) == 1 && answer.answers(400) == 1)
    }
}

extension String {
    /// How many status lines stand in it, or those of one status.
    func answers(_ status: Int? = nil) -> Int {
        matches(of: #/HTTP/1\.1 (\d{3}) /#).filter { status == nil || Int($0.1) == status }.count
    }
}
