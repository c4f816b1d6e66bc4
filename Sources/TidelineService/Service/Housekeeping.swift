import Broadcast
import Dispatch
import Events
import Persistence
import Synchronization

/// What the server does beside serving: catches the figures up after a start, saves checkpoints, follows the log's floor.
final class Housekeeping: Sendable {
    /// Between two rounds of checkpoints; shorter while many events come in.
    private static let interval = 60
    private let context: ServiceContext
    private let isStopping = Atomic(false)
    private let queue = DispatchQueue(label: "tideline.housekeeping")
    private let timer: DispatchSemaphore
    private let recovery = DispatchSemaphore(value: 0)

    init(context: ServiceContext) {
        self.context = context
        timer = DispatchSemaphore(value: 0)
    }

    func start() {
        DispatchQueue.global().async { [self] in
            context.recovery.catchUp(context.log.workspaces) { isStopping.load(ordering: .relaxed) }
            recovery.signal()
        }
        context.board.whenCheckpointDue { [timer] in timer.signal() }
        queue.async { [self] in
            while true {
                _ = timer.wait(timeout: .now() + .seconds(Self.interval))
                if isStopping.load(ordering: .relaxed) { return }
                round()
            }
        }
    }

    private func round() {
        context.recovery.saveCheckpoints {}
        context.auditCounted()
        for workspace in context.log.workspaces {
            context.hub.registry(of: workspace.key)?.prune(to: workspace.floor)
        }
    }

    /// Ends the rebuild and saves the last checkpoints; the log must still be open.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        recovery.wait()
        timer.signal()
        queue.sync {}
        context.auditCounted(all: true)
        let saved = DispatchSemaphore(value: 0)
        context.recovery.saveCheckpoints { saved.signal() }
        _ = saved.wait(timeout: .now() + .seconds(5))
    }
}
