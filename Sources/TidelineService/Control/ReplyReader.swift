import HTTPProtocol

/// Reads one HTTP/1.1 answer from its bytes as they arrive (RFC 9112 §4–§7); no input or output inside.
///
/// Interim answers (1xx) are skipped. Feed it until ``isComplete``; bytes beyond the answer are not taken.
struct ReplyReader {
    static let maximumHeadBytes = 65_536
    /// More than the largest page of the log that a server makes.
    static let maximumBodyBytes = 128 * 1_048_576

    private enum State {
        case head
        case body(BodyDecoder)
        /// Neither Content-Length nor chunked: the end of the connection ends the body (RFC 9112 §6.3 item 8).
        case untilClose
        case complete
    }

    private let maximumBodyBytes: Int
    private var state = State.head
    private var head: [UInt8] = []
    /// How far `head` was searched for its end.
    private var searched = 0
    private(set) var reply = HTTPReply(status: 0)
    /// Whether the connection can be used again after this answer.
    private(set) var keepsConnection = true
    /// Whether a byte of the answer has come.
    private(set) var hasBegun = false

    init(maximumBodyBytes: Int = Self.maximumBodyBytes) { self.maximumBodyBytes = maximumBodyBytes }

    var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// Whether the head of the answer is in ``reply``.
    var hasHead: Bool {
        if case .head = state { false } else { true }
    }

    /// Gives what has come of the body and forgets it, for an answer that has no end.
    mutating func takeBody() -> [UInt8] {
        defer { reply.body = [] }
        return reply.body
    }

    /// Takes the next bytes.
    /// - Returns: how many of them belong to this answer.
    mutating func receive(_ bytes: ArraySlice<UInt8>) throws(ClientFailure) -> Int {
        var rest = bytes
        if !bytes.isEmpty { hasBegun = true }
        while !rest.isEmpty, !isComplete {
            switch state {
            case .head: try receiveHead(&rest)
            case .body(var decoder):
                let used = try decode(rest, &decoder)
                rest = rest.dropFirst(used)
                state = decoder.isComplete ? .complete : .body(decoder)
            case .untilClose:
                guard reply.body.count + rest.count <= maximumBodyBytes else { throw .malformedReply("too large") }
                reply.body += rest
                rest = rest.dropFirst(rest.count)
            case .complete: break
            }
        }
        return bytes.count - rest.count
    }

    /// The peer sends no more.
    /// - Returns: whether the answer is complete.
    mutating func finish() -> Bool {
        if case .untilClose = state { state = .complete }
        return isComplete
    }

    private func malformed(_ error: HTTP1Error) -> ClientFailure { .malformedReply("\(error)") }

    private mutating func decode(
        _ bytes: ArraySlice<UInt8>, _ decoder: inout BodyDecoder
    ) throws(ClientFailure) -> Int {
        do throws(HTTP1Error) {
            return try decoder.decode(bytes.span, into: &reply.body)
        } catch {
            throw malformed(error)
        }
    }

    // MARK: Head

    private mutating func receiveHead(_ rest: inout ArraySlice<UInt8>) throws(ClientFailure) {
        let before = head.count
        head += rest.prefix(Self.maximumHeadBytes + 1 - head.count)
        guard let end = endOfHead() else {
            guard head.count <= Self.maximumHeadBytes else { throw .malformedReply("its head is too large") }
            rest = rest.dropFirst(head.count - before)
            return
        }
        rest = rest.dropFirst(end - before)
        let lines = Self.lines(head[..<end])
        head = []
        searched = 0
        try read(lines)
    }

    /// The offset behind the empty line.
    private mutating func endOfHead() -> Int? {
        let end = Array("\r\n\r\n".utf8)
        var index = searched
        while index + 4 <= head.count {
            if head[index] == 0x0D, head[index..<(index + 4)].elementsEqual(end) { return index + 4 }
            index += 1
        }
        searched = index
        return nil
    }

    private static func lines(_ head: ArraySlice<UInt8>) -> [String] {
        head.split(separator: 0x0A).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
    }

    private mutating func read(_ lines: [String]) throws(ClientFailure) {
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
            let status = Int(words[1]), status >= 100
        else { throw .malformedReply("it does not begin as HTTP does") }
        guard status >= 200 else { return }  // interim: the final head follows
        reply.status = status
        reply.fields = lines.dropFirst().compactMap(Self.field)
        let connection = reply["connection"]?.lowercased() ?? ""
        keepsConnection = words[0] == "HTTP/1.1" ? connection != "close" : connection == "keep-alive"
        state = try framing(status: status)
    }

    private static func field(_ line: String) -> HTTPReply.Field? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        return HTTPReply.Field(
            name: line[..<colon].lowercased(),
            value: String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()))
    }

    private mutating func framing(status: Int) throws(ClientFailure) -> State {
        if status == 204 || status == 304 { return .complete }
        if let coding = reply["transfer-encoding"]?.lowercased() {
            guard coding == "chunked" else { throw .malformedReply("transfer coding \(coding)") }
            return try body(.chunked)
        }
        guard let text = reply["content-length"] else {
            keepsConnection = false
            return .untilClose
        }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(text) else {
            throw .malformedReply("Content-Length \(text)")
        }
        return length == 0 ? .complete : try body(.length(length))
    }

    private func body(_ framing: RequestHead.BodyFraming) throws(ClientFailure) -> State {
        do throws(HTTP1Error) {
            return .body(try BodyDecoder(framing, maximumBytes: maximumBodyBytes))
        } catch {
            throw malformed(error)
        }
    }
}
