import Synchronization

/// What waits for the log writer: submissions, bounded by events and bytes, and jobs of the store itself.
///
/// Offers come from any thread and never block; only the writer takes. When it is full an offer is refused (`queue_full`).
final class SubmissionQueue: Sendable {
    enum Entry: Sendable {
        case submission(Submission)
        case job(WriterJob)
    }

    /// The most jobs that wait; there are few kinds, each with at most a handful under way.
    private static let maximumJobs = 10_000

    private struct State {
        var entries: [Entry] = []
        var events = 0
        var bytes = 0
        var jobs = 0
        var isStopped = false
        /// Whether the writer sleeps or is about to, so that an offer must wake it.
        var isWriterIdle = false
    }

    private let maximumEvents: Int
    private let maximumBytes: Int
    private let state = Mutex(State())
    private let wake: WakeSignal

    init(maximumEvents: Int, maximumBytes: Int) throws(StoreError) {
        self.maximumEvents = maximumEvents
        self.maximumBytes = maximumBytes
        wake = try WakeSignal()
    }

    /// How many events wait.
    var depth: Int { state.withLock { $0.events } }

    /// - Returns: false when there is no room, or after ``stop()``. Into an empty queue any submission fits.
    func offer(_ submission: Submission) -> Bool {
        let events = submission.eventCount
        let bytes = submission.byteCount
        return offer { state in
            let fits = state.events + events <= maximumEvents && state.bytes + bytes <= maximumBytes
            guard fits || state.events == 0 else { return nil }
            state.events += events
            state.bytes += bytes
            return .submission(submission)
        }
    }

    /// - Returns: false when too many wait, or after ``stop()``.
    func offer(_ job: WriterJob) -> Bool {
        offer { state in
            guard state.jobs < Self.maximumJobs else { return nil }
            state.jobs += 1
            return .job(job)
        }
    }

    /// Refuses all further offers and wakes the writer.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake.signal()
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Takes all that waits, for the writer only.
    /// - Parameter milliseconds: how long to sleep when there is nothing; nil: until there is something, 0: not at all.
    /// - Returns: empty when the time is over; nil when the queue is stopped and empty.
    func take(waitingAtMost milliseconds: Int32?) -> [Entry]? {
        let deadline = milliseconds.map { ContinuousClock.now + .milliseconds(Int64($0)) }
        while true {
            let (entries, isStopped) = state.withLock { state in
                let taken = state.entries
                state.entries = []
                state.jobs = 0
                state.isWriterIdle = taken.isEmpty && milliseconds != 0
                return (taken, state.isStopped)
            }
            if !entries.isEmpty { return entries }
            if isStopped { return nil }
            guard let deadline else {
                wake.wait()
                continue
            }
            let rest = ContinuousClock.now.duration(to: deadline)
            if rest <= .zero { return [] }
            wake.wait(atMost: Int32(clamping: rest.components.seconds * 1_000 + 1 + rest.milliseconds))
        }
    }

    /// Gives back the room of a submission that the writer begins to work on.
    func release(_ submissions: [Submission]) {
        let events = submissions.reduce(0) { $0 + $1.eventCount }
        let bytes = submissions.reduce(0) { $0 + $1.byteCount }
        state.withLock { state in
            state.events -= events
            state.bytes -= bytes
        }
    }

    private func offer(_ admit: (inout State) -> Entry?) -> Bool {
        let (isAdmitted, mustWake) = state.withLock { state in
            guard !state.isStopped, let entry = admit(&state) else { return (false, false) }
            state.entries.append(entry)
            let mustWake = state.isWriterIdle
            state.isWriterIdle = false
            return (true, mustWake)
        }
        if mustWake { wake.signal() }
        return isAdmitted
    }
}

extension Duration {
    /// The part below a second, in whole milliseconds.
    fileprivate var milliseconds: Int64 { components.attoseconds / 1_000_000_000_000_000 }
}
