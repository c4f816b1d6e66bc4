import Synchronization
import Telemetry

/// `PRAGMA quick_check` beside the running log, on a thread and a connection of its own; its result is a log line and a gauge.
///
/// The check reads in one transaction, during which the write-ahead log cannot start again; so it gives up when that
/// log grows too large.
final class QuickCheck: Sendable {
    /// The size of the write-ahead log that ends the check.
    private static let maximumLogBytes = 256 << 20

    private let settings: LogSettings
    private let level: FrameLevel
    private let log: Log
    private let result: Gauge
    private let isStopped = Atomic(false)

    init(settings: LogSettings, level: FrameLevel, log: Log, result: Gauge) {
        self.settings = settings
        self.level = level
        self.log = log
        self.result = result
    }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Blocks until the check has ended, in one way or another.
    func run() {
        do throws(SQLiteError) {
            let connection = try SQLiteConnection(path: settings.path, mode: .read)
            let level = level
            connection.interrupt(
                when: InterruptCondition { [weak self] in
                    self?.isStopped.load(ordering: .relaxed) ?? true || level.bytes > Self.maximumLogBytes
                })
            let answer = try connection.text("PRAGMA quick_check(20)") ?? "no answer"
            result.set(answer == "ok" ? 1 : 0)
            if answer == "ok" {
                log.info("quick check passed")
            } else {
                log.error("quick check found damage, restore a backup", ["detail": .string(answer)])
            }
        } catch {
            if isStopped.load(ordering: .relaxed) { return }
            log.warning("quick check did not end", ["sqlite.code": .integer(error.code)])
        }
    }
}
