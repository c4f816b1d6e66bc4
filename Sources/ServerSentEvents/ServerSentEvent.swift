// The `text/event-stream` format (WHATWG HTML §9.2), shared by server and client.
//
// Reading order: `ServerSentEvent` is the value, `EventStreamEncoder` writes it, `EventStreamParser` reads it back from
// bytes however they were cut.

/// One event of an event stream.
///
/// ```swift
/// let event = try ServerSentEvent(type: "stats", data: "{}", id: "abc-7")
/// var bytes: [UInt8] = []
/// EventStreamEncoder.append(event, to: &bytes)
/// ```
public struct ServerSentEvent: Sendable, Hashable {
    /// The type, `message` when the stream names none.
    public let type: String
    /// The data, its lines joined by LF.
    public let data: String
    /// The id. In an event that was read: the last id of the stream up to here, its own or an earlier event's; nil when
    /// there has been none or it was cleared.
    public let id: String?
    /// The reconnection time that the event's block carries, in milliseconds.
    public let retry: Int?

    /// The type of events that name none.
    public static let defaultType = "message"

    /// - Throws: ``EventStreamFieldError`` when `type` or `id` holds a CR, LF or NUL, or `retry` is negative.
    public init(
        type: String = ServerSentEvent.defaultType, data: String, id: String? = nil, retry: Int? = nil
    ) throws(EventStreamFieldError) {
        try EventStreamEncoder.check(type, .type)
        if let id { try EventStreamEncoder.check(id, .id) }
        if let retry, retry < 0 { throw EventStreamFieldError.retry }
        self.init(validatedType: type, data: data, id: id, retry: retry)
    }

    /// An event whose fields come from lines, which hold neither CR nor LF; an id with NUL was ignored.
    init(validatedType type: String, data: String, id: String?, retry: Int?) {
        self.type = type
        self.data = data
        self.id = id
        self.retry = retry
    }
}
