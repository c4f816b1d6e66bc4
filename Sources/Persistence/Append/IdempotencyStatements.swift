import Events

/// The statements of `idempotency`: which ids and keys were used, by whom, for what.
///
/// Every event has a row `e:<eventId>` that lives as long as the event and at least seven days; each `Idempotency-Key`
/// has a row `k:<user> <key>`, so that the keys of two users never meet. `expires` 0 means: as long as the event.
final class IdempotencyStatements {
    /// How long an event's id is remembered at least, in milliseconds.
    static let minimumRetention: Milliseconds = 7 * 86_400_000

    /// What a row is about.
    enum Key {
        case event(EventID)
        case header(UserID, String)
    }

    struct Row {
        let principal: UserID
        let hash: [UInt8]
        let sequence: SequenceNumber
        let expires: Milliseconds
    }

    private let insert: SQLiteStatement
    private let select: SQLiteStatement
    private let delete: SQLiteStatement
    private let limit: SQLiteStatement
    private let purge: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        insert = try connection.prepare("INSERT INTO idempotency VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        select = try connection.prepare(
            "SELECT principal, hash, seq, expires FROM idempotency WHERE ws = ?1 AND key = ?2")
        delete = try connection.prepare("DELETE FROM idempotency WHERE ws = ?1 AND key = ?2")
        limit = try connection.prepare("UPDATE idempotency SET expires = ?3 WHERE ws = ?1 AND key = ?2")
        purge = try connection.prepare(
            """
            DELETE FROM idempotency WHERE (ws, key) IN
            (SELECT ws, key FROM idempotency WHERE ws = ?1 AND expires > 0 AND expires <= ?2 LIMIT ?3)
            """)
    }

    func insert(_ key: Key, in workspace: WorkspaceKey, _ row: Row) throws(SQLiteError) {
        insert.bind(1, workspace.rawValue)
        bind(key, to: insert)
        insert.bind(3, row.principal.text)
        insert.bind(4, blob: row.hash)
        insert.bind(5, row.sequence)
        insert.bind(6, row.expires)
        try insert.run()
    }

    func row(_ key: Key, in workspace: WorkspaceKey) throws(SQLiteError) -> Row? {
        select.bind(1, workspace.rawValue)
        bind(key, to: select)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return Row(
            principal: UserID(validated: select.text(0)), hash: select.bytes(1), sequence: select.integer(2),
            expires: select.integer(3))
    }

    func delete(_ key: Key, in workspace: WorkspaceKey) throws(SQLiteError) {
        delete.bind(1, workspace.rawValue)
        bind(key, to: delete)
        try delete.run()
    }

    /// Lets a row outlive its event until `expires`.
    func keep(_ key: Key, in workspace: WorkspaceKey, until expires: Milliseconds) throws(SQLiteError) {
        limit.bind(1, workspace.rawValue)
        bind(key, to: limit)
        limit.bind(3, expires)
        try limit.run()
    }

    /// Deletes at most `count` rows whose time is over. - Returns: how many it deleted.
    func purge(
        _ workspace: WorkspaceKey, at now: Milliseconds, atMost count: Int, on connection: SQLiteConnection
    ) throws(SQLiteError) -> Int {
        purge.bind(1, workspace.rawValue)
        purge.bind(2, now)
        purge.bind(3, Int64(count))
        try purge.run()
        return connection.changes
    }

    private func bind(_ key: Key, to statement: SQLiteStatement) {
        switch key {
        case .event(let id): statement.bind(2, prefix: "e:", id.text)
        case .header(let user, let key): statement.bind(2, prefix: "k:", "\(user.text) \(key)")
        }
    }
}
