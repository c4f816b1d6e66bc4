package import Events
import Projections
import Synchronization
package import Telemetry

/// The durable log of all workspaces, on SQLite; the only writer of its data directory. Safe on any thread.
///
/// Reading order: ``LogSettings``, ``Submission`` and ``AppendResult`` (what goes in and what comes back), `LogWriter` and
/// `GroupTransaction` (how it becomes durable), ``CommitSink`` (who hears of it), ``LogReader``, `LogOpening` (what a start
/// checks), `Schema`.
///
/// ```swift
/// let log = try EventLog(settings: LogSettings(directory: "data"), judge: policy, clock: now, log: log, metrics: metrics)
/// try log.start(sink: folds)
/// _ = log.submit(Submission(.append(workspace.key, [draft], isBatch: false), by: principal) { result in … })
/// log.close()
/// ```
package final class EventLog: Sendable {
    /// Where the log is in its life; the threads are joined by whoever closes it.
    private enum Life: Sendable {
        case opened
        case running(writer: LogThread, LogMaintenance, others: [LogThread])
        case closed
    }

    let settings: LogSettings
    let queue: SubmissionQueue
    let registry: WorkspaceRegistry
    let metrics: LogMetrics
    let log: Log
    let clock: @Sendable () -> Milliseconds
    let auditQueue = AuditQueue()
    private let judge: any AppendJudge
    private let level = FrameLevel()
    private let health = WriterHealth()
    private let faults: CommitFaults
    private let lock: DirectoryLock
    private let pool: ReaderPool
    private let check: QuickCheck
    private let life = Mutex(Life.opened)

    /// Opens the data directory: takes its lock, migrates, checks, loads every workspace. Blocks while it does.
    ///
    /// - Parameter judge: asked for every draft, on the writer's thread.
    /// - Parameter clock: UTC milliseconds.
    /// - Throws: `.locked`, `.newerSchema`, `.foreignFile`, `.damaged`, or what the system or SQLite says.
    package init(
        settings: LogSettings, judge: any AppendJudge, clock: @escaping @Sendable () -> Milliseconds, log: Log,
        metrics registry: MetricsRegistry, faults: CommitFaults = .none
    ) throws(StoreError) {
        self.settings = settings
        self.judge = judge
        self.clock = clock
        self.log = log
        self.faults = faults
        try DurableFile.makeDirectory(settings.directory)
        lock = try DirectoryLock(directory: settings.directory)
        let opened = WorkspaceRegistry()
        for workspace in try LogOpening(settings: settings, log: log).open() {
            opened.put(workspace, slug: workspace.directory().slug)
        }
        self.registry = opened
        queue = try SubmissionQueue(
            maximumEvents: settings.maximumQueuedEvents, maximumBytes: settings.maximumQueuedBytes)
        metrics = LogMetrics(registry, queue: queue, level: level)
        pool = try ReaderPool(path: settings.path, count: settings.readers)
        check = QuickCheck(settings: settings, level: level, log: log, result: metrics.checkResult)
        try writeMark(isClean: false)
    }

    /// Starts the writer's thread, and those beside it. Once.
    package func start(sink: any CommitSink) throws(StoreError) {
        let maintenance = try LogMaintenance(
            settings: settings, level: level, log: log,
            writeMark: { [weak self] in self?.refreshMark() },
            startRetention: { [weak self] in self?.startRetention() })
        let environment = LogWriter.Environment(
            settings: settings, queue: queue, registry: registry, judge: judge, sink: sink, clock: clock, log: log,
            metrics: metrics, level: level, health: health, faults: faults, committed: { maintenance.noteCommit() })
        try life.withLock { life throws(StoreError) in
            guard case .opened = life else { throw .closed }
            let writer = try LogThread { LogWriter(environment).run() }
            var others = [try LogThread { maintenance.run() }]
            if settings.checksInBackground { others.append(try LogThread { [check] in check.run() }) }
            life = .running(writer: writer, maintenance, others: others)
        }
    }

    /// Queues a submission; any thread, never blocks.
    /// - Returns: false when the queue is full or the log closed; then the completion is never called.
    package func submit(_ submission: Submission) -> Bool { queue.offer(submission) }

    /// Whether appends are taken: the writer has the database open for writing.
    package var isWritable: Bool { health.isOpen }

    /// How many events wait for their commit.
    package var queuedEvents: Int { queue.depth }

    /// The workspace with this id or slug; nil also for what is no valid name.
    package func workspace(named name: String) -> WorkspaceLog? {
        WorkspaceID(name).flatMap { registry.workspace(named: $0) }
    }

    package func workspace(_ key: WorkspaceKey) -> WorkspaceLog? { registry[key] }

    /// All workspaces, oldest first.
    package var workspaces: [WorkspaceLog] { registry.all }

    /// Reads what is committed; valid until ``close()``.
    package func readers() -> LogReader { LogReader(pool: pool) }

    /// Commits what is queued, ends the threads, writes the mark of a clean end, and gives up the data directory.
    /// Blocks until then; a second call returns at once.
    package func close() {
        let ending = life.withLock { life in
            defer { life = .closed }
            return life
        }
        if case .closed = ending { return }
        queue.stop()
        check.stop()
        if case .running(let writer, let maintenance, let others) = ending {
            writer.join()
            maintenance.stop()
            for thread in others { thread.join() }
        }
        pool.close()
        truncateLog()
        do throws(StoreError) {
            try writeMark(isClean: true)
        } catch {
            log.error("head.mark could not be written", ["error": .string(error.message)])
        }
        lock.release()
    }

    // MARK: The mark

    private func writeMark(isClean: Bool) throws(StoreError) {
        var entries: [WorkspaceKey: HeadMark.Entry] = [:]
        for workspace in registry.all {
            entries[workspace.key] = HeadMark.Entry(epoch: workspace.epoch, head: workspace.head)
        }
        let mark = HeadMark(isClean: isClean, synchronous: settings.synchronous, entries: entries)
        try DurableFile.replace(settings.markPath, with: mark.encoded())
    }

    private func refreshMark() {
        do throws(StoreError) {
            try writeMark(isClean: false)
        } catch {
            log.warning("head.mark could not be written", ["error": .string(error.message)])
        }
    }

    /// Moves everything into the database file, so that a copy of that file alone is whole.
    private func truncateLog() {
        do throws(SQLiteError) {
            let connection = try SQLiteConnection(path: settings.path, mode: .write)
            try connection.execute("PRAGMA synchronous = FULL")
            _ = try connection.checkpoint(restarts: true, truncates: true)
        } catch {
            log.warning("last checkpoint failed", ["sqlite.code": .integer(error.code)])
        }
    }
}
