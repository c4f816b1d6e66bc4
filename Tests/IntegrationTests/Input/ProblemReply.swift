import Testing

/// Checks that `reply` is a problem document (RFC 9457) as every refusal must be, and that its framing is complete.
/// - Parameters:
///   - pointer: the one place in the body that it must name.
///   - path: what `instance` must be.
/// - Returns: the document.
@discardableResult
func expectProblem(
    _ reply: HTTPReply, _ status: Int, _ code: String, at pointer: String? = nil, path: String? = nil,
    _ comment: @autoclosure () -> Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) throws -> TestJSON {
    let json = (try? reply.json) ?? .null
    #expect(
        reply.status == status && json["code"].string == code, comment() ?? "answered \(reply.status) \(reply.text)",
        sourceLocation: sourceLocation)
    #expect(reply.header("Content-Type") == "application/problem+json", comment(), sourceLocation: sourceLocation)
    #expect(reply.header("X-Request-Id")?.isEmpty == false, comment(), sourceLocation: sourceLocation)
    #expect(json["status"].int == reply.status, comment(), sourceLocation: sourceLocation)
    for member in ["type", "title", "detail", "instance"] {
        #expect(json[member].string?.isEmpty == false, "\(member) of \(reply.text)", sourceLocation: sourceLocation)
    }
    if let path { #expect(json["instance"].string == path, comment(), sourceLocation: sourceLocation) }
    if let pointer {
        #expect(
            json["errors"].array.map { $0["pointer"].string } == [pointer], comment() ?? "\(reply.text)",
            sourceLocation: sourceLocation)
        #expect(json["errors"][0]["detail"].string?.isEmpty == false, comment(), sourceLocation: sourceLocation)
    }
    return json
}

extension HTTPTestClient {
    /// Posts bytes that say they are JSON.
    func post(raw body: [UInt8], to path: String, _ headers: [String: String] = [:]) async throws -> HTTPReply {
        try await send("POST", path, ["Content-Type": "application/json"].merging(headers) { $1 }, body)
    }

    func post(raw body: String, to path: String, _ headers: [String: String] = [:]) async throws -> HTTPReply {
        try await post(raw: Array(body.utf8), to: path, headers)
    }

    /// Posts one event.
    func track(
        _ workspace: String, _ type: String, _ data: TestJSON = [:], _ more: [String: TestJSON] = [:],
        headers: [String: String] = [:]
    ) async throws -> HTTPReply {
        let event = ["eventType": .string(type), "eventData": data].merging(more) { $1 }
        return try await post(ServerProcess.realtime(workspace), .object(event), headers)
    }

    /// The events of the log that the bearer may see.
    func events(_ workspace: String, types: String? = nil) async throws -> [TestJSON] {
        let query = types.map { "&types=\($0)" } ?? ""
        let reply = try await get("/api/workspaces/\(workspace)/events?limit=1000\(query)")
        return try reply.json["events"].array
    }
}

/// A row of a table of texts, shown by its name.
struct NamedBytes: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]

    init(_ name: String, _ bytes: [UInt8]) {
        testDescription = name
        self.bytes = bytes
    }

    init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }
}
