import CSQLite

/// SQLite's online backup (sqlite.org/backup.html): one database copied into another, some pages at a time.
///
/// The source is read-locked only during a step. Between steps it may be written through the *same* connection: pages that
/// were copied already are then copied again by that write. A write through any other connection makes the next step begin
/// at the first page, so under load a copy through a connection of its own never ends.
@safe
final class PageCopy {
    private let handle: OpaquePointer
    // SQLite needs both for as long as the copy.
    private let source: SQLiteConnection
    private let destination: SQLiteConnection

    /// - Parameter destination: an empty database that nobody else uses.
    init(from source: SQLiteConnection, to destination: SQLiteConnection) throws(SQLiteError) {
        guard
            let handle = unsafe sqlite3_backup_init(
                destination.handle, "main", source.handle, "main")
        else {
            throw unsafe SQLiteConnection.error(
                of: destination.handle, code: sqlite3_extended_errcode(destination.handle))
        }
        unsafe self.handle = handle
        self.source = source
        self.destination = destination
    }

    deinit {
        // Its result repeats that of the last step.
        _ = unsafe sqlite3_backup_finish(handle)
    }

    /// Copies up to `pages` more; the last step commits the destination.
    /// - Returns: whether all are copied.
    func step(pages: Int32) throws(SQLiteError) -> Bool {
        let code = unsafe sqlite3_backup_step(handle, pages)
        switch code {
        case SQLITE_DONE: return true
        case SQLITE_OK: return false
        default: throw SQLiteError(code: code, message: unsafe String(cString: sqlite3_errstr(code)))
        }
    }

    /// The pages of the source, and those still to be copied, as of the last step.
    var progress: (total: Int, remaining: Int) {
        unsafe (Int(sqlite3_backup_pagecount(handle)), Int(sqlite3_backup_remaining(handle)))
    }
}

@available(*, unavailable)
extension PageCopy: Sendable {}
