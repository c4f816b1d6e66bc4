import Testing

/// Every answer carries `X-Request-Id`: the client's own when it is one, else a new one.
@Suite(.server()) struct RequestIDTests {
    static let paths = ["/healthz", "/api/me", "/", "/api/nothing", ServerProcess.realtime("ids")]

    @Test(arguments: paths, ["a", "Req_1.x-9", String(repeating: "z", count: 64)])
    func `a request id is taken over`(path: String, id: String) async throws {
        let reply = try await SuiteServer.running.client().get(path, ["X-Request-Id": id])

        #expect(reply.headers.filter { $0.name.lowercased() == "x-request-id" }.map(\.value) == [id])
    }

    @Test(arguments: paths, ["", "a b", "a/b", "é", "a,b", String(repeating: "z", count: 65)])
    func `what is no request id is replaced`(path: String, id: String) async throws {
        let reply = try await SuiteServer.running.client().get(path, ["X-Request-Id": id])

        let given = try #require(reply.header("X-Request-Id"))
        #expect(given != id && !given.isEmpty)
    }

    @Test(arguments: paths) func `each answer has its own`(path: String) async throws {
        let client = try SuiteServer.running.client()

        let first = try await client.get(path).header("X-Request-Id")
        let second = try await client.get(path).header("X-Request-Id")

        #expect(first != nil && first != second)
    }

    @Test func `an unreadable request gets one too`() async throws {
        let connection = try await SuiteServer.running.connect()

        try await connection.send("nonsense\r\n\r\n")
        let reply = try await HTTPReply.head(from: connection, within: .seconds(10))

        #expect(reply.status == 400)
        #expect(reply.header("X-Request-Id")?.isEmpty == false)
    }
}
