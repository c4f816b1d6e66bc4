import Foundation

/// Does `body` on a thread of its own: what blocks must not hold one of the few threads that all tests share, least of all
/// where it waits for a task that needs one.
func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}
