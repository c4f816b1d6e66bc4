/// What a server answered.
struct HTTPReply: Sendable {
    let version: String
    let status: Int
    let headers: [(name: String, value: String)]
    var body: [UInt8]

    /// The value of the first field of that name, whatever its case.
    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: TestJSON { get throws { try TestJSON(body) } }

    /// Reads the head (through the blank line) from `connection`.
    static func head(from connection: RawConnection, within limit: Duration) async throws -> HTTPReply {
        let bytes = try await connection.read(through: "\r\n\r\n", within: limit)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let start = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard start.count >= 2, start[0].hasPrefix("HTTP/1."), let status = Int(start[1]) else {
            throw FramingError(description: "status line \(lines.first ?? "")")
        }
        let headers = try lines.dropFirst().map { line in
            guard let colon = line.firstIndex(of: ":") else { throw FramingError(description: "header line \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return (name: String(line[..<colon]), value: String(value))
        }
        return HTTPReply(version: String(start[0]), status: status, headers: headers, body: [])
    }
}

/// An HTTP/1.1 client for tests: one connection, kept alive and reused; a new one when the server closed it.
///
/// ```swift
/// let client = HTTPTestClient(port: server.port, token: server.token(user: "ana", workspaces: ["w": "member"]))
/// let reply = try await client.get("/api/workspaces/w/analytics/realtime")
/// ```
actor HTTPTestClient {
    private let host: String
    private let port: Int
    private let token: String?
    private let limit: Duration
    private var connection: RawConnection?
    /// How many connections were needed so far.
    private(set) var connectionsOpened = 0

    init(host: String = "127.0.0.1", port: Int, token: String? = nil, within limit: Duration = .seconds(10)) {
        self.host = host
        self.port = port
        self.token = token
        self.limit = limit
    }

    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> HTTPReply {
        try await send("GET", path, headers)
    }

    func delete(_ path: String, _ headers: [String: String] = [:]) async throws -> HTTPReply {
        try await send("DELETE", path, headers)
    }

    /// Posts JSON.
    func post(_ path: String, _ body: TestJSON, _ headers: [String: String] = [:]) async throws -> HTTPReply {
        try await send(
            "POST", path, ["Content-Type": "application/json"].merging(headers) { $1 }, Array(body.text.utf8))
    }

    /// One exchange. A field in `headers` replaces the one that the client would write (`Host`, `Authorization`, …).
    func send(
        _ method: String, _ path: String, _ headers: [String: String] = [:], _ body: [UInt8]? = nil
    ) async throws -> HTTPReply {
        let request = Self.request(method, path, host: "\(host):\(port)", token: token, headers, body)
        if let connection {
            do {
                return try await exchange(request, method, on: connection)
            } catch ConnectionError.ended, ConnectionError.reset {
                self.connection = nil  // it was closed while idle; nothing of the answer had come
            }
        }
        let fresh = try await RawConnection.open(host, port: port, within: limit)
        connectionsOpened += 1
        return try await exchange(request, method, on: fresh)
    }

    /// Closes the connection; the next request opens another.
    func close() {
        connection?.close()
        connection = nil
    }

    /// The bytes of a request.
    static func request(
        _ method: String, _ path: String, host: String, token: String?, _ headers: [String: String] = [:],
        _ body: [UInt8]? = nil
    ) -> [UInt8] {
        var fields = ["Host": host]
        if let token { fields["Authorization"] = "Bearer \(token)" }
        if let body { fields["Content-Length"] = String(body.count) }
        for (name, value) in headers { fields[name] = value }
        let lines = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
        return Array("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n".utf8) + (body ?? [])
    }

    private func exchange(_ request: [UInt8], _ method: String, on connection: RawConnection) async throws -> HTTPReply
    {
        try await connection.send(request, within: limit)
        var reply = try await HTTPReply.head(from: connection, within: limit)
        while (100..<200).contains(reply.status) { reply = try await HTTPReply.head(from: connection, within: limit) }
        var isReusable = reply.version == "HTTP/1.1" && reply.header("Connection")?.lowercased() != "close"
        if method == "HEAD" || reply.status == 204 || reply.status == 304 {
            // no body
        } else if reply.header("Transfer-Encoding")?.lowercased() == "chunked" {
            var decoder = ChunkDecoder()
            while !decoder.isFinished {
                let bytes = try await connection.read(within: limit)
                if bytes.isEmpty { throw ConnectionError.ended }
                reply.body += try decoder.receive(bytes)
            }
            connection.unread(decoder.rest)
        } else if let length = reply.header("Content-Length").flatMap(Int.init) {
            reply.body = try await connection.read(exactly: length, within: limit)
        } else {
            reply.body = try await connection.readToEnd(within: limit)
            isReusable = false
        }
        self.connection = isReusable ? connection : nil
        return reply
    }
}
