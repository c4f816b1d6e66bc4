import Events

/// The statements that append to `events` and move the heads.
final class EventStatements {
    /// Bit 0 of `events.flags`: the client's time lay too far ahead and was clamped.
    static let clampedFlag: Int64 = 1

    private let insert: SQLiteStatement
    private let receipt: SQLiteStatement
    private let moveHead: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        insert = try connection.prepare(
            """
            INSERT INTO events (ws, seq, event_id, type, user, session, channel, entity_type, entity_id, occurred_at,
            received_at, flags, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """)
        receipt = try connection.prepare("SELECT event_id, received_at FROM events WHERE ws = ?1 AND seq = ?2")
        moveHead = try connection.prepare("UPDATE workspaces SET next_seq = ?2, updated_at = ?3 WHERE ws = ?1")
    }

    func insert(_ event: Event, flags: Int64) throws(SQLiteError) {
        insert.bind(1, event.workspace.rawValue)
        insert.bind(2, event.sequence)
        insert.bind(3, event.eventID.text)
        insert.bind(4, event.type.text)
        insert.bind(5, event.user.text)
        insert.bind(6, event.session?.text)
        insert.bind(7, event.channel?.text)
        insert.bind(8, event.entity?.type)
        insert.bind(9, event.entity?.id.text)
        insert.bind(10, event.occurredAt)
        insert.bind(11, event.receivedAt)
        insert.bind(12, flags)
        insert.bind(13, utf8: event.data)
        try insert.run()
    }

    /// What was given to an event that is still in the log.
    func receipt(_ workspace: WorkspaceKey, _ sequence: SequenceNumber) throws(SQLiteError) -> AppendReceipt? {
        receipt.bind(1, workspace.rawValue)
        receipt.bind(2, sequence)
        defer { receipt.reset() }
        guard try receipt.step() else { return nil }
        return AppendReceipt(
            eventID: EventID(validated: receipt.text(0)), sequence: sequence, receivedAt: receipt.integer(1))
    }

    func moveHead(of workspace: WorkspaceKey, to head: SequenceNumber, at now: Milliseconds) throws(SQLiteError) {
        moveHead.bind(1, workspace.rawValue)
        moveHead.bind(2, head + 1)
        moveHead.bind(3, now)
        try moveHead.run()
    }
}
