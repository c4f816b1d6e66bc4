/// Writes the event stream format: appends complete blocks to a buffer (WHATWG HTML §9.2.5).
///
/// Every block ends with an empty line, so blocks may be joined in any order. Lines end with LF.
public enum EventStreamEncoder {
    /// Appends one event: `id`, `event` (unless it is `message` or nil), one `data` line for each line of `data`.
    ///
    /// Data is split at LF, CR and CRLF alike; a reader gets LF for each.
    /// - Throws: ``EventStreamFieldError`` before anything is appended.
    public static func appendEvent(
        type: String? = nil, data: [UInt8], id: String? = nil, retry: Int? = nil, to output: inout [UInt8]
    ) throws(EventStreamFieldError) {
        if let type { try check(type, .type) }
        if let id { try check(id, .id) }
        if let retry, retry < 0 { throw .retry }
        write(type: type, data: data, id: id, retry: retry, to: &output)
    }

    /// Appends one event whose data is text.
    public static func appendEvent(
        type: String? = nil, data: String, id: String? = nil, retry: Int? = nil, to output: inout [UInt8]
    ) throws(EventStreamFieldError) {
        try appendEvent(type: type, data: Array(data.utf8), id: id, retry: retry, to: &output)
    }

    /// Appends an event that was validated when it was made.
    public static func append(_ event: ServerSentEvent, to output: inout [UInt8]) {
        write(type: event.type, data: Array(event.data.utf8), id: event.id, retry: event.retry, to: &output)
    }

    /// Appends a comment, one `:` line for each line of `text`; readers ignore it, proxies see life.
    public static func appendComment(_ text: String = "", to output: inout [UInt8]) {
        appendLines(of: Array(text.utf8), name: ":", to: &output)
        output.append(lineFeed)
    }

    /// Appends the reconnection time alone.
    /// - Parameter milliseconds: negative counts as 0.
    public static func appendRetry(milliseconds: Int, to output: inout [UInt8]) {
        append("retry: ", String(max(0, milliseconds)), to: &output)
        output.append(lineFeed)
    }

    /// Appends a block of an id alone: it moves a reader's last event id and dispatches nothing.
    /// - Throws: `.id` before anything is appended.
    public static func appendID(_ id: String, to output: inout [UInt8]) throws(EventStreamFieldError) {
        try check(id, .id)
        append("id: ", id, to: &output)
        output.append(lineFeed)
    }

    static func check(_ value: String, _ error: EventStreamFieldError) throws(EventStreamFieldError) {
        for byte in value.utf8 where byte == lineFeed || byte == carriageReturn || byte == 0 { throw error }
    }

    private static func write(type: String?, data: [UInt8], id: String?, retry: Int?, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + data.count + 64)
        if let id { append("id: ", id, to: &output) }
        if let type, type != ServerSentEvent.defaultType { append("event: ", type, to: &output) }
        if let retry { append("retry: ", String(retry), to: &output) }
        appendLines(of: data, name: "data:", to: &output)
        output.append(lineFeed)
    }

    private static func append(_ name: String, _ value: String, to output: inout [UInt8]) {
        output.append(contentsOf: name.utf8)
        output.append(contentsOf: value.utf8)
        output.append(lineFeed)
    }

    /// One line for each line of `text`, also for an empty one at the end.
    private static func appendLines(of text: [UInt8], name: String, to output: inout [UInt8]) {
        var start = 0
        while true {
            var end = start
            while end < text.count, text[end] != lineFeed, text[end] != carriageReturn { end += 1 }
            output.append(contentsOf: name.utf8)
            output.append(0x20)
            output.append(contentsOf: text[start..<end])
            output.append(lineFeed)
            guard end < text.count else { return }
            let isPair = text[end] == carriageReturn && end + 1 < text.count && text[end + 1] == lineFeed
            start = end + (isPair ? 2 : 1)
        }
    }
}

let lineFeed = UInt8(ascii: "\n")
let carriageReturn = UInt8(ascii: "\r")
