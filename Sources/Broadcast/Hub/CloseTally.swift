import Synchronization

/// Adds up what the loops report of one close.
package final class CloseTally: Sendable {
    private let state: Mutex<(awaited: Int, count: Int)>
    private let whenDone: @Sendable (Int) -> Void

    init(awaited: Int, whenDone: @escaping @Sendable (Int) -> Void) {
        state = Mutex((awaited, 0))
        self.whenDone = whenDone
    }

    /// Streams closed so far.
    package var count: Int { state.withLock { $0.count } }

    func report(_ closed: Int) {
        let total: Int? = state.withLock {
            $0.awaited -= 1
            $0.count += closed
            return $0.awaited == 0 ? $0.count : nil
        }
        if let total { whenDone(total) }
    }
}
