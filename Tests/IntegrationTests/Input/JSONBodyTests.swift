import Testing

/// The body of a posted event is strict JSON (RFC 8259), within bounds; whatever else it is gets its own code, and
/// nothing of it is stored.
@Suite(.server()) struct JSONBodyTests {
    private static let path = ServerProcess.realtime("json")

    private func client() throws -> HTTPTestClient {
        try SuiteServer.running.client(user: "ada", workspaces: ["json": "member"])
    }

    /// An event whose `eventData` holds `text` as the member `v`.
    private static func body(_ text: String) -> String { #"{"eventType":"refused.body","eventData":{"v":\#(text)}}"# }

    private static func body(around bytes: [UInt8]) -> [UInt8] {
        Array(#"{"eventType":"refused.body","eventData":{"v":""#.utf8) + bytes + Array(#""}}"#.utf8)
    }

    private static func nested(_ levels: Int, _ open: String = "[", _ close: String = "]") -> String {
        // The body and eventData are the first two.
        body(String(repeating: open, count: levels - 2) + "1" + String(repeating: close, count: levels - 2))
    }

    // MARK: Refusals

    static let malformed: [NamedBytes] =
        [
            ("nothing", ""), ("white space", " \r\n\t"), ("a cut", #"{"eventType":"refused.body""#), ("{", "{"),
            ("no value", #"{"eventType":}"#), ("a comma too many", #"{"eventType":"refused.body",}"#),
            ("no colon", #"{"eventType" "refused.body"}"#), ("no quotes", "{eventType:1}"),
            ("single quotes", "{'eventType':'refused.body'}"), ("a comment", body("1/*x*/")), ("NaN", body("NaN")),
            ("Infinity", body("Infinity")), ("-Infinity", body("-Infinity")), ("+1", body("+1")), ("01", body("01")),
            ("-01", body("-01")), ("1.", body("1.")), (".5", body(".5")), ("1e", body("1e")), ("1e+", body("1e+")),
            ("0x10", body("0x10")), ("a minus alone", body("-")), ("True", body("True")), ("nul", body("nul")),
            ("undefined", body("undefined")), ("a tab in a string", body("\"a\tb\"")),
            ("a line end in a string", body("\"a\nb\"")), ("a NUL in a string", body("\"a\0b\"")),
            (#"\x41"#, body(#""\x41""#)), (#"\u12"#, body(#""\u12""#)), (#"\u12g4"#, body(#""\u12g4""#)),
            (#"\'"#, body(#""\'""#)), ("an open string", #"{"eventType":"refused.body"#),
            ("a lone high surrogate", body(#""\ud800""#)), ("a lone low surrogate", body(#""\udc00""#)),
            ("surrogates the wrong way", body(#""\udc00\ud800""#)),
            ("a high surrogate and a letter", body(#""\ud800x""#)),
            ("a lone surrogate in a key", #"{"eventType":"refused.body","eventData":{"\ud800":1}}"#),
            ("two texts", body("1") + body("2")), ("a brace too many", body("1") + "}"),
            ("a letter behind", body("1") + "x"), ("a NUL behind", body("1") + "\0"),
            ("the wrong bracket", #"{"eventType":"refused.body","eventData":{"v":[1}}"#),
        ].map { NamedBytes($0.0, $0.1) } + [
            NamedBytes("a byte order mark", [0xEF, 0xBB, 0xBF] + Array(body("1").utf8)),
            NamedBytes("UTF-16", Array(body("1").utf8).flatMap { [$0, 0] }),
            NamedBytes("byte FF", body(around: [0xFF])), NamedBytes("an overlong NUL", body(around: [0xC0, 0x80])),
            NamedBytes("a cut sequence", body(around: [0xE2, 0x82])),
            NamedBytes("a continuation alone", body(around: [0x80])),
            NamedBytes("an encoded surrogate", body(around: [0xED, 0xA0, 0x80])),
            NamedBytes("beyond U+10FFFF", body(around: [0xF4, 0x90, 0x80, 0x80])),
        ]

    @Test(arguments: malformed)
    func `S4-15 · what is not strict JSON is refused and not stored`(row: NamedBytes) async throws {
        let client = try client()

        let reply = try await client.post(raw: row.bytes, to: Self.path)
        let stored = try await client.events("json", types: "refused.body")

        try expectProblem(reply, 400, "invalid_json", path: Self.path)
        #expect(stored == [])
        #expect(await client.connectionsOpened == 1, "a refused body costs no connection")
    }

    @Test(arguments: [
        NamedBytes("at the top", #"{"eventType":"refused.body","eventType":"refused.body"}"#),
        NamedBytes("escaped", #"{"eventType":"refused.body","event\u0054ype":"x.y"}"#),
        NamedBytes("in the data", #"{"eventType":"refused.body","eventData":{"a":1,"b":2,"a":1}}"#),
        NamedBytes("deep", #"{"eventType":"refused.body","eventData":{"l":[{"a":{"k":1,"k":2}}]}}"#),
        NamedBytes("empty names", #"{"eventType":"refused.body","eventData":{"":1,"":2}}"#),
        NamedBytes("a scalar and its escape", #"{"eventType":"refused.body","eventData":{"é":1,"\u00E9":2}}"#),
        NamedBytes("a pair and its escape", #"{"eventType":"refused.body","eventData":{"😀":1,"\ud83d\uDE00":2}}"#),
        NamedBytes("in a member nobody reads", #"{"eventType":"refused.body","other":{"a":1,"a":2}}"#),
    ])
    func `S4-15 · a key given twice is refused however it is spelt`(row: NamedBytes) async throws {
        let client = try client()

        let reply = try await client.post(raw: row.bytes, to: Self.path)

        try expectProblem(reply, 400, "duplicate_key", path: Self.path)
        #expect(try await client.events("json", types: "refused.body") == [])
    }

    @Test(arguments: ["[]", "[{}]", #""text""#, "7", "null", "true"])
    func `S4-15 · a body that is no object is refused as a whole`(text: String) async throws {
        let reply = try await client().post(raw: text, to: Self.path)

        try expectProblem(reply, 422, "invalid_payload", at: "", path: Self.path)
    }

    @Test(arguments: [("[", "]"), (#"{"a":"#, "}")])
    func `S4-15 · JSON is nested 32 deep and no deeper`(open: String, close: String) async throws {
        let client = try client()

        let within = try await client.post(
            raw: Self.nested(32, open, close).replacing("refused.body", with: "deep.body"), to: Self.path)
        let beyond = try await client.post(raw: Self.nested(33, open, close), to: Self.path)
        let far = try await client.post(raw: Self.nested(10_000, open, close), to: Self.path)

        #expect(within.status == 200, "\(within.text)")
        try expectProblem(beyond, 400, "too_deep", path: Self.path)
        try expectProblem(far, 400, "too_deep", path: Self.path)
        #expect(try await client.events("json", types: "refused.body") == [])
    }

    // MARK: Acceptance

    /// What is valid though it looks odd.
    static let accepted: [NamedBytes] = [
        NamedBytes("names that only look alike", #"{"é":1,"e\#u{301}":2}"#),
        NamedBytes("an escaped NUL", #"{"v":"\u0000"}"#),
        NamedBytes("an escaped pair", #"{"v":"\ud83d\ude00"}"#), NamedBytes("a noncharacter", "{\"v\":\"\u{FFFE}\"}"),
        NamedBytes("DEL", "{\"v\":\"\u{7F}\"}"), NamedBytes("line separators", "{\"v\":\"\u{2028}\u{2029}\"}"),
        NamedBytes("numbers as spelt", #"{"v":[1.0e+2,-0,-0.0,1E400,0.1000,123456789012345678901234567890]}"#),
        NamedBytes("escapes as spelt", #"{"v":"\/\u002f\b\f\n\r\t\"\\"}"#),
        NamedBytes("keys in their order", #"{"z":1,"a":{"y":[],"b":{}},"":null}"#),
        NamedBytes("literals", "{\"v\":[true,false,null]}"), NamedBytes("text that is no number", #"{"v":"NaN"}"#),
    ]

    @Test(arguments: accepted)
    func `S4-8 · what was accepted comes back as the same bytes without white space`(row: NamedBytes) async throws {
        let client = try client()
        let compact = String(decoding: row.bytes, as: UTF8.self)
        let spaced = " {\r\n\t\"eventType\" : \"kept.body\" , \"eventData\":\n\(compact) } \n"

        let reply = try await client.post(raw: spaced, to: Self.path)
        let page = try await client.get("/api/workspaces/json/events?limit=1000&types=kept.body")

        #expect(reply.status == 200, "\(reply.text)")
        #expect(page.text.contains(#""eventData":\#(compact)"#), "\(page.text)")
    }

    // MARK: Sizes

    /// An event that is exactly `count` bytes long.
    private static func body(ofBytes count: Int) -> [UInt8] {
        let start = Array(#"{"eventType":"sized.body","eventData":{"v":""#.utf8)
        return start + Array(repeating: UInt8(ascii: "x"), count: count - start.count - 3) + Array(#""}}"#.utf8)
    }

    @Test(arguments: [(65_535, 200), (65_536, 200), (65_537, 413)])
    func `S4-15 · a body has at most 64 KiB, white space included`(count: Int, status: Int) async throws {
        let client = try client()
        let spaces = Array(repeating: UInt8(ascii: " "), count: count - 26)

        for body in [Self.body(ofBytes: count), Array(#"{"eventType":"sized.body"}"#.utf8) + spaces] {
            let reply = try await client.post(raw: body, to: Self.path)
            #expect(reply.status == status)
            if status == 413 { try expectProblem(reply, 413, "too_large", path: Self.path) }
        }
        #expect(try await client.track("json", "after.size").status == 200)
    }

    @Test(arguments: [(65_535, 200), (65_536, 200), (65_537, 413)])
    func `S4-15 · a chunked body has the same bound`(count: Int, status: Int) async throws {
        let body = Self.body(ofBytes: count)
        var chunked: [UInt8] = []
        for start in stride(from: 0, to: count, by: 1_024) {
            let piece = body[start..<min(start + 1_024, count)]
            chunked += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
        }
        let server = try SuiteServer.running
        let connection = try await server.connect()
        let head = HTTPTestClient.request(
            "POST", Self.path, host: "x", token: server.token(user: "ada", workspaces: ["json": "member"]),
            ["Content-Type": "application/json", "Transfer-Encoding": "chunked"])

        try await connection.send(head + chunked + Array("0\r\n\r\n".utf8))
        let reply = try await HTTPReply.head(from: connection, within: .seconds(10))

        #expect(reply.status == status)
    }
}
