import Broadcast
import Events
import Persistence
import Projections
import Synchronization

/// Takes each committed group from the log writer: folds it into the figures, then hands its frames to the loops.
///
/// Everything happens on the writer's thread, in commit order, before the POSTs are answered.
final class FramePublisher: CommitSink, Sendable {
    private let hub: Hub
    private let board: LiveStatsBoard
    private let fresh: @Sendable (WorkspaceLog) -> WorkspaceRegistry
    private let waiters: HeadWaiters
    /// The audiences of private channels as of the last published event; touched by the writer's thread alone.
    private let audiences = Mutex<[WorkspaceKey: AudienceTable]>([:])

    /// - Parameter fresh: takes up a workspace that this group created.
    init(
        hub: Hub, board: LiveStatsBoard, waiters: HeadWaiters,
        fresh: @escaping @Sendable (WorkspaceLog) -> WorkspaceRegistry
    ) {
        self.hub = hub
        self.board = board
        self.waiters = waiters
        self.fresh = fresh
    }

    func committed(_ group: CommittedGroup) {
        let batches = group.batches.map { batch in
            (batch: batch, registry: hub.registry(of: batch.workspace.key) ?? fresh(batch.workspace))
        }
        for (batch, _) in batches { board.apply(batch.events, of: batch.workspace.key) }
        hub.publish(
            batches, registry: { $0.registry }, head: { $0.batch.events.last?.event.sequence ?? 0 },
            encode: { encode($0.batch, $0.registry) })
        for (batch, registry) in batches {
            remember(batch)
            closeRemoved(batch, registry)
            waiters.wake(batch.workspace.key)
        }
    }

    /// The frames of one workspace's share. Membership changes within it are followed event by event, so that visibility is
    /// exact at each seq. Quiet events (an import that nobody is to be told of) are followed and not shown.
    private func encode(_ batch: WorkspaceBatch, _ registry: WorkspaceRegistry) -> FrameBlock? {
        let workspace = batch.workspace
        var builder = FrameBlockBuilder(
            workspace: workspace.key, workspaceID: workspace.id, epoch: workspace.epoch)
        return audiences.withLock { tables in
            var table = tables[workspace.key] ?? AudienceTable(directory: batch.directory)
            for (index, committed) in batch.events.enumerated() {
                table.follow(committed)
                var audience = table.audience(of: committed.event, registry)
                if batch.isQuiet(at: index) { audience = AudienceTable.nobody }
                builder.append(committed.event, audience: audience)
            }
            tables[workspace.key] = table
            return builder.finish()
        }
    }

    /// Takes up a workspace as it stands before its next event.
    func follow(_ workspace: WorkspaceKey, from directory: WorkspaceDirectory) {
        audiences.withLock { $0[workspace] = AudienceTable(directory: directory) }
    }

    /// Moves on behind a batch, also one that no loop watched.
    private func remember(_ batch: WorkspaceBatch) {
        audiences.withLock { tables in
            tables[batch.workspace.key, default: AudienceTable(directory: batch.directory)].move(behind: batch)
        }
    }

    /// A removed member's streams end within the group that removed them.
    private func closeRemoved(_ batch: WorkspaceBatch, _ registry: WorkspaceRegistry) {
        var removed: Set<UserID> = []
        for committed in batch.events {
            if case .memberRemoved(let user) = committed.facts { removed.insert(user) }
        }
        guard !removed.isEmpty else { return }
        hub.closeAll(of: registry, users: removed, reason: .authExpired) { _ in }
    }

    /// The streams entitled to an event and subscribed to it, at hand-over: the `notified` of a POST's answer.
    func notified(_ draft: EventDraft, in workspace: WorkspaceLog) -> Int {
        guard let registry = hub.registry(of: workspace.key) else { return 0 }
        let directory = workspace.directory()
        guard let channel = draft.channel, directory.isPrivate(channel) else {
            return registry.entitled(to: draft.type, members: nil)
        }
        return registry.entitled(
            to: draft.type, members: directory.channels[channel].map { Array($0.members.keys) } ?? [])
    }
}

/// Who may see the events of private channels, followed event by event.
private struct AudienceTable {
    static let nobody = Audience([])

    /// As of the last event followed.
    private var directory: WorkspaceDirectory
    private var cached: [ChannelID: Audience] = [:]

    init(directory: WorkspaceDirectory) { self.directory = directory }

    mutating func move(behind batch: WorkspaceBatch) {
        if batch.events.contains(where: { Self.changesMembership($0.facts) }) { cached.removeAll() }
        directory = batch.directory
    }

    mutating func follow(_ committed: CommittedEvent) {
        guard Self.changesMembership(committed.facts) else { return }
        directory.apply(committed)
        cached.removeAll()
    }

    /// nil: everyone in the workspace.
    mutating func audience(of event: Event, _ registry: WorkspaceRegistry) -> Audience? {
        guard let channel = event.channel, directory.isPrivate(channel) else { return nil }
        if let known = cached[channel] { return known }
        let made = registry.audience(of: directory.channels[channel].map { Array($0.members.keys) } ?? [])
        cached[channel] = made
        return made
    }

    private static func changesMembership(_ facts: EventFacts) -> Bool {
        switch facts {
        case .channelCreated, .channelJoined, .channelLeft, .memberAdded, .memberRemoved, .workspace: true
        default: false
        }
    }
}
