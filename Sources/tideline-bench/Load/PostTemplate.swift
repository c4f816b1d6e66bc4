/// A prepared POST: the whole request as bytes, with the place where its publish time goes.
struct PostTemplate {
    /// Index of the workspace it posts to.
    let workspace: Int
    /// Events that one answer acknowledges.
    let events: Int
    private let bytes: [UInt8]
    private let timeOffset: Int?

    /// One event of `size` bytes of body, or a batch of `batch` such events as NDJSON.
    init(workspace: Int, name: String, token: String, size: Int = 250, batch: Int? = nil) {
        let event = PostTemplate.event(size: size)
        let path = "/api/workspaces/\(name)" + (batch == nil ? "/analytics/realtime" : "/events")
        let type = batch == nil ? "application/json" : "application/x-ndjson"
        let body = batch.map { String(repeating: event + "\n", count: $0) } ?? event
        let head = """
            POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\nContent-Type: \(type)\r\n\
            Content-Length: \(body.utf8.count)\r\n\r\n
            """
        self.workspace = workspace
        events = batch ?? 1
        let request = Array((head + body).utf8)
        let key =
            batch == nil ? ByteSearch.first(PublishTime.keyBytes, in: request.span, range: 0..<request.count) : nil
        bytes = request
        timeOffset = key.map { offset in offset + PublishTime.keyBytes.count }
    }

    /// The request, stamped with `time`.
    func request(at time: Int64) -> [UInt8] {
        var request = bytes
        if let timeOffset { PublishTime.write(time, into: &request, at: timeOffset) }
        return request
    }

    /// The event's JSON, padded to `size` bytes.
    static func event(size: Int) -> String {
        let start = "{\"eventType\":\"bench.tick\",\"sessionId\":\"bench\",\"eventData\":{\"pad\":\""
        let end = "\",\(PublishTime.blank)}}"
        return start + String(repeating: "x", count: max(0, size - start.utf8.count - end.utf8.count)) + end
    }
}
