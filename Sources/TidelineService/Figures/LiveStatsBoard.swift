import Broadcast
import Events
import Persistence
import Projections
import Synchronization

/// The live figures of every workspace: folds kept in memory behind the log, sampled on demand.
///
/// The log writer applies each committed group, the loops sample. Each workspace has its own brief lock, never held across I/O,
/// so a stalled commit never delays a snapshot.
final class LiveStatsBoard: StatsSource, Sendable {
    /// A snapshot as the JSON mode serves it.
    struct Snapshot: Sendable {
        /// The flat object of the figures.
        let data: [UInt8]
        /// Weak entity tag over the figures, without the timestamp.
        let entityTag: String
        let asOf: SequenceNumber
    }

    /// One workspace's fold and the last sample of it.
    private final class Cell: Sendable {
        struct State {
            var fold: LiveStatsFold
            /// Behind the log: a rebuild is reading, and samples would be wrong.
            var isCatchingUp: Bool
            var sample: Sample?
            var isDirty = false
        }
        struct Sample {
            let second: Int64
            let snapshot: Snapshot
            let frame: StatsFrame
        }
        let state: Mutex<State>
        let registry: WorkspaceRegistry

        init(_ fold: LiveStatsFold, isCatchingUp: Bool, registry: WorkspaceRegistry) {
            state = Mutex(State(fold: fold, isCatchingUp: isCatchingUp))
            self.registry = registry
        }
    }

    /// Events of all workspaces between two rounds of checkpoints at most, so that a start after a crash has about a second
    /// to fold, however fast they came in.
    private static let checkpointEvents = 50_000

    private let clock: @Sendable () -> Milliseconds
    private let cells = Mutex<[WorkspaceKey: Cell]>([:])
    private let eventsBehindCheckpoint = Atomic(0)
    private let checkpointDue = Mutex<(@Sendable () -> Void)?>(nil)

    init(clock: @escaping @Sendable () -> Milliseconds) { self.clock = clock }

    /// Takes up a workspace.
    /// - Parameter fold: from a checkpoint, or fresh; `isCatchingUp` when the log is ahead of it.
    func add(_ workspace: WorkspaceKey, fold: LiveStatsFold, isCatchingUp: Bool, registry: WorkspaceRegistry) {
        let cell = Cell(fold, isCatchingUp: isCatchingUp, registry: registry)
        cells.withLock { $0[workspace] = cell }
    }

    private func cell(_ workspace: WorkspaceKey) -> Cell? { cells.withLock { $0[workspace] } }

    /// Folds committed events, in order. While a rebuild is reading they are left to it: a fold takes only the next seq.
    ///
    /// Time passes first, also where nobody watches: else everything would wait in the fold as if it were dated ahead.
    func apply(_ events: [CommittedEvent], of workspace: WorkspaceKey) {
        guard let cell = cell(workspace) else { return }
        let now = clock()
        cell.state.withLock { state in
            state.fold.advance(to: now)
            for event in events { state.fold.apply(event) }
            state.isDirty = true
        }
        let (before, after) = eventsBehindCheckpoint.add(events.count, ordering: .relaxed)
        if before < Self.checkpointEvents, after >= Self.checkpointEvents { checkpointDue.withLock { $0 }?() }
    }

    /// Names who is told, on the writer's thread, that enough events have come in for a round of checkpoints.
    func whenCheckpointDue(_ tell: @escaping @Sendable () -> Void) { checkpointDue.withLock { $0 = tell } }

    /// Folds a page of the log on behalf of a rebuild.
    /// - Returns: whether the fold has reached `head()`; asked under the lock, so that no event falls between.
    func catchUp(_ workspace: WorkspaceKey, with page: [CommittedEvent], head: () -> SequenceNumber) -> Bool {
        guard let cell = cell(workspace) else { return true }
        let now = clock()
        return cell.state.withLock { state in
            state.fold.advance(to: now)
            for event in page { state.fold.apply(event) }
            state.isDirty = true
            guard state.fold.asOf >= head() else { return false }
            state.isCatchingUp = false
            state.sample = nil
            return true
        }
    }

    /// Begins a rebuild anew, since the log no longer holds the events behind the fold.
    func restart(_ workspace: WorkspaceKey, with fold: LiveStatsFold) {
        cell(workspace)?.state.withLock { $0.fold = fold }
    }

    func asOf(_ workspace: WorkspaceKey) -> SequenceNumber? {
        cell(workspace)?.state.withLock { $0.fold.asOf }
    }

    /// The folds that changed since the last call, for the checkpoints.
    func takeDirty() -> [(workspace: WorkspaceKey, fold: LiveStatsFold)] {
        eventsBehindCheckpoint.store(0, ordering: .relaxed)
        let cells = self.cells.withLock { $0 }
        return cells.compactMap { workspace, cell in
            cell.state.withLock { state in
                guard state.isDirty, !state.isCatchingUp else { return nil }
                state.isDirty = false
                return (workspace, state.fold)
            }
        }
    }

    // MARK: Sampling

    func frame(for workspace: WorkspaceKey, at now: Milliseconds) -> StatsFrame? {
        sample(workspace, at: now)?.frame
    }

    /// The snapshot at `now`; nil while the figures are being rebuilt.
    func snapshot(of workspace: WorkspaceKey, at now: Milliseconds) -> Snapshot? {
        sample(workspace, at: now)?.snapshot
    }

    /// Sampled anew when the head moved or the second changed, else the same bytes.
    private func sample(_ workspace: WorkspaceKey, at now: Milliseconds) -> Cell.Sample? {
        guard let cell = cell(workspace) else { return nil }
        let second = now / 1000
        return cell.state.withLock { state in
            guard !state.isCatchingUp else { return nil }
            if let sample = state.sample, sample.second == second, sample.snapshot.asOf == state.fold.asOf {
                return sample
            }
            let stats = state.fold.sample(at: now, openUsers: cell.registry.connectedUsers)
            var data: [UInt8] = []
            stats.appendJSON(to: &data)
            var figures: [UInt8] = []
            stats.appendFigures(to: &figures)
            let snapshot = Snapshot(data: data, entityTag: Self.entityTag(of: figures), asOf: stats.asOf)
            let sample = Cell.Sample(
                second: second, snapshot: snapshot, frame: StatsFrame(asOf: stats.asOf, json: data))
            state.sample = sample
            return sample
        }
    }

    /// FNV-1a, 64 bits: tells two samples apart, protects nothing.
    private static func entityTag(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return "W/\"\(String(hash, radix: 36))\""
    }
}
