import Dispatch
import Synchronization

/// Runs blocking reads off the loops: a few at a time, with a bounded line behind them.
final class QueryPool: Sendable {
    private struct State {
        var running = 0
        var line: [@Sendable () -> Void] = []
    }

    private let width: Int
    private let maximumLine: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "tideline.queries", attributes: .concurrent)

    /// - Parameter width: reads at a time; as many as the store has read connections.
    /// - Parameter maximumLine: reads that may wait; more are refused.
    init(width: Int = 4, maximumLine: Int = 10_000) {
        self.width = width
        self.maximumLine = maximumLine
    }

    /// Reads that wait for their turn.
    var depth: Int { state.withLock { $0.line.count } }

    /// Queues `job`; any thread, never blocks.
    /// - Returns: false when the line is full.
    func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let start: Bool? = state.withLock { state in
            if state.running < width {
                state.running += 1
                return true
            }
            guard state.line.count < maximumLine else { return nil }
            state.line.append(job)
            return false
        }
        guard let start else { return false }
        if start { queue.async { self.run(job) } }
        return true
    }

    private func run(_ job: @Sendable () -> Void) {
        job()
        while let next = takeNext() { next() }
    }

    private func takeNext() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if state.line.isEmpty {
                state.running -= 1
                return nil
            }
            return state.line.removeFirst()
        }
    }
}
