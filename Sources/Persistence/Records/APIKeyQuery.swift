import Events

/// The statements of `api_keys`.
enum APIKeyQuery {
    private static let columns = "ws, prefix, hash, user, role, created_at, expires, revoked"

    /// - Returns: false when the prefix is taken.
    static func insert(_ key: APIKeyRecord, on connection: SQLiteConnection) throws(SQLiteError) -> Bool {
        let statement = try connection.prepare(
            """
            INSERT OR IGNORE INTO api_keys (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        statement.bind(1, key.workspace.rawValue)
        statement.bind(2, key.prefix)
        statement.bind(3, blob: key.hash)
        statement.bind(4, key.user.text)
        statement.bind(5, key.role.rawValue)
        statement.bind(6, key.createdAt)
        statement.bind(7, key.expiresAt)
        statement.bind(8, key.revokedAt)
        try statement.run()
        return connection.changes == 1
    }

    /// - Returns: false when there is no such key, or it is revoked already.
    static func revoke(
        _ workspace: WorkspaceKey, prefix: String, at now: Milliseconds, on connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let statement = try connection.prepare(
            "UPDATE api_keys SET revoked = ?3 WHERE ws = ?1 AND prefix = ?2 AND revoked IS NULL")
        statement.bind(1, workspace.rawValue)
        statement.bind(2, prefix)
        statement.bind(3, now)
        try statement.run()
        return connection.changes == 1
    }

    static func key(prefix: String, on connection: SQLiteConnection) throws(SQLiteError) -> APIKeyRecord? {
        let statement = try connection.prepare("SELECT \(columns) FROM api_keys WHERE prefix = ?1")
        statement.bind(1, prefix)
        defer { statement.reset() }
        return try statement.step() ? record(from: statement) : nil
    }

    static func keys(of workspace: WorkspaceKey, on connection: SQLiteConnection) throws(SQLiteError) -> [APIKeyRecord]
    {
        let statement = try connection.prepare(
            "SELECT \(columns) FROM api_keys WHERE ws = ?1 ORDER BY created_at, prefix")
        statement.bind(1, workspace.rawValue)
        defer { statement.reset() }
        var keys: [APIKeyRecord] = []
        while try statement.step() { keys.append(record(from: statement)) }
        return keys
    }

    private static func record(from row: SQLiteStatement) -> APIKeyRecord {
        // A role that this binary does not know grants the least.
        APIKeyRecord(
            workspace: WorkspaceKey(row.integer(0)), prefix: row.text(1), hash: row.bytes(2),
            user: UserID(validated: row.text(3)), role: Role(rawValue: row.text(4)) ?? .member,
            createdAt: row.integer(5), expiresAt: row.optionalInteger(6), revokedAt: row.optionalInteger(7))
    }
}
