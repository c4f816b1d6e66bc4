package import Events
import Synchronization

/// What all loops share of one workspace's streams: who is connected, where the log ends, which loops watch.
///
/// Brief lock, no I/O inside; written when a stream opens or closes and once per commit group, never per delivery.
package final class WorkspaceRegistry: Sendable {
    package let key: WorkspaceKey
    package let id: WorkspaceID
    private let state: Mutex<State>

    private struct State {
        var epoch: Epoch
        var head: SequenceNumber
        var floor: SequenceNumber
        /// Bit n: loop n holds a ring and must be handed every block.
        var interest: UInt64 = 0
        /// Open streams that want stats.
        var statsWatchers = 0
        /// Raised by every DELETE; a stream copies it before authorisation and compares when its slot is taken.
        var closeGeneration: UInt64 = 0
        var holds: [UserID: Hold] = [:]
        var census = StreamCensus()
        var numbers: [UserID: Int32] = [:]
    }

    /// A user kept out after an admin closed their streams.
    package struct Hold: Sendable, Equatable {
        /// Wall clock.
        package let until: Milliseconds
        /// Answer 204, which ends an EventSource for good.
        package let isFinal: Bool

        package init(until: Milliseconds, isFinal: Bool) {
            self.until = until
            self.isFinal = isFinal
        }
    }

    package init(key: WorkspaceKey, id: WorkspaceID, epoch: Epoch, head: SequenceNumber, floor: SequenceNumber) {
        self.key = key
        self.id = id
        state = Mutex(State(epoch: epoch, head: head, floor: floor))
    }

    /// The committed head that the writer published.
    package var head: SequenceNumber { state.withLock { $0.head } }
    package var epoch: Epoch { state.withLock { $0.epoch } }
    /// The seq behind which the log has been pruned.
    package var floor: SequenceNumber { state.withLock { $0.floor } }
    package var headPosition: StreamPosition { state.withLock { StreamPosition(epoch: $0.epoch, sequence: $0.head) } }
    /// Open streams.
    package var connections: Int { state.withLock { $0.census.connections } }
    /// Users with an open stream, without operators.
    package var connectedUsers: [UserID] { state.withLock { $0.census.connectedPeople } }
    /// Whether a stream wants the workspace's figures.
    var isWatched: Bool { state.withLock { $0.statsWatchers > 0 } }
    package var closeGeneration: UInt64 { state.withLock { $0.closeGeneration } }

    /// Publishes the committed head; called by the writer before the frames are handed over.
    /// - Returns: the loops to hand them to.
    package func publish(head: SequenceNumber) -> UInt64 {
        state.withLock {
            $0.head = max($0.head, head)
            return $0.interest
        }
    }

    package func prune(to floor: SequenceNumber) { state.withLock { $0.floor = max($0.floor, floor) } }

    /// The loops that hold a ring of this workspace, bit by bit.
    var interest: UInt64 { state.withLock { $0.interest } }

    /// Asks for every block from now on.
    /// - Returns: the head; the first block handed over begins right after it, or earlier.
    func watch(from shard: Int) -> SequenceNumber {
        state.withLock {
            $0.interest |= 1 << UInt64(shard)
            return $0.head
        }
    }

    func unwatch(from shard: Int) { state.withLock { $0.interest &= ~(1 << UInt64(shard)) } }

    /// The number that stands for `user` in audiences; given once and kept.
    package func number(of user: UserID) -> Int32 {
        state.withLock { Self.number(of: user, in: &$0) }
    }

    /// The audience of `members`.
    package func audience(of members: some Sequence<UserID>) -> Audience {
        state.withLock { state in Audience(members.map { Self.number(of: $0, in: &state) }) }
    }

    private static func number(of user: UserID, in state: inout State) -> Int32 {
        if let known = state.numbers[user] { return known }
        let number = Int32(state.numbers.count)
        state.numbers[user] = number
        return number
    }

    // MARK: Streams

    /// Enters a stream unless the user has too many or a DELETE came in between.
    /// - Returns: nil when entered, and whether it is the first that wants stats.
    func enter(
        user: UserID, filter: TypeFilter?, wantsEvents: Bool, wantsStats: Bool, isCounted: Bool,
        generation: UInt64
    ) -> (isEntered: Bool, isFirstWatcher: Bool) {
        state.withLock {
            guard $0.closeGeneration == generation else { return (false, false) }
            $0.census.enter(user, filter: filter, wantsEvents: wantsEvents, isCounted: isCounted)
            if wantsStats { $0.statsWatchers += 1 }
            return (true, wantsStats && $0.statsWatchers == 1)
        }
    }

    /// - Returns: whether the last stream that wants stats has left.
    func leave(user: UserID, filter: TypeFilter?, wantsEvents: Bool, wantsStats: Bool, isCounted: Bool) -> Bool {
        state.withLock {
            $0.census.leave(user, filter: filter, wantsEvents: wantsEvents, isCounted: isCounted)
            if wantsStats { $0.statsWatchers -= 1 }
            return wantsStats && $0.statsWatchers == 0
        }
    }

    func connections(of user: UserID) -> Int { state.withLock { $0.census.connections(of: user) } }

    /// Streams entitled to an event of `type` and subscribed to it: the `notified` of a POST's answer.
    /// - Parameter members: nil: everyone; else the users who may see it.
    package func entitled(to type: EventType, members: [UserID]?) -> Int {
        state.withLock { $0.census.entitled(to: type, members: members) }
    }

    // MARK: Admin close

    /// Begins a close: streams being opened right now are turned away too.
    func raiseCloseGeneration() { state.withLock { $0.closeGeneration += 1 } }

    /// Keeps `users` out until `until`.
    func hold(_ users: some Sequence<UserID>, _ hold: Hold) {
        state.withLock { state in
            for user in users { state.holds[user] = hold }
        }
    }

    /// What keeps `user` out at `now`; an expired hold is forgotten.
    func hold(on user: UserID, at now: Milliseconds) -> Hold? {
        state.withLock {
            guard let hold = $0.holds[user] else { return nil }
            if hold.until > now { return hold }
            $0.holds = $0.holds.filter { $0.value.until > now }
            return nil
        }
    }
}
