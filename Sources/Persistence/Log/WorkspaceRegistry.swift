import Events
import Synchronization

/// All workspaces by key, id and slug; read by every request, changed by the log writer.
final class WorkspaceRegistry: Sendable {
    private struct State {
        var byKey: [WorkspaceKey: WorkspaceLog] = [:]
        /// Ids and slugs: no slug equals another workspace's id.
        var byName: [WorkspaceID: WorkspaceLog] = [:]
        var slugs: [WorkspaceKey: WorkspaceID] = [:]
    }

    private let state = Mutex(State())

    func workspace(named name: WorkspaceID) -> WorkspaceLog? { state.withLock { $0.byName[name] } }

    subscript(key: WorkspaceKey) -> WorkspaceLog? { state.withLock { $0.byKey[key] } }

    /// Ordered by key.
    var all: [WorkspaceLog] {
        state.withLock { Array($0.byKey.values) }.sorted { $0.key < $1.key }
    }

    /// Adds a workspace, or gives a known one another slug.
    func put(_ workspace: WorkspaceLog, slug: WorkspaceID) {
        state.withLock { state in
            if let old = state.slugs[workspace.key], old != workspace.id, state.byName[old] === workspace {
                state.byName[old] = nil
            }
            state.byKey[workspace.key] = workspace
            state.byName[workspace.id] = workspace
            state.byName[slug] = workspace
            state.slugs[workspace.key] = slug
        }
    }
}
