import Events
import Persistence
import Synchronization

/// Whether the log can be read and written now, for `/readyz`.
final class Readiness: Sendable {
    /// What the last append found; the writer's own word, so that asking costs nothing.
    private let isWriting = Atomic(true)

    struct State {
        let isReady: Bool
        let detail: String
        let writer: String
    }

    /// Noted by whoever was answered that the store failed, or that it took an append again.
    func noteWriter(works: Bool) { isWriting.store(works, ordering: .relaxed) }

    /// Reads a row; blocks.
    func check(_ log: EventLog) -> State {
        var canRead = true
        do throws(StoreError) {
            _ = try log.readers().audit(nil, limit: 1)
        } catch {
            canRead = false
        }
        let canWrite = isWriting.load(ordering: .relaxed)
        return State(
            isReady: canRead && canWrite, detail: canRead ? "ok" : "cannot be read",
            writer: canWrite ? "ok" : "the last append failed")
    }
}
