import Dispatch
import Synchronization

/// Two threads for work that may wait for a disk, with a bound on what waits for them.
final class BlockingPool: Sendable {
    /// Jobs beyond this are refused: the disk is not keeping up.
    static let maximumWaiting = 256

    private let queues = [DispatchQueue(label: "tideline.files.0"), DispatchQueue(label: "tideline.files.1")]
    private let submitted = Atomic<Int>(0)
    private let waiting = Atomic<Int>(0)

    /// Runs `job` on one of the threads.
    /// - Returns: false when too many wait.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.maximumWaiting else {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        let turn = submitted.add(1, ordering: .relaxed).newValue
        queues[turn & 1].async {
            job()
            self.waiting.subtract(1, ordering: .relaxed)
        }
        return true
    }
}
