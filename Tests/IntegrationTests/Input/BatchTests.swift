import Testing

/// Many events in one request: judged one by one, numbered without a gap, stored together.
@Suite(.server()) struct BatchTests {
    private func client(_ workspace: String, _ role: String = "member") throws -> HTTPTestClient {
        try SuiteServer.running.client(user: "ada", workspaces: [workspace: role])
    }

    private static func path(_ workspace: String) -> String { "/api/workspaces/\(workspace)/events" }

    private func ndjson(
        _ client: HTTPTestClient, _ workspace: String, _ body: String, _ headers: [String: String] = [:]
    )
        async throws -> HTTPReply
    {
        try await client.post(
            raw: body, to: Self.path(workspace), ["Content-Type": "application/x-ndjson"].merging(headers) { $1 })
    }

    /// Good and bad items, and what each becomes.
    static let mixture: [(String, String?)] = [
        (#"{"eventType":"mixed.item","eventId":"m1"}"#, nil), (#"{"eventType":"BAD"}"#, "invalid_type"),
        (#"{"eventType":"mixed.item","eventId":"m1"}"#, nil),
        (#"{"eventType":"mixed.item","eventId":"m1","eventData":{"a":1}}"#, "idempotency_conflict"),
        (#"{"eventType":"message.sent"}"#, "invalid_payload"),
        (#"{"eventType":"mixed.item","sessionId":""}"#, "invalid_id"),
        (#"{"eventType":"mixed.item","a":1,"a":2}"#, "duplicate_key"),
        (#"{"eventType":"member.added","eventData":{"userId":"eve"}}"#, "forbidden"),
        (#"{"eventType":"mixed.item","userId":"bob"}"#, "forbidden"),
        (#"{"eventType":"message.edited","eventData":{"messageId":"none"}}"#, "not_found"),
        ("7", "invalid_payload"), ("[]", "invalid_payload"), (#"{"eventType":"mixed.item","eventId":"m2"}"#, nil),
        (
            #"{"eventType":"mixed.item","eventData":\#(String(repeating: "[", count: 40))\#(String(repeating: "]", count: 40))}"#,
            "too_deep"
        ),
    ]

    @Test(arguments: [true, false])
    func `S4-8 · each item of a batch has its own verdict`(isArray: Bool) async throws {
        let workspace = isArray ? "mix-a" : "mix-n"
        let client = try client(workspace)
        let items = Self.mixture.map(\.0)

        let reply =
            isArray
            ? try await client.post(raw: "[\(items.joined(separator: ","))]", to: Self.path(workspace))
            : try await ndjson(client, workspace, items.joined(separator: "\n"))
        let json = try reply.json
        let list = json["items"].array

        #expect(reply.status == 200)
        #expect(json["accepted"] == 2 && json["duplicates"] == 1 && json["rejected"] == 11)
        #expect(list.map { $0["index"].int } == Array(0..<items.count))
        #expect(list.map { $0["code"].string } == Self.mixture.map(\.1))
        for item in list where !item["code"].isNull {
            #expect(item["detail"].string?.isEmpty == false && item["seq"].isNull)
        }
        #expect(list[0]["status"] == "accepted" && list[2]["status"] == "duplicate" && list[2]["seq"] == list[0]["seq"])
        #expect(try list[12]["seq"].int == #require(list[0]["seq"].int) + 1)
        #expect(list[12]["id"].string?.hasSuffix("-\(list[12]["seq"].int ?? 0)") == true && list[12]["eventId"] == "m2")
        #expect(try await client.events(workspace, types: "mixed.item").map { $0["eventId"] } == ["m1", "m2"])
    }

    @Test func `S4-8 · a malformed line of NDJSON fails alone`() async throws {
        let client = try client("lines")

        let reply = try await ndjson(
            client, "lines",
            "{\"eventType\":\"line.item\"}\r\n\n  \t\n{nonsense\n\u{FEFF}{\"eventType\":\"line.item\"}\n{\"eventType\":\"line.item\"} x\n{\"eventType\":\"line.item\"}"
        )

        #expect(
            try reply.json["items"].array.map { $0["code"].string } == [
                nil, "invalid_json", "invalid_json", "invalid_json", nil,
            ])
        #expect(try await client.events("lines", types: "line.item").count == 2)
    }

    @Test(arguments: [
        "", " ", "{}", "[", "]", "[]]", "[{}", #"[{"eventType":"array.item"}"#, #"[{"eventType":"array.item"},]"#,
        #"[,{"eventType":"array.item"}]"#, #"[{"eventType":"array.item"} {"eventType":"array.item"}]"#,
        #"[{"eventType":"array.item"},nonsense]"#,
        #"[{"eventType":"array.item"}] x"#, #"[{"eventType":"array.item"}][]"#,
        #"[{"eventType":"array.item"},{"eventType":}]"#,
        #"[{"eventType":"array.item"},{"v":"\ud800"}]"#, "\u{FEFF}[]", #"{"eventType":"array.item"}"#,
        "[{\"eventType\":\"array.item\"},NaN]",
    ])
    func `S4-8 · a malformed array is refused and nothing of it is stored`(body: String) async throws {
        let client = try client("arrays")

        let reply = try await client.post(raw: body, to: Self.path("arrays"))

        try expectProblem(reply, 400, "invalid_batch", path: Self.path("arrays"))
        #expect(try await client.events("arrays", types: "array.item") == [])
        #expect(try await client.get("/healthz").status == 200)
    }

    @Test func `S4-8 · invalid UTF-8 in an array refuses it as a whole`() async throws {
        let body =
            Array(#"[{"eventType":"array.item"},{"eventType":"array.item","eventData":{"v":""#.utf8) + [0xFF]
            + Array(#""}}]"#.utf8)

        let reply = try await client("arrays").post(raw: body, to: Self.path("arrays"))

        try expectProblem(reply, 400, "invalid_batch")
        #expect(try await client("arrays").events("arrays", types: "array.item") == [])
    }

    @Test(arguments: [true, false])
    func `S4-8 · a batch of refused items alone is refused, with its items`(isArray: Bool) async throws {
        let client = try client("refused")
        let items = [#"{"eventType":"BAD"}"#, #"{"eventType":"workspace.updated"}"#]

        let reply =
            isArray
            ? try await client.post(raw: "[\(items.joined(separator: ","))]", to: Self.path("refused"))
            : try await ndjson(client, "refused", items.joined(separator: "\n"))

        let json = try expectProblem(reply, 422, "invalid_batch", path: Self.path("refused"))
        #expect(json["items"].array.map { $0["code"].string } == ["invalid_type", "forbidden"])
        #expect(json["rejected"] == 2)
    }

    @Test func `S4-8 · an empty batch is no error`() async throws {
        let client = try client("empty")

        for reply in [
            try await client.post(raw: "[]", to: Self.path("empty")), try await ndjson(client, "empty", "\n\n"),
        ] {
            #expect(reply.status == 200)
            #expect(try reply.json == ["accepted": 0, "duplicates": 0, "rejected": 0, "items": []])
        }
    }

    @Test(arguments: [true, false])
    func `S4-8 · a batch has at most 1,000 items, numbered one after the other`(isArray: Bool) async throws {
        let workspace = isArray ? "many-a" : "many-n"
        let client = try client(workspace)
        func items(_ count: Int) -> [String] {
            (0..<count).map { #"{"eventType":"many.item","eventData":{"n":\#($0)}}"# }
        }
        func post(_ items: [String]) async throws -> HTTPReply {
            isArray
                ? try await client.post(raw: "[\(items.joined(separator: ","))]", to: Self.path(workspace))
                : try await ndjson(client, workspace, items.joined(separator: "\n"))
        }

        let beyond = try await post(items(1_001))
        let stored = try await client.events(workspace, types: "many.item")
        let full = try await post(items(1_000)).json
        let events = try await client.events(workspace, types: "many.item")

        #expect(beyond.status == 400 || beyond.status == 413, "\(beyond.text.prefix(300))")
        try expectProblem(beyond, beyond.status, "invalid_batch")
        #expect(stored == [])
        let sequences = full["items"].array.compactMap { $0["seq"].int }
        #expect(
            full["accepted"] == 1_000 && sequences == Array((sequences.first ?? 0)..<((sequences.first ?? 0) + 1_000)))
        #expect(events.map { $0["eventData"]["n"].int } == Array(0..<1_000))
    }

    @Test func `S4-8 · batches of several clients at once are not mixed`() async throws {
        let server = try SuiteServer.running
        let runs = try await withThrowingTaskGroup(of: [Int].self) { group in
            for user in 0..<8 {
                let client = server.client(user: "u\(user)", workspaces: ["mixed": "member"])
                let body = (0..<50).map { #"{"eventType":"run.item","eventData":{"u":\#(user),"n":\#($0)}}"# }.joined(
                    separator: "\n")
                group.addTask {
                    let reply = try await client.send(
                        "POST", Self.path("mixed"), ["Content-Type": "application/x-ndjson"], Array(body.utf8))
                    return try reply.json["items"].array.compactMap { $0["seq"].int }
                }
            }
            return try await group.reduce(into: [[Int]]()) { $0.append($1) }
        }

        for run in runs { #expect(run.count == 50 && run.last == (run.first ?? 0) + 49) }
        #expect(Set(runs.joined()).count == 400)
    }

    @Test func `S4-15 · a batch with an Idempotency-Key is refused`() async throws {
        let client = try client("keyed")

        let reply = try await ndjson(client, "keyed", #"{"eventType":"keyed.item"}"#, ["Idempotency-Key": "k"])

        try expectProblem(reply, 400, "invalid_parameter", path: Self.path("keyed"))
        #expect(try await client.events("keyed", types: "keyed.item") == [])
        #expect(try await client.get("/healthz").status == 200)
    }

    @Test func `S4-8 · a batch sent again is all duplicates`() async throws {
        let client = try client("repeat")
        let body = (0..<10).map { #"{"eventType":"again.item","eventId":"a\#($0)"}"# }.joined(separator: "\n")

        let first = try await ndjson(client, "repeat", body).json
        let second = try await ndjson(client, "repeat", body).json

        #expect(first["accepted"] == 10 && second["duplicates"] == 10 && second["accepted"] == 0)
        #expect(second["items"].array.map { $0["seq"] } == first["items"].array.map { $0["seq"] })
    }

    @Test(arguments: [1, 7, 64, 1_024])
    func `S4-8 · a batch may arrive in pieces of any size`(size: Int) async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["piece\(size)": "member"])
        let connection = try await server.connect()
        let body =
            "["
            + (0..<20).map { #" {"eventType" : "piece.item","eventData":{"n":\#($0),"v":"[]{},\"\\"}} "# }.joined(
                separator: ",") + "]"
        let request = HTTPTestClient.request(
            "POST", Self.path("piece\(size)"), host: "x", token: token, ["Content-Type": "application/json"],
            Array(body.utf8))

        for start in stride(from: 0, to: request.count, by: size) {
            try await connection.send(Array(request[start..<min(start + size, request.count)]))
        }
        var reply = try await HTTPReply.head(from: connection, within: .seconds(10))
        reply.body = try await connection.read(exactly: Int(reply.header("Content-Length") ?? "") ?? 0)

        #expect(try reply.json["accepted"] == 20, "\(reply.text)")
    }

    @Test func `S4-8 · a dry run judges and stores nothing`() async throws {
        let client = try client("dry")

        let reply = try await client.post(
            raw: #"[{"eventType":"dry.item"},{"eventType":"BAD"}]"#, to: Self.path("dry") + "?dryRun=true")

        #expect(try reply.json["items"].array.map { $0["status"] } == ["valid", "rejected"])
        #expect(try await client.events("dry", types: "dry.item") == [])
    }

    // MARK: Previews

    @Test func `S0-6 · a preview never comes back, whoever asks`() async throws {
        let server = try SuiteServer.running
        let sender = try client("previews", "admin")
        let stream = try await server.stream(
            "previews", token: server.token(user: "bob", workspaces: ["previews": "member"]))
        _ = try await stream.next("connected")
        let data: TestJSON = ["channelId": "c", "messageId": "m", "preview": "TopSecretWords", "mentions": ["bob"]]

        let sent = try await sender.track("previews", "message.sent", data)
        let edited = try await sender.track(
            "previews", "message.edited", ["messageId": "m", "preview": "TopSecretWords"])
        let batch = try await sender.post(
            Self.path("previews"),
            [
                [
                    "eventType": "message.sent",
                    "eventData": ["channelId": "c", "preview": "TopSecretWords", "hasPreview": false],
                ]
            ])
        _ = try await sender.track("previews", "preview.last")
        _ = try await stream.next { $0.json["eventType"] == "preview.last" }
        let log = try await sender.get(Self.path("previews") + "?limit=1000")
        let events = try log.json["events"].array.filter { $0["eventType"].string?.hasPrefix("message.") == true }

        #expect(sent.status == 200 && edited.status == 200 && batch.status == 200)
        #expect(events.count == 3 && events.allSatisfy { $0["eventData"]["hasPreview"] == true })
        for text in [sent.text, edited.text, batch.text, log.text, String(decoding: stream.body, as: UTF8.self)] {
            #expect(!text.contains("TopSecret") && !text.contains(#""preview""#))
        }
        #expect(!server.log.contains { $0.contains("TopSecret") })
    }
}
