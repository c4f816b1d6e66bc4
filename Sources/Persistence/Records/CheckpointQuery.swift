import Events

/// The statements of `checkpoints`; one row for each fold of a workspace.
enum CheckpointQuery {
    static func save(_ checkpoint: FoldCheckpoint, on connection: SQLiteConnection) throws(SQLiteError) {
        let statement = try connection.prepare("INSERT OR REPLACE INTO checkpoints VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        statement.bind(1, checkpoint.workspace.rawValue)
        statement.bind(2, checkpoint.fold)
        statement.bind(3, Int64(checkpoint.version))
        statement.bind(4, checkpoint.sequence)
        statement.bind(5, checkpoint.checksum)
        statement.bind(6, blob: checkpoint.state)
        try statement.run()
    }

    /// - Returns: nil when there is none, or its version or checksum differs.
    static func load(
        _ workspace: WorkspaceKey, _ fold: String, _ version: Int32, on connection: SQLiteConnection
    ) throws(SQLiteError) -> FoldCheckpoint? {
        let statement = try connection.prepare(
            "SELECT seq, checksum, state FROM checkpoints WHERE ws = ?1 AND fold = ?2 AND version = ?3")
        statement.bind(1, workspace.rawValue)
        statement.bind(2, fold)
        statement.bind(3, Int64(version))
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        let checkpoint = FoldCheckpoint(
            workspace: workspace, fold: fold, version: version, sequence: statement.integer(0),
            state: statement.bytes(2))
        return checkpoint.checksum == statement.integer(1) ? checkpoint : nil
    }

    /// How far every fold of `workspace` has come; nil when it has no checkpoint.
    static func oldest(_ workspace: WorkspaceKey, on connection: SQLiteConnection) throws(SQLiteError)
        -> SequenceNumber?
    {
        let statement = try connection.prepare("SELECT min(seq) FROM checkpoints WHERE ws = ?1")
        statement.bind(1, workspace.rawValue)
        defer { statement.reset() }
        return try statement.step() ? statement.optionalInteger(0) : nil
    }
}
