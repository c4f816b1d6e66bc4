import Broadcast
import Events
import Persistence
import Projections
import Telemetry

/// Pages of the log for streams below their ring, encoded as the live frames are.
final class LogReplay: ReplaySource, Sendable {
    /// Events read for one page at most.
    private static let pageEvents = 2_000

    private let log: EventLog
    private let pool: QueryPool
    private let hub: @Sendable (WorkspaceKey) -> WorkspaceRegistry?
    private let diagnostics: Log

    init(
        log: EventLog, pool: QueryPool, diagnostics: Log,
        registry: @escaping @Sendable (WorkspaceKey) -> WorkspaceRegistry?
    ) {
        self.log = log
        self.pool = pool
        self.diagnostics = diagnostics
        hub = registry
    }

    func fetch(
        _ key: WorkspaceKey, after sequence: SequenceNumber, maximumBytes: Int,
        completion: @escaping @Sendable (ReplayPage) -> Void
    ) {
        let isQueued = pool.submit { [self] in completion(page(key, after: sequence, maximumBytes: maximumBytes)) }
        if !isQueued { completion(.failed) }
    }

    private func page(_ key: WorkspaceKey, after sequence: SequenceNumber, maximumBytes: Int) -> ReplayPage {
        guard let workspace = log.workspace(key), let registry = hub(key) else { return .failed }
        if sequence < workspace.floor { return .pruned }
        do {
            let events = try log.readers().events(
                key, after: sequence, limit: Self.pageEvents, maximumBytes: maximumBytes, through: workspace.head)
            guard let first = events.first else { return .end }
            guard first.sequence == sequence + 1 else { return .pruned }
            return encode(events, workspace, registry)
        } catch {
            diagnostics.warning(
                "replay failed", ["workspace": .string(workspace.id.text), "error": .string("\(error)")])
            return .failed
        }
    }

    /// A replayed private event is shown to those who are members now and were at that seq.
    private func encode(_ events: [Event], _ workspace: WorkspaceLog, _ registry: WorkspaceRegistry) -> ReplayPage {
        let directory = workspace.directory()
        var builder = FrameBlockBuilder(workspace: workspace.key, workspaceID: workspace.id, epoch: workspace.epoch)
        for event in events {
            var audience: Audience?
            if let channel = event.channel, directory.isPrivate(channel) {
                let members = directory.channels[channel]?.members ?? [:]
                audience = registry.audience(of: members.filter { $0.value <= event.sequence }.keys)
            }
            builder.append(event, audience: audience)
        }
        guard let block = builder.finish() else { return .end }
        return .frames(block)
    }
}
