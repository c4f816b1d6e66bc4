import Events

/// What an event does to the figures once its time has come.
struct Effect: Sendable, Comparable {
    enum Change: Sendable {
        case event(Occurrence)
        /// A message of that channel and time was deleted.
        case deletion(ChannelID)
    }

    struct Occurrence: Sendable {
        let type: EventType
        let user: UserID
        let session: SessionID?
        /// The channel of a live message.
        let message: ChannelID?
        /// The orchestrator that gave a sign of life.
        let orchestrator: EntityID?
        /// The device of `user` that was seen.
        let device: String?
    }

    /// When it counts.
    let time: Milliseconds
    /// The seq of the event that brings it; a delete may bring two effects.
    let sequence: SequenceNumber
    let change: Change

    static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    static func == (left: Self, right: Self) -> Bool { left.rank == right.rank }

    private var rank: (Milliseconds, SequenceNumber, Int) {
        switch change {
        case .event: (time, sequence, 0)
        case .deletion: (time, sequence, 1)
        }
    }
}
