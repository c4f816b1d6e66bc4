/// Takes a request's body in pieces as they arrive; every call comes on the connection's loop and must not block.
///
/// Exactly one of ``finished()`` and ``aborted(_:)`` ends it. Answering before the end is allowed: the rest of the body is
/// then thrown away and `aborted(.answered)` is called.
package protocol BodyConsumer: AnyObject {
    /// The next bytes, decoded from chunks, never empty.
    func receive(_ bytes: [UInt8])
    /// All bytes have come. The consumer answers now or later.
    func finished()
    /// No more bytes will come. Where an answer was due, the server has sent it.
    func aborted(_ reason: BodyAbort)
}

/// Why a body ends before its end.
package enum BodyAbort: Hashable, Sendable {
    /// The client closed or reset the connection.
    case disconnected
    /// The body is malformed or larger than its route takes, or came too slowly: answered with this fault.
    case refused(HTTPFault)
    /// The application answered without waiting for the rest.
    case answered
}
