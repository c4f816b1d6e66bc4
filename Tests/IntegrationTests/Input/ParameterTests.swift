import Testing

/// Query parameters, positions, and how a workspace is named.
@Suite(.server()) struct ParameterTests {
    private static let stream = "text/event-stream"
    private static let realtime = ServerProcess.realtime("params")
    private static let log = "/api/workspaces/params/events"

    private func client(_ role: String = "member") throws -> HTTPTestClient {
        try SuiteServer.running.client(user: "ada", workspaces: ["params": role])
    }

    /// 32 patterns are allowed.
    private static func patterns(_ count: Int) -> String { (0..<count).map { "t\($0).x" }.joined(separator: ",") }

    // MARK: Streams

    static let badStreamQueries: [(String, String)] = [
        ("types=", "invalid_parameter"), ("types=message", "invalid_parameter"), ("types=*", "invalid_parameter"),
        ("types=MESSAGE.*", "invalid_parameter"), ("types=message.*,", "invalid_parameter"),
        ("types=message.*.x", "invalid_parameter"), ("types=.*", "invalid_parameter"),
        ("types=a.b%0Aevent:x", "invalid_parameter"), ("types=\(patterns(33))", "invalid_parameter"),
        ("stats=", "invalid_parameter"), ("stats=no", "invalid_parameter"), ("stats=OFF", "invalid_parameter"),
        ("events=0", "invalid_parameter"), ("stats=off&events=off", "invalid_parameter"),
        ("lastEventId=abc", "invalid_parameter"), ("lastEventId=42", "invalid_parameter"),
        ("lastEventId=abcdefghij-", "invalid_parameter"), ("lastEventId=abcdefghij--1", "invalid_parameter"),
        ("lastEventId=abcdefghij-01", "invalid_parameter"), ("lastEventId=ABCDEFGHIJ-1", "invalid_parameter"),
        ("lastEventId=abcdefghij-9223372036854775808", "invalid_parameter"),
        ("lastEventId=abcdefghij-1%0A", "invalid_parameter"), ("types=%", "invalid_request"),
        ("types=%4", "invalid_request"),
        ("types=%zz", "invalid_request"), ("types=%00", "invalid_request"), ("types=%ff", "invalid_request"),
        ("types=%c0%ae", "invalid_request"), ("%=1", "invalid_request"),
    ]

    @Test(arguments: badStreamQueries)
    func `S4-15 · a stream is refused for a malformed parameter`(query: String, code: String) async throws {
        let reply = try await client().get("\(Self.realtime)?\(query)", ["Accept": Self.stream])

        try expectProblem(reply, 400, code, path: Self.realtime)
    }

    @Test(arguments: [
        "types=message.*", "types=message.*,task.completed", "types=message%2E%2A", "types=\(patterns(32))",
        "stats=off",
        "events=off", "stats=on&events=on", "lastEventId=", "unknown=1", "", "&&", "types=a.b&types=nonsense",
    ])
    func `S4-5 · a stream is opened with`(query: String) async throws {
        let server = try SuiteServer.running

        let stream = try await server.stream(
            "params", token: server.token(user: "ada", workspaces: ["params": "member"]), query: query)

        _ = try await stream.next("connected")
    }

    @Test(arguments: ["x", "abcdefghij-x", "12345", "abcdefghij-1; DROP", "é"])
    func `S4-15 · a Last-Event-ID of another server gets a reset, not an error`(id: String) async throws {
        let server = try SuiteServer.running

        let stream = try await server.stream(
            "params", token: server.token(user: "ada", workspaces: ["params": "member"]), lastEventID: id)
        let reset = try await stream.next("reset")

        #expect(reset.json["reason"] == "epoch")
    }

    @Test func `S4-15 · positions of another epoch and ahead of the head get a reset that says so`() async throws {
        let server = try SuiteServer.running
        let token = server.token(user: "ada", workspaces: ["params": "member"])
        let head = try #require(try await client().get(Self.log).json["head"].string)
        let epoch = head.prefix { $0 != "-" }

        for (id, reason) in [("zzzzzzzzzz-1", "epoch"), ("\(epoch)-9223372036854775807", "ahead")] {
            let stream = try await server.stream("params", token: token, lastEventID: id)
            #expect(try await stream.next("reset").json["reason"].string == reason)
            let byQuery = try await server.stream("params", token: token, query: "lastEventId=\(id)")
            #expect(try await byQuery.next("reset").json["reason"].string == reason)
        }
    }

    // MARK: The log

    static let badLogQueries: [(String, Int, String)] = [
        ("after=", 400, "invalid_parameter"), ("after=1", 400, "invalid_parameter"),
        ("after=x-1", 400, "invalid_parameter"),
        ("after=abcdefghij-1x", 400, "invalid_parameter"), ("after=abcdefghij_1", 400, "invalid_parameter"),
        ("after=zzzzzzzzzz-1", 410, "log_pruned"), ("limit=0", 422, "out_of_range"), ("limit=-1", 422, "out_of_range"),
        ("limit=1001", 422, "out_of_range"), ("limit=", 422, "out_of_range"), ("limit=ten", 422, "out_of_range"),
        ("limit=99999999999999999999", 422, "out_of_range"), ("limit=1.5", 422, "out_of_range"),
        ("wait=26s", 422, "out_of_range"), ("wait=-1s", 422, "out_of_range"), ("wait=", 422, "out_of_range"),
        ("wait=soon", 422, "out_of_range"), ("wait=9999999999999h", 422, "out_of_range"),
        ("types=message", 400, "invalid_parameter"), ("types=%e2%82", 400, "invalid_request"),
        ("after=%", 400, "invalid_request"),
    ]

    @Test(arguments: badLogQueries)
    func `S4-15 · reading the log is refused for a parameter that is malformed or out of range`(
        query: String, status: Int, code: String
    ) async throws {
        try expectProblem(try await client().get("\(Self.log)?\(query)"), status, code, path: Self.log)
    }

    @Test(arguments: [
        "", "limit=1", "limit=1000", "wait=0s", "types=message.*", "after=zzzzzzzzzz-0", "types=a.b,c.d&limit=7",
    ])
    func `S4-8 · the log is read with`(query: String) async throws {
        let reply = try await client().get("\(Self.log)?\(query)")

        #expect(reply.status == 200)
        for member in ["next", "head", "floor"] { #expect(try reply.json[member].string?.contains("-") == true) }
    }

    @Test func `S4-8 · a position ahead of the head is out of range, the head itself is not`() async throws {
        let client = try client()
        let head = try #require(try await client.get(Self.log).json["head"].string)
        let epoch = head.prefix { $0 != "-" }

        let ahead = try await client.get("\(Self.log)?after=\(epoch)-9223372036854775807")
        let exact = try await client.get("\(Self.log)?after=\(head)")

        try expectProblem(ahead, 422, "out_of_range", path: Self.log)
        #expect(exact.status == 200)
    }

    @Test func `S4-8 · pages follow each other by next and end at the head`() async throws {
        let client = try SuiteServer.running.client(user: "ada", workspaces: ["paged": "member"])
        for number in 0..<7 { _ = try await client.track("paged", "page.item", ["n": .integer(Int64(number))]) }

        var seen: [Int] = []
        var after = ""
        var pages = 0
        while pages < 20 {
            let page = try await client.get("/api/workspaces/paged/events?limit=2\(after)&types=page.item").json
            pages += 1
            seen += page["events"].array.compactMap { $0["eventData"]["n"].int }
            if page["next"] == page["head"] { break }
            after = "&after=\(page["next"].string ?? "")"
        }

        #expect(seen == Array(0..<7))
    }

    @Test func `S4-8 · a long poll is answered by the event it waits for`() async throws {
        let server = try SuiteServer.running
        let waiting = server.client(user: "ada", workspaces: ["poll": "member"])
        let sending = server.client(user: "bob", workspaces: ["poll": "member"])
        _ = try await sending.track("poll", "poll.first")
        let head = try #require(try await waiting.get("/api/workspaces/poll/events").json["head"].string)

        async let page = waiting.get("/api/workspaces/poll/events?after=\(head)&wait=25s")
        let sent = try await sending.track("poll", "poll.second")
        let events = try await page.json["events"].array

        #expect(events.first?["id"] == (try sent.json["id"]))
    }

    // MARK: Closing

    @Test(arguments: ["hold=", "hold=-1s", "hold=25h", "hold=soon", "hold=10", "final=1", "final=", "final=TRUE"])
    func `S4-9 · closing is refused for a malformed parameter`(query: String) async throws {
        let reply = try await client("admin").delete("\(Self.realtime)?\(query)")

        try expectProblem(reply, 400, "invalid_parameter", path: Self.realtime)
    }

    @Test func `S4-9 · closing is refused for a query that is badly encoded`() async throws {
        try expectProblem(try await client("admin").delete("\(Self.realtime)?hold=%g1"), 400, "invalid_request")
    }

    // MARK: Workspaces

    @Test(arguments: ["%", "%4", "%zz", "%00", "%ff", "%c0%af", "%ed%a0%80"])
    func `S4-15 · a workspace that is badly encoded makes a malformed request`(name: String) async throws {
        for path in [ServerProcess.realtime(name), "/api/workspaces/\(name)/events"] {
            try expectProblem(try await client().get(path), 400, "invalid_request")
        }
    }

    @Test(arguments: ["a%20b", "a%2Fb", "..%2f", "a%0Ab", "%C3%A9", String(repeating: "x", count: 65), "a*b"])
    func `S4-15 · a workspace that no id can name does not exist`(name: String) async throws {
        let path = ServerProcess.realtime(name)
        let reply = try await SuiteServer.running.client(user: "op", workspaces: ["*": "admin"]).get(path)

        try expectProblem(reply, 404, "not_found", path: path)
    }

    @Test func `S4-15 · a percent-encoded name is the name`() async throws {
        let client = try client()

        let reply = try await client.get(ServerProcess.realtime("p%61rams"))

        #expect(try reply.json["meta"]["workspaceId"] == "params")
    }
}

/// Positions behind what the log still holds.
struct PrunedPositionTests {
    @Test func `S4-15 · a position behind the retained log is answered with pruned everywhere`() async throws {
        let first = try await ServerProcess.start()
        let sender = first.client(user: "ada", workspaces: ["old": "member"])
        for _ in 0..<5 { _ = try await sender.track("old", "old.event") }
        let head = try #require(try await sender.get("/api/workspaces/old/events").json["head"].string)
        let epoch = head.prefix { $0 != "-" }
        first.terminate()
        try await first.waitExit()
        let prune = try ChildProcess(
            "/usr/bin/env",
            [
                "sqlite3", first.data.file("tideline.db"),
                "DELETE FROM events WHERE seq <= 4; UPDATE workspaces SET log_floor = 4;",
            ])
        #expect(try await prune.waitExit() == 0, "\(prune.errors.elements)")

        let server = try await first.restart()
        let client = server.client(user: "ada", workspaces: ["old": "member"])
        let behind = try await client.get("/api/workspaces/old/events?after=\(epoch)-3")
        let atFloor = try await client.get("/api/workspaces/old/events?after=\(epoch)-4")
        let stream = try await server.stream(
            "old", token: server.token(user: "ada", workspaces: ["old": "member"]), lastEventID: "\(epoch)-3")
        let reset = try await stream.next("reset")

        try expectProblem(behind, 410, "log_pruned", path: "/api/workspaces/old/events")
        #expect(try behind.json["detail"].string?.contains("\(epoch)-4") == true)
        #expect(try atFloor.json["events"].array.first?["seq"].int == 5)
        #expect(reset.json["reason"] == "pruned" && reset.json["head"].string == head)
    }
}
