import Glibc

/// One event stream that the load generator follows, from its request to its last event.
struct FollowedStream {
    private enum Phase { case requesting, head, body }

    let socket: Int32
    /// Index of the workspace whose events it receives.
    let workspace: Int
    private(set) var scanner = EventScanner()
    private var phase = Phase.requesting
    private var chunks: ChunkDecoder?
    /// What the last read left: a part of the head or of a line. Empty for most reads of most streams.
    private var unfinished: [UInt8] = []

    init(socket: Int32, workspace: Int) {
        self.socket = socket
        self.workspace = workspace
    }

    /// Whether `connected` has come.
    var isConnected: Bool { scanner.start >= 0 }

    /// Sends the request; false when the connection is not established yet.
    mutating func sendRequest(_ request: [UInt8]) throws(Failure) -> Bool {
        let count = Socket.send(request, to: socket, wait: false)
        if count == -Int(EAGAIN) || count == -Int(ENOTCONN) { return false }
        guard count == request.count else { throw .system("send a stream's request", Int32(clamping: -count)) }
        phase = .head
        return true
    }

    var isRequesting: Bool { phase == .requesting }

    /// One read and the scan of what it brought.
    mutating func receive(into buffer: inout ByteBuffer, tally: inout Tally) throws(Failure) {
        buffer.reset(to: unfinished)
        let carried = unfinished.count
        let count = buffer.receive(from: socket)
        if count == -Int(EAGAIN) { return }
        guard count > 0 else {
            throw count == 0 ? Failure("the server ended the stream") : .system("recv", Int32(clamping: -count))
        }
        let now = Monotonic.now
        var payload = carried
        if phase == .head {
            guard let head = try ResponseHead(buffer.storage.span.extracting(first: buffer.end)) else {
                unfinished = buffer.copy(0..<buffer.end)
                return
            }
            guard head.status == 200 else { throw Failure("a stream was answered \(head.status)") }
            chunks = head.isChunked ? ChunkDecoder() : nil
            phase = .body
            buffer.move(head.length..<buffer.end, to: 0)
            buffer.truncate(to: buffer.end - head.length)
            payload = 0
        }
        if chunks != nil {
            try chunks!.decode(&buffer, from: payload)
            if chunks!.isEnded { throw Failure("the server ended the stream") }
        }
        let taken = try scanner.scan(buffer.storage.span.extracting(first: buffer.end), now: now, into: &tally)
        if taken == buffer.end {
            if !unfinished.isEmpty { unfinished.removeAll(keepingCapacity: true) }
        } else {
            unfinished = buffer.copy(taken..<buffer.end)
        }
    }
}
