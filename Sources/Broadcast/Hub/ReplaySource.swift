package import Events

/// Reads pages of the log for streams below their ring; joined to the store by the composition root.
package protocol ReplaySource: Sendable {
    /// Reads the frames that follow `sequence` and calls back on any thread; never blocks the caller.
    /// - Parameter maximumBytes: where the page ends once it holds at least one frame.
    func fetch(
        _ workspace: WorkspaceKey, after sequence: SequenceNumber, maximumBytes: Int,
        completion: @escaping @Sendable (ReplayPage) -> Void)
}

/// The answer of a ``ReplaySource``.
package enum ReplayPage: Sendable {
    /// The frames from `after + 1` on, gapless.
    case frames(FrameBlock)
    /// The log holds nothing beyond that position.
    case end
    /// The log no longer holds what was asked for.
    case pruned
    /// The store could not answer; worth another try.
    case failed
}
