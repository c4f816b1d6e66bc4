import Events

/// The statements of `audit`; rows of no workspace have `ws` 0.
enum AuditQuery {
    /// The key of no workspace: they begin with 1.
    static let noWorkspace = WorkspaceKey(0)

    static func insert(_ entries: [AuditEntry], on connection: SQLiteConnection) throws(SQLiteError) {
        let statement = try connection.prepare("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        var random = SystemRandomNumberGenerator()
        for entry in entries {
            statement.bind(1, (entry.workspace ?? noWorkspace).rawValue)
            statement.bind(2, EventID.make(now: entry.at, using: &random).text)
            statement.bind(3, entry.at)
            statement.bind(4, entry.actor)
            statement.bind(5, entry.action)
            statement.bind(6, entry.subject)
            statement.bind(7, entry.outcome)
            statement.bind(8, entry.request)
            statement.bind(9, entry.detail)
            try statement.run()
        }
    }

    /// Newest first: the ids are UUIDv7 and so in order of time.
    /// - Parameter id: only those older than this one; nil: from the newest on.
    static func entries(
        of workspace: WorkspaceKey?, before id: String?, limit: Int, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [StoredAuditEntry] {
        let statement = try connection.prepare(
            """
            SELECT at, actor, action, subject, outcome, request, detail, id FROM audit WHERE ws = ?1 AND id < ?3
            ORDER BY id DESC LIMIT ?2
            """)
        statement.bind(1, (workspace ?? noWorkspace).rawValue)
        statement.bind(2, Int64(limit))
        // Behind every id, whose digits are hexadecimal.
        statement.bind(3, id ?? "g")
        defer { statement.reset() }
        var entries: [StoredAuditEntry] = []
        while try statement.step() {
            let entry = AuditEntry(
                workspace: workspace, at: statement.integer(0), actor: statement.text(1), action: statement.text(2),
                subject: statement.text(3), outcome: statement.text(4), request: statement.text(5),
                detail: statement.text(6))
            entries.append(StoredAuditEntry(id: statement.text(7), entry: entry))
        }
        return entries
    }

    /// Sorts before every id made at `time` or later: a UUIDv7 begins with its milliseconds (RFC 9562 §5.7).
    private static func firstID(at time: Milliseconds) -> String {
        let digits = String(max(time, 0), radix: 16)
        let padded = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        return "\(padded.prefix(8))-\(padded.dropFirst(8))"
    }

    /// Removes the oldest entries written before `cutoff`.
    /// - Returns: how many, at most `limit`.
    static func purge(
        _ workspace: WorkspaceKey?, before cutoff: Milliseconds, atMost limit: Int, on connection: SQLiteConnection
    ) throws(SQLiteError) -> Int {
        let statement = try connection.prepare(
            """
            DELETE FROM audit WHERE ws = ?1 AND id IN (
                SELECT id FROM audit WHERE ws = ?1 AND id < ?2 ORDER BY id LIMIT ?3
            )
            """)
        statement.bind(1, (workspace ?? noWorkspace).rawValue)
        statement.bind(2, firstID(at: cutoff))
        statement.bind(3, Int64(limit))
        try statement.run()
        return connection.changes
    }
}
