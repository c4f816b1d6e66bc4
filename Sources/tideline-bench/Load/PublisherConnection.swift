import Glibc

/// A keep-alive connection that posts one request at a time and waits for its answer.
struct PublisherConnection {
    let socket: Int32
    /// Workspace and events of the request under way, nil when idle.
    private(set) var pending: (workspace: Int, events: Int)?
    /// When the request was due, on the monotonic clock.
    private(set) var postedAt: Int64 = 0
    private var request: [UInt8] = []
    private var sent = 0
    private var unfinished: [UInt8] = []

    init(socket: Int32) { self.socket = socket }

    /// Starts a request that was due at `time`.
    mutating func post(_ template: PostTemplate, at time: Int64) {
        pending = (template.workspace, template.events)
        postedAt = time
        request = template.request(at: time)
        sent = 0
    }

    /// Sends what the kernel takes; true when the request has left.
    mutating func flush() throws(Failure) -> Bool {
        guard sent < request.count else { return true }
        let count = Socket.send(request, from: sent, to: socket, wait: false)
        if count == -Int(EAGAIN) || count == -Int(ENOTCONN) { return false }
        guard count >= 0 else { throw .system("send a POST", Int32(clamping: -count)) }
        sent += count
        return sent == request.count
    }

    /// Reads the answer; nil while it is incomplete.
    mutating func receive(into buffer: inout ByteBuffer) throws(Failure) -> Acknowledgement? {
        buffer.reset(to: unfinished)
        let count = buffer.receive(from: socket)
        if count == -Int(EAGAIN) { return nil }
        guard count > 0 else { throw Failure("the server closed a publisher's connection") }
        guard let pending else { throw Failure("the server answered a POST that was not made") }
        guard let head = try ResponseHead(buffer.storage.span.extracting(first: buffer.end)) else {
            unfinished = buffer.copy(0..<buffer.end)
            return nil
        }
        guard let length = head.contentLength else { throw Failure("an answer to a POST has no Content-Length") }
        guard buffer.end >= head.length + length else {
            unfinished = buffer.copy(0..<buffer.end)
            return nil
        }
        unfinished.removeAll(keepingCapacity: true)
        let body = buffer.storage.span.extracting(first: buffer.end).extracting(head.length..<head.length + length)
        guard (200..<300).contains(head.status) else {
            let text = String(decoding: buffer.copy(head.length..<head.length + length).prefix(300), as: UTF8.self)
            throw Failure("a POST was answered \(head.status): \(text)")
        }
        self.pending = nil
        return try Acknowledgement(of: pending, body: body)
    }
}
