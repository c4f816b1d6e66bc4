/// What a feed is doing.
public enum FeedState: Sendable, Hashable {
    /// A stream is being opened.
    case connecting
    /// The stream is open: what is delivered is live.
    case open
    /// The next attempt begins after `delay`. `attempt` counts from 1 since the last success. With ``Cause/slowReader``
    /// it begins when the reader has caught up, and only after it has not got any further twice in a row with a delay.
    case waiting(attempt: Int, delay: Duration, cause: Cause)
    /// Streams do not get through, polls do: what is delivered is a few seconds old. Streams are tried again by and by.
    case polling
    /// Nothing is done, and nothing will be until somebody iterates or calls ``EventFeed/reconnect()``.
    case closed(Reason)

    /// Why a feed waits.
    public enum Cause: Sendable, Hashable {
        /// The stream came to a clean end.
        case ended
        /// The server said why it ends the stream, such as `max_age` or `shutdown`.
        case closing(reason: String)
        /// The attempt or the stream failed.
        case failure(AnalyticsError)
        /// More bytes are buffered than may be: the stream was closed and will be resumed.
        case slowReader
    }

    /// Why a feed is closed.
    public enum Reason: Sendable, Hashable, CustomStringConvertible {
        /// Nobody has iterated yet.
        case notStarted
        /// This side closed it: `disconnect()`, `close()`, the loop was left or its task cancelled.
        case disconnected
        /// The server answered 204: it wants this user not to come back by itself.
        case administrator
        /// The stream ended, and `autoReconnect` is off.
        case ended
        /// A failure that trying again does not mend, or the last of those allowed.
        case failure(AnalyticsError)

        /// For people.
        public var description: String {
            switch self {
            case .notStarted: "not started"
            case .disconnected: "disconnected"
            case .administrator: "closed by an administrator"
            case .ended: "ended"
            case .failure(let error): error.description
            }
        }
    }
}
