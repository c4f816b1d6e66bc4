import Broadcast
import Events
import Persistence
import Projections

/// Takes up workspaces: at the start those of the log, later those that a commit creates.
struct WorkspaceIntake: Sendable {
    let registries: WorkspaceRegistries
    let board: LiveStatsBoard
    let settings: LiveStatsSettings
    let clock: @Sendable () -> Milliseconds

    /// The registry of a workspace that the log knew at the start.
    func registry(of workspace: WorkspaceLog) -> WorkspaceRegistry {
        let registry = WorkspaceRegistry(
            key: workspace.key, id: workspace.id, epoch: workspace.epoch, head: workspace.head, floor: workspace.floor)
        registries.add(registry)
        return registry
    }

    /// A workspace of which the group now published holds the first events; its fold begins empty.
    func takeNew(_ workspace: WorkspaceLog) -> WorkspaceRegistry {
        let registry = WorkspaceRegistry(
            key: workspace.key, id: workspace.id, epoch: workspace.epoch, head: 0, floor: 0)
        board.add(
            workspace.key,
            fold: LiveStatsFold(settings: settings, timeZone: workspace.directory().timeZone, startingAt: clock()),
            isCatchingUp: false, registry: registry)
        registries.add(registry)
        return registry
    }
}
