/// Bounds of what a reader keeps of a stream before it gives up.
public struct EventStreamLimits: Sendable, Hashable {
    /// One line without its end, of any kind, in bytes.
    public var maximumLineBytes: Int
    /// The data of one event with the LFs between its lines, in bytes.
    public var maximumEventBytes: Int

    /// 1 MiB each by default.
    public init(maximumLineBytes: Int = 1_048_576, maximumEventBytes: Int = 1_048_576) {
        self.maximumLineBytes = maximumLineBytes
        self.maximumEventBytes = maximumEventBytes
    }
}

/// Why a reader stopped: the stream asks for more memory than it may have.
public enum EventStreamError: Error, Hashable, Sendable {
    case lineTooLong(limit: Int)
    case eventTooLarge(limit: Int)
}
