package import Events
package import Projections
import Synchronization

/// One workspace of the log: its names, how far it has come, and who belongs to it. Safe on any thread.
///
/// Only the log writer changes it, after a commit and before the sink hears of the events.
package final class WorkspaceLog: Sendable {
    package let key: WorkspaceKey
    package let id: WorkspaceID
    /// Names this life of the log; set once, before the log accepts anything.
    package let epoch: Epoch
    private let committedHead: Atomic<SequenceNumber>
    private let prunedFloor: Atomic<SequenceNumber>
    private let current: Mutex<WorkspaceDirectory>

    init(
        key: WorkspaceKey, epoch: Epoch, head: SequenceNumber, floor: SequenceNumber, directory: WorkspaceDirectory
    ) {
        self.key = key
        id = directory.id
        self.epoch = epoch
        committedHead = Atomic(head)
        prunedFloor = Atomic(floor)
        current = Mutex(directory)
    }

    /// The last committed event; 0 before the first.
    package var head: SequenceNumber { committedHead.load(ordering: .acquiring) }

    /// The last event that retention has removed; 0 while all are there.
    package var floor: SequenceNumber { prunedFloor.load(ordering: .acquiring) }

    /// The position at ``head``.
    package var position: StreamPosition { StreamPosition(epoch: epoch, sequence: head) }

    /// A copy of the directory as it is at ``head`` or later.
    package func directory() -> WorkspaceDirectory { current.withLock { $0 } }

    /// Shows what a commit has brought: the directory first, so that it is never behind the head.
    func publish(head: SequenceNumber, directory: WorkspaceDirectory?) {
        if let directory { current.withLock { $0 = directory } }
        committedHead.store(head, ordering: .releasing)
    }

    func publish(floor: SequenceNumber) { prunedFloor.store(floor, ordering: .releasing) }
}
