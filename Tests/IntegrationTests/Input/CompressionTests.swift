import Testing

/// gzip, asked for by a client of another make over the real server.
struct CompressionTests {
    @Test func `S4-F2 · files, documents and pages of the log are compressed for who asks, streams never`() async throws
    {
        let server = try await ServerProcess.start()
        let token = server.token(user: "ada", workspaces: ["acme": "admin"])
        let client = server.client(token: token)
        for number in 1...40 {
            _ = try await client.post(
                ServerProcess.realtime("acme"),
                ["eventType": "order.paid", "eventData": ["n": .integer(Int64(number))]])
        }

        for path in ["/api/openapi.json", "/api/workspaces/acme/events?limit=40"] {
            let plain = try await curl(server, token, path, [])
            let coded = try await curl(server, token, path, ["--compressed"])

            #expect(plain.body == coded.body, "\(path)")
            #expect(!plain.header.contains("content-encoding"), "\(path)")
            #expect(coded.header.contains("content-encoding: gzip"), "\(path)")
            #expect(plain.header.contains("vary: accept-encoding") && coded.header.contains("vary: accept-encoding"))
        }
        let stream = try await curl(
            server, token, ServerProcess.realtime("acme"),
            ["--compressed", "-N", "--max-time", "1", "-H", "Accept: text/event-stream"])
        #expect(!stream.header.contains("content-encoding") && stream.body.contains("event: connected"))
    }

    private func curl(
        _ server: ServerProcess, _ token: String, _ path: String, _ options: [String]
    ) async throws -> (header: String, body: String) {
        let child = try ChildProcess(
            "/usr/bin/env",
            [
                "curl", "-sS", "-i", "-H", "Authorization: Bearer \(token)",
                "http://\(server.host):\(server.port)\(path)",
            ]
                + options)
        try await child.waitExit(within: .seconds(20))
        try await child.output.waitFinish()
        let lines = child.output.elements.map { $0.trimmingSuffix { $0 == "\r" } }
        let end = lines.firstIndex(of: "") ?? lines.endIndex
        return (
            lines[..<end].joined(separator: "\n").lowercased(), lines[end...].joined(separator: "\n")
        )
    }
}

extension String {
    fileprivate func trimmingSuffix(_ matches: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, matches(last) { text = text.dropLast() }
        return String(text)
    }
}
