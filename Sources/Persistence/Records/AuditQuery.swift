import Events

/// The statements of `audit`; rows of no workspace have `ws` 0.
enum AuditQuery {
    static func insert(_ entries: [AuditEntry], on connection: SQLiteConnection) throws(SQLiteError) {
        let statement = try connection.prepare("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        var random = SystemRandomNumberGenerator()
        for entry in entries {
            statement.bind(1, entry.workspace?.rawValue ?? 0)
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
    static func entries(
        of workspace: WorkspaceKey?, limit: Int, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [AuditEntry] {
        let statement = try connection.prepare(
            """
            SELECT at, actor, action, subject, outcome, request, detail FROM audit WHERE ws = ?1
            ORDER BY id DESC LIMIT ?2
            """)
        statement.bind(1, workspace?.rawValue ?? 0)
        statement.bind(2, Int64(limit))
        defer { statement.reset() }
        var entries: [AuditEntry] = []
        while try statement.step() {
            entries.append(
                AuditEntry(
                    workspace: workspace, at: statement.integer(0), actor: statement.text(1),
                    action: statement.text(2), subject: statement.text(3), outcome: statement.text(4),
                    request: statement.text(5), detail: statement.text(6)))
        }
        return entries
    }
}
