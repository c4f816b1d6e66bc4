import Glibc

/// What a ``Connection`` tells its owner. All calls are made on the connection's loop, none from inside a call that the handler
/// makes to the connection.
package protocol ConnectionHandler: AnyObject {
    /// Bytes have arrived.
    ///
    /// What is not consumed is kept and comes again in front of the next bytes, or after ``Connection/resumeReading()``; so consume
    /// all that is complete. More than 1 MiB that is neither consumed nor paused closes the connection (`.inputOverflow`).
    /// - Parameter bytes: all that is not yet consumed, in order; valid during the call only.
    /// - Returns: how many bytes, from the first, are done with.
    func connection(_ connection: Connection, received bytes: RawSpan) -> Int

    /// Nothing is queued any more and the socket has room: follows every turn whose ``Connection/write(_:)`` have all left, be it
    /// at once or after waiting, and every ``Connection/writeDirectly(_:)`` that was not taken whole.
    func connectionWritable(_ connection: Connection)

    /// The peer sends no more (FIN); it may still read. Called once. While reading is paused it may come before bytes that
    /// ``Connection/resumeReading()`` still delivers. Doing nothing leaves the connection open for our half.
    func connectionPeerClosed(_ connection: Connection)

    /// The connection is gone, whoever ended it. Called exactly once and last, after the call that closed it has returned.
    func connectionClosed(_ connection: Connection, reason: CloseReason)
}

/// Why a connection ended.
package enum CloseReason: Equatable, Sendable {
    /// We ended it, and what was queued has been handed to the kernel.
    case finished
    /// We ended it at once.
    case aborted
    /// The peer vanished: it closed both halves, or reset.
    case peerReset
    /// The peer took nothing for too long (TCP_USER_TIMEOUT, or no progress while closing).
    case timedOut
    /// The handler consumed nothing of 1 MiB.
    case inputOverflow
    /// More was queued than ``Connection/maximumQueuedBytes``.
    case outputOverflow
    /// The loop stops.
    case loopStopped
    /// Another errno.
    case failed(Int32)

    init(code: Int32) {
        switch code {
        case ECONNRESET, EPIPE: self = .peerReset
        case ETIMEDOUT: self = .timedOut
        default: self = .failed(code)
        }
    }
}
