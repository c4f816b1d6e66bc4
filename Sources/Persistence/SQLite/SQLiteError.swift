import CSQLite

/// What SQLite refused, with its extended result code (sqlite.org/rescode.html).
package struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The extended result code, for instance 1034 (`SQLITE_IOERR_FSYNC`).
    package let code: Int32
    /// SQLite's own text; holds no value that was bound.
    package let message: String

    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// The primary codes that others ask for.
    package static let busy = SQLITE_BUSY
    package static let notADatabase = SQLITE_NOTADB

    /// The low byte of ``code``: what kind of error it is.
    package var primaryCode: Int32 { code & 0xff }

    /// Whether there was no room for the write: on the disk or below `max_page_count`.
    package var isFull: Bool { primaryCode == SQLITE_FULL }

    /// Whether the connection can no longer be trusted: I/O, damage, a missing file, a lock protocol that failed.
    package var spoilsConnection: Bool {
        switch primaryCode {
        case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_PROTOCOL, SQLITE_READONLY,
            SQLITE_NOMEM, SQLITE_INTERNAL, SQLITE_MISUSE:
            true
        default: false
        }
    }

    /// Whether the file contradicts itself.
    var isDamage: Bool { primaryCode == SQLITE_CORRUPT }

    package var description: String { "sqlite \(code): \(message)" }
}
