import Events
import Glibc
import Projections
import Telemetry

/// Opens the database file: makes or migrates it, checks it, decides on the epochs, loads every workspace.
struct LogOpening {
    /// How many workspaces, the last written ones, are checked for gaps.
    static let checkedWorkspaces = 100
    /// How many of the last events of each are looked at.
    static let checkedEvents: SequenceNumber = 1_000

    let settings: LogSettings
    let log: Log

    /// - Returns: the workspaces, with the epochs that hold from now on.
    func open() throws(StoreError) -> [WorkspaceLog] {
        LogRestoration.dropSecondNames(of: settings.path)
        let connection = try makeConnection()
        // The files beside it take over its mode.
        guard unsafe chmod(settings.path, 0o600) == 0 else { throw .system("chmod", errno, path: settings.path) }
        if let copy = try SchemaMigration(path: settings.path).run(on: connection) {
            log.info("database copied before its migration", ["path": .string(copy)])
        }
        try StoreError.wrapping("setting up \(settings.path)") { () throws(SQLiteError) in
            try connection.execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0")
        }
        let rows = try StoreError.wrapping("reading the workspaces") { () throws(SQLiteError) in
            try WorkspaceRow.all(on: connection)
        }
        for row in rows.prefix(Self.checkedWorkspaces) { try checkTail(of: row, on: connection) }
        for row in rows.dropFirst(Self.checkedWorkspaces) { try checkHead(of: row, on: connection) }
        let workspaces = try load(rows, on: connection)
        unsafe unlink(settings.copyPath)
        try DurableFile.synchronize(directory: settings.directory)
        return workspaces
    }

    private func makeConnection() throws(StoreError) -> SQLiteConnection {
        // SQLite would make it readable to others; its write-ahead log takes over the mode.
        try DurableFile.make(settings.path)
        do throws(SQLiteError) {
            let connection = try SQLiteConnection(path: settings.path, mode: .create)
            // Reads the header, so that a file of something else is told from one that is damaged.
            _ = try connection.integer("PRAGMA schema_version")
            return connection
        } catch {
            if error.primaryCode == SQLiteError.notADatabase {
                throw StoreError(
                    reason: .foreignFile, message: "\(settings.path) is not a database; name another in storage.url")
            }
            throw StoreError(error, while: "opening \(settings.path)")
        }
    }

    // MARK: Checks

    /// The last events must be there, one after the other, and end where the next begins.
    private func checkTail(of row: WorkspaceRow, on connection: SQLiteConnection) throws(StoreError) {
        let from = max(row.floor, row.head - Self.checkedEvents)
        let found = try StoreError.wrapping("checking the log of \(row.id)") { () throws(SQLiteError) in
            let statement = try connection.prepare(
                "SELECT count(*), max(seq) FROM events WHERE ws = ?1 AND seq > ?2")
            statement.bind(1, row.key.rawValue)
            statement.bind(2, from)
            defer { statement.reset() }
            return try statement.step() ? (statement.integer(0), statement.optionalInteger(1) ?? from) : (0, from)
        }
        if found != (row.head - from, row.head) { throw damaged(row, found: found.1) }
    }

    private func checkHead(of row: WorkspaceRow, on connection: SQLiteConnection) throws(StoreError) {
        let last = try StoreError.wrapping("checking the log of \(row.id)") { () throws(SQLiteError) in
            try connection.integer("SELECT max(seq) FROM events WHERE ws = \(row.key.rawValue)") ?? row.floor
        }
        if last != row.head { throw damaged(row, found: last) }
    }

    private func damaged(_ row: WorkspaceRow, found: SequenceNumber) -> StoreError {
        .damaged(
            """
            the log of \(row.id) should end at \(row.head) without a gap but holds other events up to \(found); \
            restore a backup
            """)
    }

    // MARK: Loading

    private func load(
        _ rows: [WorkspaceRow], on connection: SQLiteConnection
    ) throws(StoreError) -> [WorkspaceLog] {
        let mark = DurableFile.read(settings.markPath, maximumBytes: HeadMark.maximumBytes)
            .flatMap { HeadMark(decoding: $0) }
        if mark == nil && !rows.isEmpty { log.warning("head.mark is missing or damaged") }
        let trusted = mark ?? HeadMark(isClean: false, synchronous: settings.synchronous, entries: [:])
        var random = SystemRandomNumberGenerator()
        return try StoreError.wrapping("loading the workspaces") { () throws(SQLiteError) in
            try connection.execute("BEGIN IMMEDIATE")
            var workspaces: [WorkspaceLog] = []
            for row in rows {
                var epoch = row.epoch
                if !trusted.allows(row.key, epoch: row.epoch, head: row.head) {
                    epoch = Epoch(using: &random)
                    try row.store(epoch, on: connection)
                    log.warning(
                        "log is not the one that clients know, new epoch",
                        [
                            "workspace": .string(row.id.text), "epoch": .string(epoch.text),
                            "head": .integer(row.head),
                        ])
                }
                let directory = try DirectoryQuery.load(row, on: connection)
                workspaces.append(
                    WorkspaceLog(key: row.key, epoch: epoch, head: row.head, floor: row.floor, directory: directory))
            }
            try connection.execute("COMMIT")
            return workspaces
        }
    }
}
