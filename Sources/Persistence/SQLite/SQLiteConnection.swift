import CSQLite
import Synchronization

/// One connection to one database file, used by one thread at a time (opened with `SQLITE_OPEN_NOMUTEX`).
///
/// Whoever shares one puts it into a `Mutex`; the type itself is not `Sendable`. The handle closes when the connection
/// and the last statement made by it are gone.
@safe
package final class SQLiteConnection {
    /// What a connection may do to its file.
    package enum Mode: Sendable {
        case read
        /// Writes a file that is there: one that vanished must not come back empty.
        case write
        /// Writes, and creates the file where it is missing.
        case create
    }

    let handle: OpaquePointer
    /// Keeps what SQLite's hooks point to alive for as long as the handle.
    private var retained: [AnyObject] = []

    /// - Parameter busyTimeout: milliseconds to wait for another connection's lock.
    package init(path: String, mode: Mode, busyTimeout: Int32 = 10_000) throws(SQLiteError) {
        let access =
            switch mode {
            case .read: SQLITE_OPEN_READONLY
            case .write: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard let handle = unsafe opened else {
            throw SQLiteError(code: SQLITE_NOMEM, message: "out of memory")
        }
        guard code == SQLITE_OK else {
            let error = unsafe Self.error(of: handle, code: code)
            _ = unsafe sqlite3_close_v2(handle)
            throw error
        }
        unsafe self.handle = handle
        _ = unsafe sqlite3_busy_timeout(handle, busyTimeout)
    }

    deinit {
        _ = unsafe sqlite3_close_v2(handle)
    }

    /// Whether no transaction is open.
    package var isIdle: Bool { unsafe sqlite3_get_autocommit(handle) != 0 }

    /// The rows that the last INSERT, UPDATE or DELETE changed.
    package var changes: Int { Int(unsafe sqlite3_changes(handle)) }

    /// Runs statements that bind nothing; rows are ignored.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw unsafe Self.error(of: handle, code: code) }
    }

    /// Compiles one statement, which the caller keeps and runs often.
    package func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        var prepared: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(
            handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let statement = unsafe prepared else {
            throw unsafe Self.error(of: handle, code: code)
        }
        return unsafe SQLiteStatement(handle: statement)
    }

    /// The integer in the first column of the first row of `sql`, nil without a row.
    package func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The text in the first column of the first row of `sql`, nil without a row.
    package func text(_ sql: String) throws(SQLiteError) -> String? {
        let statement = try prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.text(0) : nil
    }

    /// Moves frames of the write-ahead log into the database file.
    /// - Parameter restarts: also waits until the next writer may begin at the log's start; else only what is free now.
    /// - Parameter truncates: also cuts the log file to nothing.
    /// - Returns: the frames in the log, and how many of them are in the database file now.
    package func checkpoint(restarts: Bool, truncates: Bool = false) throws(SQLiteError) -> (frames: Int, done: Int) {
        let mode =
            truncates ? SQLITE_CHECKPOINT_TRUNCATE : restarts ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE
        var frames: Int32 = 0
        var done: Int32 = 0
        let code = unsafe sqlite3_wal_checkpoint_v2(handle, nil, mode, &frames, &done)
        guard code == SQLITE_OK else { throw unsafe Self.error(of: handle, code: code) }
        return (Int(frames), Int(done))
    }

    /// Stores the number of frames in the write-ahead log into `level` after each commit of this connection.
    /// Replaces SQLite's automatic checkpoint.
    package func report(walFramesTo level: FrameLevel) {
        retained.append(level)
        let context = unsafe Unmanaged.passUnretained(level).toOpaque()
        _ = unsafe sqlite3_wal_hook(
            handle,
            { context, _, _, frames in
                guard let context = unsafe context else { return SQLITE_OK }
                unsafe Unmanaged<FrameLevel>.fromOpaque(context).takeUnretainedValue().set(Int(frames))
                return SQLITE_OK
            }, context)
    }

    /// Interrupts long statements as soon as `condition` is met.
    package func interrupt(when condition: InterruptCondition) {
        retained.append(condition)
        let context = unsafe Unmanaged.passUnretained(condition).toOpaque()
        unsafe sqlite3_progress_handler(
            handle, 10_000,
            { context in
                guard let context = unsafe context else { return 0 }
                let condition = unsafe Unmanaged<InterruptCondition>.fromOpaque(context).takeUnretainedValue()
                return condition.isMet() ? 1 : 0
            }, context)
    }

    static func error(of handle: OpaquePointer, code: Int32) -> SQLiteError {
        let message = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) } ?? "unknown"
        return SQLiteError(code: code, message: message)
    }
}

@available(*, unavailable)
extension SQLiteConnection: Sendable {}

/// How many frames the write-ahead log holds; set by the writer's connection, read by the checkpoint thread.
package final class FrameLevel: Sendable {
    private let frames = Atomic<Int>(0)

    package init() {}

    package var value: Int { frames.load(ordering: .relaxed) }

    package func set(_ value: Int) { frames.store(value, ordering: .relaxed) }

    /// Frames of a page of 4,096 bytes with its header (sqlite.org/fileformat2.html §4.1).
    package var bytes: Int { value * (4_096 + 24) }
}

/// Asked now and then by a long statement: whether it should give up.
package final class InterruptCondition: Sendable {
    fileprivate let isMet: @Sendable () -> Bool

    package init(_ isMet: @escaping @Sendable () -> Bool) { self.isMet = isMet }
}
