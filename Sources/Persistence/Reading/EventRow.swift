import Events

/// How a row of `events` is selected and read.
enum EventRow {
    static let columns =
        "seq, event_id, type, user, session, channel, entity_type, entity_id, occurred_at, received_at, data"

    static func event(of workspace: WorkspaceKey, from row: SQLiteStatement) -> Event {
        let entity = row.optionalText(6).map {
            Entity(type: $0, id: EntityID(validated: row.text(7)))
        }
        return Event(
            workspace: workspace, eventID: EventID(validated: row.text(1)), sequence: row.integer(0),
            type: EventType(validated: row.text(2)), user: UserID(validated: row.text(3)),
            session: row.optionalText(4).map { SessionID(validated: $0) },
            channel: row.optionalText(5).map { ChannelID(validated: $0) }, entity: entity,
            occurredAt: row.integer(8), receivedAt: row.integer(9), data: row.bytes(10))
    }

    /// About what an event weighs in an answer, beside its payload.
    static let overheadBytes = 200
}
