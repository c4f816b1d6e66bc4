import Events

/// Removes what is older than it must be kept: events by ranges of seq, idempotency rows whose time is over, audit entries.
///
/// Each step is one small transaction on the writer's connection, so that appends go on in between.
struct Retention: Sendable {
    /// How many rows one step removes at most.
    static let stepRows = 500

    /// What one step did.
    struct Step: Sendable {
        let removed: Int
        /// The new floor of the log; nil where it did not move.
        let floor: SequenceNumber?
        /// Whether there may be more to remove now.
        let hasMore: Bool
    }

    let workspace: WorkspaceKey
    let now: Milliseconds
    /// Older than this goes; nil keeps every event.
    let cutoff: Milliseconds?
    /// The same for audit entries.
    var auditCutoff: Milliseconds?

    /// Removes the oldest events up to ``cutoff``, never ahead of the oldest checkpoint: without one, none.
    func pruneEvents(on session: WriterSession) throws(SQLiteError) -> Step {
        guard let cutoff,
            let limit = try CheckpointQuery.oldest(workspace, on: session.connection),
            let floor = try session.connection.integer(
                "SELECT log_floor FROM workspaces WHERE ws = \(workspace.rawValue)")
        else { return Step(removed: 0, floor: nil, hasMore: false) }
        let doomed = try events(after: floor, through: limit, receivedBefore: cutoff, on: session.connection)
        guard let last = doomed.last?.sequence else { return Step(removed: 0, floor: nil, hasMore: false) }
        for event in doomed { try forget(event, on: session) }
        try session.connection.execute(
            """
            DELETE FROM events WHERE ws = \(workspace.rawValue) AND seq <= \(last);
            UPDATE workspaces SET log_floor = \(last) WHERE ws = \(workspace.rawValue);
            """)
        return Step(removed: doomed.count, floor: last, hasMore: doomed.count == Self.stepRows)
    }

    /// Removes idempotency rows that have expired.
    func purgeIdempotency(on session: WriterSession) throws(SQLiteError) -> Step {
        let removed = try session.idempotency.purge(
            workspace, at: now, atMost: Self.stepRows, on: session.connection)
        return Step(removed: removed, floor: nil, hasMore: removed == Self.stepRows)
    }

    /// Removes audit entries up to ``auditCutoff``.
    func purgeAudit(on session: WriterSession) throws(SQLiteError) -> Step {
        guard let auditCutoff else { return Step(removed: 0, floor: nil, hasMore: false) }
        let removed = try AuditQuery.purge(
            workspace, before: auditCutoff, atMost: Self.stepRows, on: session.connection)
        return Step(removed: removed, floor: nil, hasMore: removed == Self.stepRows)
    }

    private struct DoomedEvent {
        let sequence: SequenceNumber
        let eventID: EventID
        let receivedAt: Milliseconds
        /// The message that it made.
        let message: MessageID?
    }

    private func events(
        after floor: SequenceNumber, through limit: SequenceNumber, receivedBefore cutoff: Milliseconds,
        on connection: SQLiteConnection
    ) throws(SQLiteError) -> [DoomedEvent] {
        let statement = try connection.prepare(
            """
            SELECT seq, event_id, received_at, type, data FROM events
            WHERE ws = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4
            """)
        statement.bind(1, workspace.rawValue)
        statement.bind(2, floor)
        statement.bind(3, limit)
        statement.bind(4, Int64(Self.stepRows))
        defer { statement.reset() }
        var doomed: [DoomedEvent] = []
        while try statement.step(), statement.integer(2) < cutoff {
            let eventID = EventID(validated: statement.text(1))
            var message: MessageID?
            if statement.text(3) == "message.sent" {
                message = Catalogue.facts(of: EventType(validated: "message.sent"), data: statement.bytes(4))
                    .message(eventID: eventID)
            }
            doomed.append(
                DoomedEvent(
                    sequence: statement.integer(0), eventID: eventID, receivedAt: statement.integer(2),
                    message: message))
        }
        return doomed
    }

    /// Forgets the message that an event made, and its id once seven days have passed.
    private func forget(_ event: DoomedEvent, on session: WriterSession) throws(SQLiteError) {
        if let message = event.message {
            try session.messages.forget(message, in: workspace, at: event.sequence)
        }
        let expires = event.receivedAt + IdempotencyStatements.minimumRetention
        if expires <= now {
            try session.idempotency.delete(.event(event.eventID), in: workspace)
        } else {
            try session.idempotency.keep(.event(event.eventID), in: workspace, until: expires)
        }
    }
}
