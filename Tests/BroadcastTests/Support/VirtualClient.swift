import Broadcast
import Events
import Glibc

/// A socket and the reader behind it: takes as many bytes as the test allows, and understands what it took.
final class VirtualClient: StreamTransport {
    /// Bytes the socket still takes.
    var capacity: Int
    let isChunked: Bool
    let shard: Shard
    var token: StreamToken?
    var admission = Admission.open
    private(set) var bytes: [UInt8] = []
    private(set) var writes = 0
    private(set) var ending: StreamEnding?
    var isBroken = false

    init(capacity: Int, isChunked: Bool, shard: Shard) {
        self.capacity = capacity
        self.isChunked = isChunked
        self.shard = shard
    }

    func write(_ vectors: UnsafeBufferPointer<iovec>) -> Int {
        if isBroken { return -1 }
        writes += 1
        var taken = 0
        for index in 0..<vectors.count {
            let vector = unsafe vectors[index]
            let part = unsafe min(vector.iov_len, capacity)
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: vector.iov_base, count: part))
            capacity -= part
            taken += part
            if unsafe part < vector.iov_len { break }
        }
        return taken
    }

    func close(_ how: StreamEnding) { ending = how }
    /// What the kernel is said to hold.
    var unsentBytes = 0

    /// The socket takes `count` bytes more.
    func drain(_ count: Int) {
        capacity = capacity == .max ? .max : capacity + count
        if let token { shard.writable(token) }
    }

    func disconnect() {
        if let token { shard.closed(token) }
    }

    /// What the reader has understood of the bytes so far; a message not complete is not there.
    var messages: [Message] { Message.parse(isChunked ? Self.unchunk(bytes) : bytes) }
    /// The id that `connected` told.
    var connectionID: String {
        let data = messages.first { $0.event == "connected" }?.data ?? ""
        return data.components(between: "\"connectionId\":\"", and: "\"")
    }
    var sequences: [Int64] { messages.filter { $0.event == "event" }.map(\.sequence) }
    var names: [String] { messages.map { $0.event ?? "" } }
    var lastID: StreamPosition? { messages.last { $0.id != nil }.flatMap { StreamPosition($0.id!) } }

    struct Message: Equatable {
        var id: String?
        var event: String?
        var data: String?

        /// The event's seq, taken from its position.
        var sequence: Int64 { id.flatMap { StreamPosition($0) }?.sequence ?? -1 }

        /// The complete messages in `bytes`; the server separates them by an empty line and ends lines by LF alone.
        static func parse(_ bytes: [UInt8]) -> [Message] {
            var messages: [Message] = []
            var message = Message()
            for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
                if line.isEmpty {
                    if message != Message() { messages.append(message) }
                    message = Message()
                } else if line.starts(with: "id: ".utf8) {
                    message.id = String(decoding: line.dropFirst(4), as: UTF8.self)
                } else if line.starts(with: "event: ".utf8) {
                    message.event = String(decoding: line.dropFirst(7), as: UTF8.self)
                } else if line.starts(with: "data: ".utf8) {
                    message.data = String(decoding: line.dropFirst(6), as: UTF8.self)
                }
            }
            return messages
        }
    }

    /// The content of the complete and the begun chunks.
    private static func unchunk(_ bytes: [UInt8]) -> [UInt8] {
        var content: [UInt8] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 10),
            let size = Int(String(decoding: rest[..<(end - 1)], as: UTF8.self), radix: 16)
        {
            let body = rest[(end + 1)...].prefix(size)
            content += body
            guard body.count == size else { break }
            rest = rest[(end + 1 + size)...].dropFirst(2)
        }
        return content
    }
}

extension String {
    fileprivate func components(between start: String, and end: Character) -> String {
        guard let found = firstRange(of: start) else { return "" }
        return String(self[found.upperBound...].prefix { $0 != end })
    }
}
