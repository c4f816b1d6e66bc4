/// Takes the chunked framing off a body as it arrives (RFC 9112 §7.1); for tests, so it is strict and small.
struct ChunkDecoder {
    private enum State { case size, data(left: Int), dataEnd, trailer, finished }

    private var state = State.size
    private var pending: [UInt8] = []

    /// Whether the last chunk and the end of the trailer have been seen: the body ended cleanly.
    var isFinished: Bool { if case .finished = state { true } else { false } }
    /// Bytes behind the end of the body.
    var rest: [UInt8] { isFinished ? pending : [] }

    /// The body bytes that `bytes` complete.
    mutating func receive(_ bytes: [UInt8]) throws -> [UInt8] {
        pending += bytes
        var body: [UInt8] = []
        while true {
            switch state {
            case .size:
                guard let line = try takeLine() else { return body }
                let digits = line.prefix { $0 != UInt8(ascii: ";") }
                guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
                    throw FramingError(description: "chunk size \(String(decoding: line, as: UTF8.self))")
                }
                state = size == 0 ? .trailer : .data(left: size)
            case .data(let left):
                if pending.isEmpty { return body }
                let count = min(left, pending.count)
                body += pending[..<count]
                pending.removeFirst(count)
                state = count == left ? .dataEnd : .data(left: left - count)
            case .dataEnd:
                guard let line = try takeLine() else { return body }
                guard line.isEmpty else { throw FramingError(description: "no line end after a chunk") }
                state = .size
            case .trailer:
                guard let line = try takeLine() else { return body }
                if line.isEmpty { state = .finished }
            case .finished:
                return body
            }
        }
    }

    private mutating func takeLine() throws -> [UInt8]? {
        guard let end = pending.end(of: [13, 10]) else { return nil }
        defer { pending.removeFirst(end) }
        return Array(pending[..<(end - 2)])
    }
}

/// The server's bytes are not what HTTP allows.
struct FramingError: Error, CustomStringConvertible {
    let description: String
}
