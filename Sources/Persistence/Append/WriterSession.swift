import Events

/// The writing connection and its compiled statements; made, used and dropped by the writer's thread alone.
final class WriterSession {
    let connection: SQLiteConnection
    let events: EventStatements
    let idempotency: IdempotencyStatements
    let messages: MessageKeyStatements
    let directory: DirectoryStatements
    /// The copy of the database under way; it ends with the connection whose writes it follows.
    var copy: PageCopy?

    /// Opens a database that is there and migrated.
    init(_ settings: LogSettings, level: FrameLevel) throws(SQLiteError) {
        connection = try SQLiteConnection(path: settings.path, mode: .write)
        try connection.execute(
            """
            PRAGMA synchronous = \(settings.synchronous.rawValue);
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA journal_size_limit = \(settings.checkpointBytes * 4);
            PRAGMA cache_size = -16384;
            PRAGMA mmap_size = 0;
            PRAGMA temp_store = MEMORY;
            """)
        connection.report(walFramesTo: level)
        events = try EventStatements(connection)
        idempotency = try IdempotencyStatements(connection)
        messages = try MessageKeyStatements(connection)
        directory = try DirectoryStatements(connection)
    }

    func begin() throws(SQLiteError) { try connection.execute("BEGIN IMMEDIATE") }

    func commit() throws(SQLiteError) { try connection.execute("COMMIT") }

    /// - Returns: whether no transaction is open now, so that the connection can go on.
    func rollBack() -> Bool {
        if connection.isIdle { return true }
        // Its own error adds nothing: what counts is whether the transaction is gone.
        try? connection.execute("ROLLBACK")
        return connection.isIdle
    }

    /// The committed head of every workspace.
    func heads() throws(SQLiteError) -> [WorkspaceKey: SequenceNumber] {
        let statement = try connection.prepare("SELECT ws, next_seq - 1 FROM workspaces")
        defer { statement.reset() }
        var heads: [WorkspaceKey: SequenceNumber] = [:]
        while try statement.step() { heads[WorkspaceKey(statement.integer(0))] = statement.integer(1) }
        return heads
    }
}

@available(*, unavailable)
extension WriterSession: Sendable {}
