/// The bytes that the floor server sends: the same framing as Tideline's, chunked HTTP/1.1 around server-sent events.
enum FloorFraming {
    /// The response head and the `connected` event.
    static func opening(sequence: Int64) -> [UInt8] {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        return Array(head.utf8) + chunk(Array("id: floor-\(sequence)\nevent: connected\ndata: {}\n\n".utf8))
    }

    static func event(sequence: Int64, data: ArraySlice<UInt8>) -> [UInt8] {
        chunk(Array("id: floor-\(sequence)\nevent: event\ndata: ".utf8) + data + Array("\n\n".utf8))
    }

    static func answer(sequence: Int64) -> [UInt8] {
        let body = "{\"success\":true,\"seq\":\(sequence)}"
        return Array(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                .utf8)
    }

    private static func chunk(_ payload: [UInt8]) -> [UInt8] {
        Array("\(String(payload.count, radix: 16))\r\n".utf8) + payload + Array("\r\n".utf8)
    }
}
