import Synchronization

/// The work that other threads hand to a loop, in order.
///
/// A producer appends and learns whether the loop must be woken; the loop takes everything at once by swapping arrays. No wake-up
/// is lost: the loop declares its sleep under the same lock that appending takes, and only while nothing waits; so either it sees
/// the job, or the producer sees the sleep. And none is wasted: the first producer clears the mark.
final class Mailbox: Sendable {
    enum Job {
        case work(@Sendable () -> Void)
        case task(UnownedJob)
    }

    enum Outcome {
        /// The loop will take it.
        case queued
        /// The loop sleeps: the caller writes to its eventfd.
        case queuedWake
        /// The loop has stopped; the job was dropped.
        case closed
    }

    private struct State {
        var jobs: [Job] = []
        var isAsleep = false
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Appends a job. Any thread.
    func post(_ job: Job) -> Outcome {
        state.withLock { state in
            guard !state.isClosed else { return .closed }
            state.jobs.append(job)
            guard state.isAsleep else { return .queued }
            state.isAsleep = false
            return .queuedWake
        }
    }

    /// Declares that the loop goes to sleep.
    /// - Returns: false when jobs wait, and then it must not.
    func fallAsleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.jobs.isEmpty
            return state.isAsleep
        }
    }

    /// Ends the sleep and swaps the waiting jobs with `batch`, which is empty.
    func take(into batch: inout [Job]) {
        state.withLock { state in
            state.isAsleep = false
            swap(&state.jobs, &batch)
        }
    }

    /// Refuses jobs from now on, unless some wait.
    /// - Returns: whether it is closed.
    func closeIfEmpty() -> Bool {
        state.withLock { state in
            state.isClosed = state.jobs.isEmpty
            return state.isClosed
        }
    }

    /// How many jobs wait.
    var depth: Int { state.withLock { $0.jobs.count } }
}
