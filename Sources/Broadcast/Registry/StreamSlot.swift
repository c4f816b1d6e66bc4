import Events

/// Names a stream on its shard: a place in the slab and the generation that made it, so that a stale name never reaches
/// the stream that took the place later.
package struct StreamToken: Hashable, Sendable {
    package let slot: Int32
    package let generation: UInt32

    package init(slot: Int32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }
}

/// What has to be written on a stream besides stats and events; sent in this order.
struct ControlSet: OptionSet {
    let rawValue: UInt8

    static let connected = ControlSet(rawValue: 1)
    static let reset = ControlSet(rawValue: 2)
    /// The first figures of a stream, and those that follow a reset: sampled when they are written.
    static let freshStats = ControlSet(rawValue: 4)
    static let position = ControlSet(rawValue: 8)
    static let ping = ControlSet(rawValue: 16)
    static let closing = ControlSet(rawValue: 32)
}

/// The hot half of one open stream: trivial, in a slab, confined to its shard's loop.
///
/// A stream owns no queue and no buffer: events lie once in the workspace's ring, and `cursor` says which comes next.
struct StreamSlot {
    enum Phase: UInt8 {
        /// Nobody's.
        case vacant
        /// Served from the ring.
        case live
        /// Below the ring: served from pages of the log until its next seq is in the ring.
        case fetching
        /// Its last words are being written; it belongs to no workspace's list any more.
        case closing
    }

    var generation: UInt32 = 0
    var phase = Phase.vacant
    var wantsStats = false
    var wantsEvents = false
    var isChunked = true
    /// The socket took less than was offered; nothing is tried until it says it is writable.
    var isBlocked = false
    /// A page of the log is on its way.
    var isAwaitingPage = false
    var control: ControlSet = []
    /// Index of its workspace in the shard.
    var space: Int32 = 0
    /// Its place in the workspace's dense list.
    var place: Int32 = 0
    /// Number of its filter in the workspace; −1: all types.
    var filter: Int32 = -1
    /// Its user's number in the workspace.
    var user: Int32 = 0
    /// The frame partly written: index in the shard's partials; −1: none. It is always finished first.
    var partial: Int32 = -1
    /// The page it is being served from: index in the shard's pages; −1: none.
    var page: Int32 = -1
    /// The next seq this reader has not seen, its own or a hidden one.
    var cursor: SequenceNumber = 0
    /// The last seq whose position the reader was told.
    var told: SequenceNumber = 0
    /// The workspace's stats version it was last sent.
    var statsVersion: UInt32 = 0
    /// Bytes replayed since it resumed; bounded by `streams.replayLimit`.
    var replayed = 0
    /// Monotonic milliseconds at which its socket last took a byte; counts while it is blocked.
    var lastProgress: Int64 = 0
}

/// The cold half of one open stream.
struct StreamRecord {
    let transport: any StreamTransport
    /// Also while it is closing and ``StreamSlot/space`` may be another's.
    let workspace: WorkspaceKey
    let user: UserID
    let address: String
    /// Wall clock.
    let openedAt: Milliseconds
    /// When its credential ends, wall clock; nil: never.
    let expiresAt: Milliseconds?
    /// See ``StreamRequest/credentialTag``.
    let credentialTag: UInt64
    /// Monotonic milliseconds at which `max_age` closes it, jittered.
    let ageLimit: Int64
    /// Milliseconds between two pings.
    let heartbeat: Int64
    /// The pattern behind ``StreamSlot/filter``.
    let pattern: TypeFilter?
    /// Whether its user is in the figures.
    let isCounted: Bool
    /// What stands in the `connected` event.
    var opening: Opening
    /// What stands in the `closing` event once one is due.
    var closing: (reason: CloseReason, retry: Int)?

    struct Opening {
        let retry: Int
        /// Whether `connected` carries the head's position; false on a resumed stream.
        let isFresh: Bool
        var reset: ResetReason?
        /// What the client said it had seen, for the `next` of a reset.
        let resumedFrom: StreamPosition?
    }
}
