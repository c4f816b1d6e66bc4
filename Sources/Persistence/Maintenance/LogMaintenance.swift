import Events
import Synchronization
import Telemetry

/// The maintenance thread: moves the write-ahead log into the database file, writes `head.mark`, and starts retention.
///
/// It has a connection of its own for checkpoints; whatever must write rows goes to the writer as a job.
final class LogMaintenance: Sendable {
    /// Between two marks, which also bounds how long a small write-ahead log waits.
    private static let markInterval: Duration = .seconds(60)
    /// Between two rounds of retention.
    private static let retentionInterval: Duration = .seconds(300)

    private let settings: LogSettings
    private let level: FrameLevel
    private let log: Log
    private let wake: WakeSignal
    private let isStopped = Atomic(false)
    /// Whether the writer has woken the thread and the checkpoint has not begun.
    private let isCheckpointDue = Atomic(false)
    private let writeMark: @Sendable () -> Void
    private let startRetention: @Sendable () -> Void

    init(
        settings: LogSettings, level: FrameLevel, log: Log, writeMark: @escaping @Sendable () -> Void,
        startRetention: @escaping @Sendable () -> Void
    ) throws(StoreError) {
        self.settings = settings
        self.level = level
        self.log = log
        self.writeMark = writeMark
        self.startRetention = startRetention
        wake = try WakeSignal()
    }

    /// Called by the writer after each commit: wakes the thread once the write-ahead log is large.
    func noteCommit() {
        guard level.bytes >= settings.checkpointBytes, !isCheckpointDue.exchange(true, ordering: .relaxed) else {
            return
        }
        wake.signal()
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
        wake.signal()
    }

    /// Works until ``stop()``; on its own thread.
    func run() {
        var connection: SQLiteConnection?
        var nextMark = ContinuousClock.now + Self.markInterval
        var nextRetention = ContinuousClock.now + Self.retentionInterval
        while !isStopped.load(ordering: .relaxed) {
            let next = min(nextMark, nextRetention)
            let rest = ContinuousClock.now.duration(to: next) / .milliseconds(1)
            wake.wait(atMost: Int32(max(0, min(rest + 1, 60_000))))
            if isStopped.load(ordering: .relaxed) { break }
            let isMarkDue = nextMark <= .now
            if isCheckpointDue.exchange(false, ordering: .relaxed) || isMarkDue { checkpoint(&connection) }
            if isMarkDue {
                writeMark()
                nextMark = .now + Self.markInterval
            }
            if nextRetention <= .now {
                startRetention()
                nextRetention = .now + Self.retentionInterval
            }
        }
    }

    /// First what is free while appends go on; then, when the log has grown far beyond that, the short rest with the
    /// writer waiting, so that the log starts again from its beginning.
    private func checkpoint(_ connection: inout SQLiteConnection?) {
        do throws(SQLiteError) {
            let open = try connected(connection)
            connection = open
            let (frames, done) = try open.checkpoint(restarts: false)
            // Waiting for a reader that holds frames back would stall every commit, and could not succeed.
            if level.bytes >= settings.checkpointBytes * 4, done == frames { _ = try open.checkpoint(restarts: true) }
        } catch {
            connection = nil
            // Busy: a reader or the writer holds it; the next commit asks again.
            if error.primaryCode != SQLiteError.busy {
                log.warning("checkpoint failed", ["sqlite.code": .integer(error.code)])
            }
        }
    }

    private func connected(_ connection: SQLiteConnection?) throws(SQLiteError) -> SQLiteConnection {
        if let connection { return connection }
        let opened = try SQLiteConnection(path: settings.path, mode: .write, busyTimeout: 1_000)
        try opened.execute("PRAGMA synchronous = \(settings.synchronous.rawValue)")
        return opened
    }
}
