import Glibc

/// What a client may ask of the floor server.
enum FloorRequest {
    case follow(path: [UInt8])
    case post(path: [UInt8], body: ArraySlice<UInt8>)
}

/// One connection of the floor server: unread bytes, cut into requests by their framing alone.
struct FloorConnection {
    let socket: Int32
    /// The path whose stream this connection is.
    var followed: [UInt8]?
    private var input: [UInt8] = []
    private var taken = 0

    init(socket: Int32) { self.socket = socket }

    /// One read; false at the end of the connection.
    mutating func receive(into buffer: inout ByteBuffer) -> Bool {
        buffer.reset(to: [])
        let count = buffer.receive(from: socket)
        guard count > 0 else { return count == -Int(EAGAIN) }
        if taken == input.count {
            input = buffer.copy(0..<buffer.end)
        } else {
            input = Array(input[taken...]) + buffer.copy(0..<buffer.end)
        }
        taken = 0
        return true
    }

    /// The next whole request, if it has come; an idle stream keeps no bytes.
    mutating func nextRequest() -> FloorRequest? {
        let blank = Array("\r\n\r\n".utf8)
        guard let end = ByteSearch.first(blank, in: input.span, range: taken..<input.count) else { return nil }
        let body = end + blank.count
        let isPost = input[taken] == UInt8(ascii: "P")
        let length = isPost ? contentLength(in: taken..<end) : 0
        guard input.count >= body + length else { return nil }
        let path = path(from: taken)
        let request: FloorRequest = isPost ? .post(path: path, body: input[body..<body + length]) : .follow(path: path)
        taken = body + length
        if !isPost && taken == input.count { (input, taken) = ([], 0) }
        return request
    }

    /// The target without its query.
    private func path(from start: Int) -> [UInt8] {
        let target = input[start...].drop { $0 != UInt8(ascii: " ") }.dropFirst()
        return Array(target.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "?") })
    }

    private func contentLength(in head: Range<Int>) -> Int {
        let key = Array("Content-Length: ".utf8)
        guard let hit = ByteSearch.first(key, in: input.span, range: head) else { return 0 }
        return input[(hit + key.count)..<head.upperBound].prefix { (48...57).contains($0) }
            .reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
