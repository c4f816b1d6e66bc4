package import Events
import Synchronization

/// The registries of all workspaces by key; what everyone who knows a workspace's key finds its streams by.
package final class WorkspaceRegistries: Sendable {
    private let registries = Mutex<[WorkspaceKey: WorkspaceRegistry]>([:])

    package init() {}

    package func add(_ registry: WorkspaceRegistry) { registries.withLock { $0[registry.key] = registry } }

    package subscript(workspace: WorkspaceKey) -> WorkspaceRegistry? { registries.withLock { $0[workspace] } }

    package var all: [WorkspaceRegistry] { registries.withLock { Array($0.values) } }
}
