import Broadcast
import Dispatch
import Events
import Persistence
import Synchronization

/// What the server does beside serving: catches the figures up after a start, saves checkpoints, follows the log's floor.
final class Housekeeping: Sendable {
    /// Seconds between two looks.
    private static let interval = 1
    /// Looks between two rounds of checkpoints.
    private static let looksPerRound = 60
    /// So many events folded since make a round due at once: a start folds them again in a second or two.
    private static let eventsPerRound = 200_000
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
        queue.async { [self] in
            var looks = 0
            while timer.wait(timeout: .now() + .seconds(Self.interval)) == .timedOut {
                looks += 1
                guard looks >= Self.looksPerRound || context.board.unsavedEvents >= Self.eventsPerRound else { continue }
                looks = 0
                round()
            }
        }
    }

    private func round() {
        context.recovery.saveCheckpoints {}
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
        let saved = DispatchSemaphore(value: 0)
        context.recovery.saveCheckpoints { saved.signal() }
        _ = saved.wait(timeout: .now() + .seconds(5))
    }
}
