import Events

/// A row of `workspaces`.
struct WorkspaceRow {
    let key: WorkspaceKey
    let id: WorkspaceID
    let slug: WorkspaceID
    let timeZone: String
    let name: String?
    let epoch: Epoch
    let head: SequenceNumber
    let floor: SequenceNumber

    /// All of them, the last written first.
    static func all(on connection: SQLiteConnection) throws(SQLiteError) -> [WorkspaceRow] {
        let statement = try connection.prepare(
            "SELECT ws, id, slug, tz, epoch, next_seq - 1, log_floor, name FROM workspaces ORDER BY updated_at DESC, ws"
        )
        defer { statement.reset() }
        var rows: [WorkspaceRow] = []
        var random = SystemRandomNumberGenerator()
        while try statement.step() {
            rows.append(
                WorkspaceRow(
                    key: WorkspaceKey(statement.integer(0)), id: WorkspaceID(validated: statement.text(1)),
                    slug: WorkspaceID(validated: statement.text(2)), timeZone: statement.text(3),
                    name: statement.optionalText(7),
                    // An epoch that cannot be read was nobody's.
                    epoch: Epoch(statement.text(4)) ?? Epoch(using: &random), head: statement.integer(5),
                    floor: statement.integer(6)))
        }
        return rows
    }

    func store(_ epoch: Epoch, on connection: SQLiteConnection) throws(SQLiteError) {
        let statement = try connection.prepare("UPDATE workspaces SET epoch = ?2 WHERE ws = ?1")
        statement.bind(1, key.rawValue)
        statement.bind(2, epoch.text)
        try statement.run()
    }
}
