import Events
import Synchronization

/// Requests that wait for a workspace's next event (`wait=` of the log endpoint).
final class HeadWaiters: Sendable {
    /// How many may wait in all, and for one workspace, so that one cannot take the places of the others.
    private static let maximum = 10_000
    private static let maximumPerWorkspace = 1_000

    private struct State {
        var next: UInt64 = 0
        var waiting: [WorkspaceKey: [UInt64: @Sendable () -> Void]] = [:]
        var count = 0
    }
    private let state = Mutex(State())

    init() {}

    /// Calls `wake` once, when the workspace's head has moved.
    /// - Returns: how to give up; nil when too many wait already.
    func wait(for workspace: WorkspaceKey, _ wake: @escaping @Sendable () -> Void) -> UInt64? {
        state.withLock { state in
            guard state.count < Self.maximum,
                state.waiting[workspace]?.count ?? 0 < Self.maximumPerWorkspace
            else { return nil }
            state.next += 1
            state.count += 1
            state.waiting[workspace, default: [:]][state.next] = wake
            return state.next
        }
    }

    /// - Returns: whether it was still waiting; then it is not called any more.
    func cancel(_ waiter: UInt64, of workspace: WorkspaceKey) -> Bool {
        state.withLock { state in
            guard state.waiting[workspace]?.removeValue(forKey: waiter) != nil else { return false }
            if state.waiting[workspace]?.isEmpty == true { state.waiting[workspace] = nil }
            state.count -= 1
            return true
        }
    }

    func wake(_ workspace: WorkspaceKey) {
        let woken = state.withLock { state in
            let woken = state.waiting.removeValue(forKey: workspace) ?? [:]
            state.count -= woken.count
            return woken
        }
        for wake in woken.values { wake() }
    }
}
