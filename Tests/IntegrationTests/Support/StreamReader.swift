import ServerSentEvents
import Synchronization

/// An open event stream as a client sees it; reads in the background from the moment it is open.
///
/// ```swift
/// let stream = try await StreamReader.open(port: server.port, path: path, token: token)
/// let connected = try await stream.next("connected")
/// ```
final class StreamReader: Sendable {
    /// How a stream ended.
    enum End: Sendable, Equatable {
        /// The last chunk came; on a close-delimited stream (HTTP/1.0) the FIN.
        case clean
        /// The connection closed in the middle of the body.
        case cut
        case reset
        case malformed(String)
    }

    private struct State {
        var parser: EventStreamParser
        var chunks: ChunkDecoder?
        var raw: [UInt8] = []
        var taken = 0
        var end: End?
    }

    /// Status and header fields of the answer; always 200.
    let head: HTTPReply
    private let connection: RawConnection
    private let journal = Journal<ServerSentEvent>(of: "event")
    private let ends = Journal<End>(of: "end of the stream")
    private let state: Mutex<State>

    /// Opens a stream. Throws ``StreamRefusal`` for any answer but 200.
    /// - Parameters:
    ///   - path: with its query.
    ///   - lastEventID: sent as `Last-Event-ID`.
    ///   - isReading: false leaves the body in the socket until ``startReading()``.
    static func open(
        host: String = "127.0.0.1", port: Int, path: String, token: String? = nil, lastEventID: String? = nil,
        headers: [String: String] = [:], receiveBuffer: Int? = nil, isReading: Bool = true,
        within limit: Duration = .seconds(10)
    ) async throws -> StreamReader {
        let connection = try await RawConnection.open(host, port: port, receiveBuffer: receiveBuffer, within: limit)
        var fields = ["Accept": "text/event-stream"]
        if let lastEventID { fields["Last-Event-ID"] = lastEventID }
        fields.merge(headers) { $1 }
        let request = HTTPTestClient.request("GET", path, host: "\(host):\(port)", token: token, fields)
        try await connection.send(request, within: limit)
        var head = try await HTTPReply.head(from: connection, within: limit)
        guard head.status == 200 else {
            if let length = head.header("Content-Length").flatMap(Int.init) {
                head.body = try await connection.read(exactly: length, within: limit)
            }
            throw StreamRefusal(reply: head)
        }
        let stream = StreamReader(head, connection, lastEventID: lastEventID ?? "")
        if isReading { stream.startReading() }
        return stream
    }

    private init(_ head: HTTPReply, _ connection: RawConnection, lastEventID: String) {
        self.head = head
        self.connection = connection
        let isChunked = head.header("Transfer-Encoding")?.lowercased() == "chunked"
        let parser = EventStreamParser(lastEventID: lastEventID)
        state = Mutex(State(parser: parser, chunks: isChunked ? ChunkDecoder() : nil))
    }

    deinit { connection.close() }

    // MARK: What came

    /// The events so far, also those already taken by ``next(_:within:)``.
    var events: [ServerSentEvent] { journal.elements }
    /// Where a resume would continue.
    var lastEventID: String { state.withLock { $0.parser.lastEventID } }
    /// The newest `retry:` of the stream, in milliseconds.
    var retry: Int? { state.withLock { $0.parser.retry } }
    /// The body as it came, without the chunked framing.
    var body: [UInt8] { state.withLock { $0.raw } }
    /// How it ended; nil while it is open.
    var end: End? { state.withLock { $0.end } }

    /// The next event, or the next of `type`; those before it are passed over.
    func next(_ type: String? = nil, within limit: Duration = .seconds(10)) async throws -> ServerSentEvent {
        try await next(within: limit) { type == nil || $0.type == type }
    }

    /// The next event that `matches`.
    func next(
        within limit: Duration = .seconds(10), where matches: @escaping @Sendable (ServerSentEvent) -> Bool
    ) async throws -> ServerSentEvent {
        let from = state.withLock { $0.taken }
        let (index, event) = try await journal.first(from: from, within: limit, where: matches)
        state.withLock { $0.taken = max($0.taken, index + 1) }
        return event
    }

    /// The events not yet taken, through the first one that `isLast`.
    func events(
        within limit: Duration = .seconds(10), through isLast: @escaping @Sendable (ServerSentEvent) -> Bool
    ) async throws -> [ServerSentEvent] {
        let from = state.withLock { $0.taken }
        let (index, _) = try await journal.first(from: from, within: limit, where: isLast)
        state.withLock { $0.taken = max($0.taken, index + 1) }
        return Array(journal.elements[from...index])
    }

    /// Waits for the end, whoever brings it about.
    func waitEnd(within limit: Duration = .seconds(10)) async throws -> End {
        try await ends.first(within: limit) { _ in true }.element
    }

    // MARK: What we do

    /// Starts to read where ``open(host:port:path:token:lastEventID:headers:receiveBuffer:isReading:within:)`` did not.
    func startReading() {
        Task { [weak self, connection] in
            while true {
                do {
                    let bytes = try await connection.read(within: .seconds(86_400))
                    guard let self, try self.receive(bytes) else { return }
                } catch ConnectionError.reset {
                    self?.finish(.reset)
                    return
                } catch {
                    self?.finish(.malformed("\(error)"))
                    return
                }
            }
        }
    }

    /// Goes away like a closed tab.
    func close() { connection.close() }
    /// Goes away like a crashed machine's kernel: RST.
    func reset() { connection.reset() }

    /// - Returns: whether more may come.
    private func receive(_ bytes: [UInt8]) throws -> Bool {
        let (events, end) = try state.withLock { state -> ([ServerSentEvent], End?) in
            if bytes.isEmpty { return ([], state.chunks == nil ? .clean : .cut) }
            let body = try state.chunks?.receive(bytes) ?? bytes
            state.raw += body
            return (try state.parser.receive(body), state.chunks?.isFinished == true ? .clean : nil)
        }
        for event in events { journal.append(event) }
        if let end { finish(end) }
        return end == nil
    }

    private func finish(_ end: End) {
        state.withLock { $0.end = end }
        journal.finish()
        ends.append(end)
    }
}

/// The server answered something else than a stream.
struct StreamRefusal: Error, CustomStringConvertible {
    let reply: HTTPReply
    var description: String { "the stream was refused with \(reply.status): \(reply.text)" }
}

extension ServerSentEvent {
    /// The data as JSON; null where it is none.
    var json: TestJSON { (try? TestJSON(data)) ?? .null }
}
