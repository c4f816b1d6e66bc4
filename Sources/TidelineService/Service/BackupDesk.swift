import Dispatch
import Networking
import Persistence
import Synchronization
import Telemetry

/// The one backup that may be under way: made on a thread of its own, kept until whoever asked has taken the file.
///
/// Who asked must keep asking (``status()``): a copy that nobody wants any more costs disk and time.
final class BackupDesk: Sendable {
    enum Status: Sendable, Equatable {
        case none
        case copying(LogCopy.Progress)
        /// The complete copy is at ``LogSettings/copyPath``, until it is taken or given up.
        case ready
        case failed(String)
    }

    private enum Phase {
        case idle
        case copying(LogCopy)
        case ready(LogCopy)
        case failed(String)
    }

    private struct State {
        var phase = Phase.idle
        var lastAsked = MonotonicTime.read()
        var isStopped = false
    }

    /// How long a backup outlives the last question about it.
    private static let lease: Duration = .seconds(5)

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "tideline.backup")

    /// Begins a copy.
    /// - Returns: false when one is under way, or waits to be taken.
    func begin(_ log: EventLog, _ diagnostics: Log) -> Bool {
        let copy = log.copy()
        let isFree = state.withLock { state in
            switch state.phase {
            case .copying, .ready: return false
            case .idle, .failed: break
            }
            if state.isStopped { return false }
            state.phase = .copying(copy)
            state.lastAsked = MonotonicTime.read()
            return true
        }
        guard isFree else { return false }
        diagnostics.info("backup begun")
        queue.async { self.run(copy, diagnostics) }
        expire(copy, diagnostics)
        return true
    }

    /// How the backup stands; keeps it alive.
    func status() -> Status {
        state.withLock { state in
            state.lastAsked = MonotonicTime.read()
            return switch state.phase {
            case .idle: .none
            case .copying(let copy): .copying(copy.progress)
            case .ready: .ready
            case .failed(let message): .failed(message)
            }
        }
    }

    /// Ends the backup and removes what is left of it; nothing where there is none. May touch the disk.
    func end() {
        state.withLock { state in
            switch state.phase {
            case .copying(let copy): copy.cancel()
            case .ready(let copy):
                copy.discard()
                state.phase = .idle
            case .idle, .failed: state.phase = .idle
            }
        }
    }

    /// Ends the backup for good, before the log closes; blocks until it has.
    func stop() {
        state.withLock { $0.isStopped = true }
        end()
        queue.sync {}
        end()
    }

    private func run(_ copy: LogCopy, _ diagnostics: Log) {
        let phase: Phase
        do throws(StoreError) {
            try copy.run()
            phase = .ready(copy)
            diagnostics.info("backup copied", ["pages": .integer(copy.progress.total)])
        } catch {
            diagnostics.warning("backup ended without a copy", ["reason": .string(error.message)])
            phase = .failed(error.message)
        }
        state.withLock { $0.phase = phase }
    }

    private func expire(_ copy: LogCopy, _ diagnostics: Log) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in
            guard let self, self.holds(copy) else { return }
            if self.state.withLock({ MonotonicTime.read() - $0.lastAsked > Self.lease }) {
                self.end()
                diagnostics.warning("backup given up: nobody asks for it any more")
            }
            // Also behind the end: a copy that was finished in that very moment is there, and goes the next time.
            self.expire(copy, diagnostics)
        }
    }

    private func holds(_ copy: LogCopy) -> Bool {
        state.withLock { state in
            switch state.phase {
            case .copying(let held), .ready(let held): held === copy
            case .idle, .failed: false
            }
        }
    }
}
