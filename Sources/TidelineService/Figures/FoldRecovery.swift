import Broadcast
import Events
import Persistence
import Projections
import Synchronization
import Telemetry

/// Brings the folds behind the log after a start: from their checkpoints, then the events since; and saves checkpoints.
final class FoldRecovery: Sendable {
    /// The name of the live figures among the checkpoints.
    static let fold = "live-stats"
    /// How far a clock may have been set back while the server was down, before its figures are rebuilt. Figures are never of
    /// a time before the last, so that without a rebuild they would stand still for so long.
    private static let toleratedLead: Milliseconds = 5_000
    /// Events read at a time.
    private static let pageEvents = 5_000

    private let log: EventLog
    private let board: LiveStatsBoard
    private let settings: LiveStatsSettings
    private let clock: @Sendable () -> Milliseconds
    private let diagnostics: Log
    private let progress = Mutex<(done: Int, total: Int)>((0, 0))

    init(
        log: EventLog, board: LiveStatsBoard, settings: LiveStatsSettings,
        clock: @escaping @Sendable () -> Milliseconds,
        diagnostics: Log
    ) {
        self.log = log
        self.board = board
        self.settings = settings
        self.clock = clock
        self.diagnostics = diagnostics
    }

    /// Workspaces caught up and workspaces in all, for `/readyz`.
    var state: (done: Int, total: Int) { progress.withLock { $0 } }

    /// Registers every workspace's fold, as its checkpoint has it; quick, reads no events.
    func load(_ registries: [(WorkspaceLog, WorkspaceRegistry)]) {
        let reader = log.readers()
        for (workspace, registry) in registries {
            let fold = checkpoint(of: workspace, reader) ?? emptyFold(of: workspace)
            board.add(
                workspace.key, fold: fold, isCatchingUp: fold.asOf < workspace.head, registry: registry)
        }
        progress.withLock { $0 = (0, registries.count) }
    }

    /// A fold that has seen nothing of what the log still holds.
    private func emptyFold(of workspace: WorkspaceLog) -> LiveStatsFold {
        LiveStatsFold(
            settings: settings, timeZone: workspace.directory().timeZone, startingAt: clock(), after: workspace.floor)
    }

    /// The fold as it was saved; nil where it is of no use: damaged, of another version, ahead of the log, behind what the
    /// log still holds, or of a time that has not come, since its clock was wrong.
    private func checkpoint(of workspace: WorkspaceLog, _ reader: LogReader) -> LiveStatsFold? {
        do {
            guard let saved = try reader.checkpoint(workspace.key, fold: Self.fold, version: LiveStatsFold.version),
                (workspace.floor...workspace.head).contains(saved.sequence),
                let fold = LiveStatsFold(decoding: saved.state, settings: settings), fold.asOf == saved.sequence,
                fold.now <= clock() + Self.toleratedLead
            else { return nil }
            return fold
        } catch {
            diagnostics.warning("checkpoint not read, rebuilding", ["workspace": .string(workspace.id.text)])
            return nil
        }
    }

    /// Reads the log until every fold has caught up; blocks, so it runs on a thread of its own.
    func catchUp(_ workspaces: [WorkspaceLog], isCancelled: () -> Bool) {
        let reader = log.readers()
        for workspace in workspaces {
            while !isCancelled(), !step(workspace, reader) {}
            progress.withLock { $0.done += 1 }
        }
    }

    /// Folds one page.
    /// - Returns: whether the workspace has caught up.
    private func step(_ workspace: WorkspaceLog, _ reader: LogReader) -> Bool {
        do throws(StoreError) {
            var position = board.asOf(workspace.key) ?? 0
            if position < workspace.floor {
                let fold = emptyFold(of: workspace)
                board.restart(workspace.key, with: fold)
                position = fold.asOf
            }
            let page = try reader.replay(workspace.key, after: position, limit: Self.pageEvents)
            return board.catchUp(workspace.key, with: page, head: { workspace.head })
        } catch {
            diagnostics.error(
                "log not read while rebuilding figures, trying again",
                ["workspace": .string(workspace.id.text), "error": .string(error.message)])
            pause(.seconds(1))
            return false
        }
    }

    /// Saves the folds that changed since the last time. Called every minute, after many events, and at the end.
    func saveCheckpoints(whenDone: @escaping @Sendable () -> Void) {
        let checkpoints = board.takeDirty().map { workspace, fold in
            FoldCheckpoint(
                workspace: workspace, fold: Self.fold, version: LiveStatsFold.version, sequence: fold.asOf,
                state: fold.encoded())
        }
        guard !checkpoints.isEmpty else { return whenDone() }
        log.saveCheckpoints(checkpoints) { [diagnostics] result in
            if case .failure = result { diagnostics.warning("checkpoints not saved") }
            whenDone()
        }
    }
}
