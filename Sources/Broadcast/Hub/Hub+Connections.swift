package import Events
import Synchronization

/// Single streams, asked for from any thread and answered by the loops through their mailboxes.
extension Hub {
    /// Asks every loop for the streams of a workspace.
    /// - Parameters:
    ///   - user: only this user's; nil: everyone's.
    ///   - whenDone: called once every loop has answered, on one of them.
    /// - Returns: what has been answered so far, at any time.
    @discardableResult
    package func listStreams(
        of workspace: WorkspaceKey, user: UserID? = nil, limit: Int,
        whenDone: @escaping @Sendable (StreamListing) -> Void
    ) -> StreamCollector {
        let collector = StreamCollector(awaited: shardCount, limit: limit, whenDone: whenDone)
        for shard in 0..<shardCount {
            perform(on: shard) { shard in
                let (streams, total) = shard.summaries(of: workspace, user: user, limit: limit)
                collector.report(streams, total: total)
            }
        }
        return collector
    }

    /// Closes the stream of that id, if it is one of the workspace's.
    /// - Parameter whenDone: called with its user, or with nil where there is no such stream; on any thread, perhaps at once.
    package func closeStream(
        _ id: String, of workspace: WorkspaceKey, hold: WorkspaceRegistry.Hold?, holdMilliseconds: Int64,
        whenDone: @escaping @Sendable (UserID?) -> Void
    ) {
        guard let place = connectionIDs.place(of: id), place.shard < shardCount else { return whenDone(nil) }
        perform(on: place.shard) { shard in
            whenDone(shard.close(place.token, of: workspace, hold: hold, holdMilliseconds: holdMilliseconds))
        }
    }
}

/// Puts together what the loops answer.
package final class StreamCollector: Sendable {
    private let state: Mutex<(awaited: Int, listing: StreamListing)>
    private let limit: Int
    private let whenDone: @Sendable (StreamListing) -> Void

    init(awaited: Int, limit: Int, whenDone: @escaping @Sendable (StreamListing) -> Void) {
        state = Mutex((awaited, StreamListing()))
        self.limit = limit
        self.whenDone = whenDone
    }

    /// What the loops that have answered so far hold.
    package var listing: StreamListing { state.withLock { $0.listing } }

    func report(_ streams: [StreamSummary], total: Int) {
        let whole: StreamListing? = state.withLock {
            $0.awaited -= 1
            $0.listing.merge(streams, total: total, limit: limit)
            $0.listing.isComplete = $0.awaited == 0
            return $0.listing.isComplete ? $0.listing : nil
        }
        if let whole { whenDone(whole) }
    }
}
