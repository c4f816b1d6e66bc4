import CSQLite

/// The floor of ingest: rows inserted into one SQLite table, with nothing around it.
///
/// The same settings as the log's (WAL, one writer, `synchronous=FULL`), the same row size, a hundred rows a transaction.
@safe final class BareTable {
    private var database: OpaquePointer?
    private var insert: OpaquePointer?

    init(path: String) throws(Failure) {
        guard unsafe sqlite3_open(path, &database) == SQLITE_OK else { throw Failure("sqlite can't open \(path)") }
        try execute("PRAGMA journal_mode=WAL")
        try execute("PRAGMA synchronous=FULL")
        try execute(
            "CREATE TABLE event(workspace INTEGER, seq INTEGER, type TEXT, at INTEGER, data BLOB, PRIMARY KEY(workspace, seq)) WITHOUT ROWID"
        )
        let sql = "INSERT INTO event VALUES(1, ?1, 'bench.tick', ?2, ?3)"
        guard unsafe sqlite3_prepare_v2(database, sql, -1, &insert, nil) == SQLITE_OK else { throw failure() }
    }

    deinit {
        unsafe sqlite3_finalize(insert)
        unsafe sqlite3_close(database)
    }

    /// Inserts groups of `group` rows of `data` for `seconds`.
    /// - Returns: rows per second.
    func fill(group: Int, data: [UInt8], seconds: Double) throws(Failure) -> Double {
        let began = Monotonic.now
        let end = began + Int64(seconds * Double(Monotonic.second))
        var sequence: Int64 = 0
        while Monotonic.now < end {
            try execute("BEGIN IMMEDIATE")
            for _ in 0..<group {
                sequence += 1
                try add(sequence, data)
            }
            try execute("COMMIT")
        }
        return Double(sequence) / (Double(Monotonic.now - began) / Double(Monotonic.second))
    }

    private func add(_ sequence: Int64, _ data: [UInt8]) throws(Failure) {
        unsafe sqlite3_bind_int64(insert, 1, sequence)
        unsafe sqlite3_bind_int64(insert, 2, Monotonic.now)
        let isDone = unsafe data.withUnsafeBytes { raw in
            unsafe sqlite3_bind_blob(insert, 3, raw.baseAddress, Int32(raw.count), nil)
            return unsafe sqlite3_step(insert) == SQLITE_DONE
        }
        unsafe sqlite3_reset(insert)
        guard isDone else { throw failure() }
    }

    private func execute(_ sql: String) throws(Failure) {
        guard unsafe sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    private func failure() -> Failure {
        guard let text = unsafe sqlite3_errmsg(database) else { return Failure("sqlite failed") }
        return Failure("sqlite: \(unsafe String(cString: text))")
    }
}
