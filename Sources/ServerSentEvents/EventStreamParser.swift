/// Reads an event stream from bytes as they arrive (WHATWG HTML §9.2.6), in linear time however they are cut.
///
/// Lines end at LF, CR or CRLF; a CR ends its line at once, and an LF right after it, also in the next chunk, belongs to it.
/// What is unfinished at the end of input is simply never completed, hence dropped.
///
/// ```swift
/// var parser = EventStreamParser()
/// var events: [ServerSentEvent] = []
/// try parser.receive(Array("data: hello\n\n".utf8), into: &events)
/// ```
public struct EventStreamParser: Sendable {
    /// A reconnection time beyond this many milliseconds (24 h) is a mistake and ignored.
    public static let maximumRetry = 86_400_000

    /// How long a line and an event may be before ``receive(_:into:)`` throws.
    public let limits: EventStreamLimits

    /// The last event id: where to resume. It moves when a block ends, also one that dispatches nothing, and lives on
    /// over reconnections; empty means none.
    public private(set) var lastEventID: String
    /// The newest valid reconnection time of the stream, in milliseconds.
    public private(set) var retry: Int?

    /// The start of a line whose end has not come.
    private var line: [UInt8] = []
    /// The CR that ended the last line may be half of a CRLF.
    private var endedWithCarriageReturn = false
    /// How much of the byte order mark has been seen; nil once the start of the stream has passed.
    private var markBytes: Int? = 0
    /// The data lines of the block, each followed by LF.
    private var data: [UInt8] = []
    private var type = ""
    /// The block's id, committed at its end.
    private var pendingID: String?
    private var pendingRetry: Int?

    /// - Parameter lastEventID: where an earlier connection ended; empty for none.
    public init(lastEventID: String = "", limits: EventStreamLimits = EventStreamLimits()) {
        self.lastEventID = lastEventID
        self.limits = limits
    }

    /// Reads the next bytes and appends the events they complete to `events`.
    /// - Throws: ``EventStreamError`` once a bound is passed; events before it have been appended, and the parser must
    ///   not be used again.
    public mutating func receive(
        _ bytes: [UInt8], into events: inout [ServerSentEvent]
    ) throws(EventStreamError) {
        var index = 0
        while markBytes != nil, index < bytes.count { readMark(bytes, &index) }
        while index < bytes.count {
            if endedWithCarriageReturn {
                endedWithCarriageReturn = false
                if bytes[index] == lineFeed {
                    index += 1
                    continue
                }
            }
            var end = index
            while end < bytes.count, bytes[end] != lineFeed, bytes[end] != carriageReturn { end += 1 }
            guard line.count + end - index <= limits.maximumLineBytes else {
                throw .lineTooLong(limit: limits.maximumLineBytes)
            }
            guard end < bytes.count else {
                line += bytes[index...]
                return
            }
            endedWithCarriageReturn = bytes[end] == carriageReturn
            try readLine(endingWith: bytes[index..<end], &events)
            index = end + 1
        }
    }

    /// Reads the next bytes and returns the events they complete.
    public mutating func receive(_ bytes: [UInt8]) throws(EventStreamError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        try receive(bytes, into: &events)
        return events
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Drops one byte order mark at the very start; its first bytes belong to the line when it stays unfinished.
    private mutating func readMark(_ bytes: [UInt8], _ index: inout Int) {
        guard let seen = markBytes else { return }
        if bytes[index] == Self.byteOrderMark[seen] {
            markBytes = seen == 2 ? nil : seen + 1
            index += 1
        } else {
            line += Self.byteOrderMark[..<seen]
            markBytes = nil
        }
    }

    private mutating func readLine(
        endingWith tail: ArraySlice<UInt8>, _ events: inout [ServerSentEvent]
    ) throws(EventStreamError) {
        if line.isEmpty { return try readLine(tail, &events) }
        line += tail
        let whole = line[...]
        line = []
        try readLine(whole, &events)
    }

    private mutating func readLine(
        _ line: ArraySlice<UInt8>, _ events: inout [ServerSentEvent]
    ) throws(EventStreamError) {
        guard !line.isEmpty else { return dispatch(&events) }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return try readField(line, line.suffix(0)) }
        guard colon > line.startIndex else { return }
        var value = line[(colon + 1)...]
        if value.first == 0x20 { value = value.dropFirst() }
        try readField(line[..<colon], value)
    }

    private mutating func readField(
        _ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>
    ) throws(EventStreamError) {
        if name.elementsEqual("data".utf8) {
            guard data.count + value.count <= limits.maximumEventBytes else {
                throw .eventTooLarge(limit: limits.maximumEventBytes)
            }
            data += value
            data.append(lineFeed)
        } else if name.elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { pendingID = String(decoding: value, as: UTF8.self) }
        } else if name.elementsEqual("retry".utf8) {
            guard let milliseconds = Self.milliseconds(value) else { return }
            retry = milliseconds
            pendingRetry = milliseconds
        }
    }

    /// Ends a block: commits its id, and delivers it unless it has no `data` line. One empty `data` line is an event with
    /// empty data, as in the standard's own example.
    private mutating func dispatch(_ events: inout [ServerSentEvent]) {
        if let id = pendingID { lastEventID = id }
        if !data.isEmpty {
            data.removeLast()
            events.append(
                ServerSentEvent(
                    validatedType: type.isEmpty ? ServerSentEvent.defaultType : type,
                    data: String(decoding: data, as: UTF8.self), id: lastEventID.isEmpty ? nil : lastEventID,
                    retry: pendingRetry))
            data.removeAll(keepingCapacity: data.capacity <= 65_536)
        }
        type = ""
        pendingID = nil
        pendingRetry = nil
    }

    /// Digits only, at least one, up to 24 h.
    private static func milliseconds(_ value: ArraySlice<UInt8>) -> Int? {
        guard !value.isEmpty else { return nil }
        var number = 0
        for byte in value {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            number = min(number * 10 + Int(byte - 0x30), maximumRetry + 1)
        }
        return number <= maximumRetry ? number : nil
    }
}
