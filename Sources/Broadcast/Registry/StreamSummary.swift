package import Events

/// One open stream as an administrator sees it; read at one moment on its loop.
package struct StreamSummary: Sendable, Equatable {
    /// How far a stream has come in its life.
    package enum State: String, Sendable {
        case live
        /// Served from the log until it has caught up.
        case replaying
        /// Its last words are on their way.
        case closing
    }

    /// Where it lies: orders streams that opened in the same millisecond, on its loop as among all.
    let place: ConnectionIDs.Place
    package let connectionID: String
    package let user: UserID
    package let address: String
    /// Wall clock.
    package let openedAt: Milliseconds
    package let age: Milliseconds
    /// nil: all types.
    package let filter: TypeFilter?
    package let wantsStats: Bool
    package let wantsEvents: Bool
    /// The last event that was handed to its socket, or passed over because it may not see it.
    package let position: StreamPosition
    /// Events of the log behind its position; 0 where it wants none.
    package let lagEvents: Int64
    /// Bytes that wait here because its socket took no more. Of what has left memory only the log knows the size: a
    /// replaying stream lags by more.
    package let lagBytes: Int
    /// Bytes in the kernel that the peer has not acknowledged.
    package let unsentBytes: Int
    package let state: State
}

/// Streams of one workspace, oldest first, as far as the loops have answered.
package struct StreamListing: Sendable {
    package fileprivate(set) var streams: [StreamSummary] = []
    /// How many there are, also beyond those listed.
    package fileprivate(set) var total = 0
    /// Whether every loop has answered.
    package internal(set) var isComplete = false

    /// Of no loop yet.
    package init() {}

    /// Adds what one loop gave; keeps the `limit` oldest.
    mutating func merge(_ streams: [StreamSummary], total: Int, limit: Int) {
        self.total += total
        self.streams += streams
        self.streams.sort {
            ($0.openedAt, $0.place.shard, $0.place.token.slot) < ($1.openedAt, $1.place.shard, $1.place.token.slot)
        }
        self.streams.removeLast(max(self.streams.count - limit, 0))
    }
}
