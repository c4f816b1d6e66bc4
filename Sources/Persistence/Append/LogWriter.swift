import CSQLite
import Events
import Telemetry

/// The log writer: one plain thread that turns what is queued into commits.
///
/// A turn takes all that waits, never waiting to fill, and works on it in groups:
/// judge, dedupe, number, insert (``GroupTransaction``) → COMMIT → publish directories and heads → sink → completions.
/// - A group that rolls back has touched no memory and is answered `failed`.
/// - After a COMMIT that failed, its fate is unknown: the connection is dropped and opened again, the heads tell what is
///   true, and what turned out committed goes to the sink before anything else is accepted.
/// - While the database cannot be opened, submissions fail at once and it is tried again with growing pauses.
///
/// The object is what the thread owns; nobody else may touch it after ``run()`` has begun.
final class LogWriter {
    /// What the writer needs from the log.
    struct Environment: Sendable {
        let settings: LogSettings
        let queue: SubmissionQueue
        let registry: WorkspaceRegistry
        let judge: any AppendJudge
        let sink: any CommitSink
        let clock: @Sendable () -> Milliseconds
        let log: Log
        let metrics: LogMetrics
        let level: FrameLevel
        let health: WriterHealth
        let faults: CommitFaults
        /// Called after each commit, to wake who looks after the write-ahead log.
        let committed: @Sendable () -> Void
    }

    private static let shortestPause: Int32 = 20
    private static let longestPause: Int32 = 5_000

    private let environment: Environment
    /// nil while the database cannot be used.
    private var session: WriterSession? {
        didSet { environment.health.note(isOpen: session != nil) }
    }
    /// A group whose COMMIT failed, until the heads say what became of it.
    private var uncertain: UncertainGroup?
    /// Taken from the queue, not yet worked on.
    private var backlog: ArraySlice<SubmissionQueue.Entry> = []
    private var random = BufferedRandom()
    /// The pause before the next attempt to open the database, in milliseconds, and when it ends.
    private var pause: Int32 = 0
    private var nextAttempt = ContinuousClock.now

    init(_ environment: Environment) { self.environment = environment }

    /// Works until the queue is stopped and empty.
    func run() {
        reopenWhenDue()
        while let entries = environment.queue.take(waitingAtMost: waitingTime) {
            backlog += entries
            reopenWhenDue()
            workOffBacklog()
        }
        reopenWhenDue()
        uncertain?.fail()
    }

    private var waitingTime: Int32? { session == nil ? pause : nil }

    /// Works on what was taken, group by group, taking what has arrived meanwhile into each next group.
    private func workOffBacklog() {
        while let first = backlog.first {
            reopenWhenDue()
            guard session != nil else {
                failBacklog()
                return
            }
            switch first {
            case .job(let job):
                backlog.removeFirst()
                perform(job)
            case .submission:
                commit(takeGroup())
            }
            if backlog.count < environment.settings.maximumGroupEvents,
                let more = environment.queue.take(waitingAtMost: 0)
            {
                backlog += more
            }
        }
    }

    /// The submissions at the front that fit one group; at least one.
    private func takeGroup() -> [Submission] {
        var group: [Submission] = []
        var events = 0
        var bytes = 0
        while case .submission(let submission)? = backlog.first {
            events += submission.eventCount
            bytes += submission.byteCount
            let fits =
                events <= environment.settings.maximumGroupEvents && bytes <= environment.settings.maximumGroupBytes
            guard fits || group.isEmpty else { break }
            group.append(submission)
            backlog.removeFirst()
        }
        environment.queue.release(group)
        return group
    }

    private func failBacklog() {
        let entries = backlog
        backlog = []
        for entry in entries {
            switch entry {
            case .submission(let submission):
                environment.queue.release([submission])
                submission.completion(.failed(.unavailable))
            case .job(let job):
                job.failed(.unavailable)
            }
        }
    }

    // MARK: One group

    private func commit(_ group: [Submission]) {
        let start = ContinuousClock.now
        switch attempt(group) {
        case .committed(let written):
            environment.metrics.committed(written.eventCount, in: start.duration(to: .now))
            publish(written)
            written.answer()
        case .rolledBack(let error):
            rolledBack(error)
            for submission in group { submission.completion(.failed(error.fault)) }
        case .uncertain(let written, let error):
            environment.metrics.failed(error.fault)
            environment.log.error("commit failed, its fate is unknown", ["sqlite.code": .integer(error.code)])
            uncertain = UncertainGroup(written, fault: error.fault)
            dropSession()
        }
    }

    private enum Attempt {
        case committed(WrittenGroup)
        case rolledBack(SQLiteError)
        case uncertain(WrittenGroup, SQLiteError)
    }

    private func attempt(_ group: [Submission]) -> Attempt {
        guard let session else { return .rolledBack(SQLiteError(code: SQLITE_CANTOPEN, message: "no connection")) }
        let transaction = GroupTransaction(
            session: session, registry: environment.registry, judge: environment.judge, now: environment.clock(),
            keyRetention: environment.settings.idempotencyRetention, random: random)
        defer { random = transaction.random }
        do throws(SQLiteError) {
            try session.begin()
            try environment.faults.inject(.began, session.connection)
            for submission in group { try transaction.add(submission) }
            try transaction.finish()
        } catch {
            return .rolledBack(error)
        }
        do throws(SQLiteError) {
            try environment.faults.inject(.committing, session.connection)
            try session.commit()
            try environment.faults.inject(.committed, session.connection)
        } catch {
            return .uncertain(transaction.result, error)
        }
        return .committed(transaction.result)
    }

    private func publish(_ group: WrittenGroup) {
        let batches = group.workspaces.map { $0.publish(in: environment.registry) }
        if batches.isEmpty { return }
        environment.committed()
        environment.sink.committed(CommittedGroup(batches: batches))
    }

    private func perform(_ job: WriterJob) {
        guard let session else { return job.failed(.unavailable) }
        do throws(SQLiteError) {
            if job.hasTransaction { try session.begin() }
            let completion = try job.body(session)
            if job.hasTransaction { try session.commit() }
            environment.committed()
            completion()
        } catch {
            rolledBack(error)
            job.failed(error.fault)
        }
    }

    /// Ends a transaction that stored nothing; drops the connection where it cannot be trusted any more.
    private func rolledBack(_ error: SQLiteError) {
        environment.metrics.failed(error.fault)
        environment.log.error(
            "transaction rolled back", ["sqlite.code": .integer(error.code), "error": .string(error.message)])
        let isGone = session?.rollBack() ?? true
        if !isGone || error.spoilsConnection { dropSession() }
    }

    // MARK: Opening

    /// Closes the connection; the next turn opens another one.
    private func dropSession() {
        _ = session?.rollBack()
        session = nil
        pause = 0
        nextAttempt = .now
    }

    private func reopenWhenDue() {
        if session == nil && nextAttempt <= .now { reopen() }
    }

    /// Opens the database; settles the group of unknown fate before anything else is accepted.
    private func reopen() {
        do throws(StoreError) {
            let opened = try StoreError.wrapping("opening the log") { () throws(SQLiteError) in
                let session = try WriterSession(environment.settings, level: environment.level)
                try environment.faults.inject(.opened, session.connection)
                return session
            }
            try settle(with: opened)
            session = opened
            pause = 0
        } catch {
            environment.metrics.failed(.unavailable)
            environment.log.error("log cannot be opened for writing", ["error": .string(error.message)])
            // Nobody should wait for a disk; what was committed after all still reaches the sink later.
            uncertain?.fail()
            pause = min(max(pause * 2, Self.shortestPause), Self.longestPause)
            nextAttempt = .now + .milliseconds(Int64(pause))
        }
    }

    /// Compares the heads of the file with what was published, and settles the uncertain group by them.
    private func settle(with opened: WriterSession) throws(StoreError) {
        let heads = try StoreError.wrapping("reading the heads") { () throws(SQLiteError) in try opened.heads() }
        for workspace in environment.registry.all where heads[workspace.key] ?? -1 < workspace.head {
            throw .damaged("the log of \(workspace.id) is behind what was acknowledged; restart to begin a new epoch")
        }
        guard let uncertain else { return }
        self.uncertain = nil
        let isCommitted = uncertain.group.workspaces.allSatisfy { heads[$0.log.key] ?? 0 >= $0.head }
        environment.log.warning("fate of the failed commit is known", ["committed": .bool(isCommitted)])
        if isCommitted {
            publish(uncertain.group)
            uncertain.answer()
        } else {
            uncertain.fail()
        }
    }
}

@available(*, unavailable)
extension LogWriter: Sendable {}

/// A group whose COMMIT failed: committed or not, nobody knows before the heads are read again.
private final class UncertainGroup {
    let group: WrittenGroup
    private let fault: StoreFault
    private var isAnswered = false

    init(_ group: WrittenGroup, fault: StoreFault) {
        self.group = group
        self.fault = fault
    }

    func answer() {
        if isAnswered { return }
        isAnswered = true
        group.answer()
    }

    func fail() {
        if isAnswered { return }
        isAnswered = true
        for (submission, _) in group.outcomes { submission.completion(.failed(fault)) }
    }
}

extension SQLiteError {
    /// What a submission is told.
    fileprivate var fault: StoreFault { isFull ? .full : .unavailable }
}
