import Events

/// A read connection and its compiled statements; used by one thread at a time.
final class ReaderSession {
    let connection: SQLiteConnection
    private let page: SQLiteStatement
    private let lengths: SQLiteStatement
    private let message: SQLiteStatement

    init(path: String) throws(SQLiteError) {
        connection = try SQLiteConnection(path: path, mode: .read)
        try connection.execute("PRAGMA query_only = ON; PRAGMA mmap_size = 0")
        page = try connection.prepare(
            """
            SELECT \(EventRow.columns) FROM events WHERE ws = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4
            """)
        lengths = try connection.prepare(
            "SELECT data FROM events WHERE ws = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4")
        message = try connection.prepare(MessageKeyQuery.sql)
    }

    /// See ``LogReader/page(_:after:through:limit:maximumBytes:maximumScan:matching:)``.
    func page(
        _ workspace: WorkspaceKey, after: SequenceNumber, through: SequenceNumber, limit: Int, maximumBytes: Int,
        maximumScan: Int, matches: (EventType) -> Bool
    ) throws(SQLiteError) -> EventPage {
        var events: [Event] = []
        var bytes = 0
        var last = after
        bindRange(page, workspace, after, through, limit: maximumScan)
        defer { page.reset() }
        while events.count < limit, try page.step() {
            if matches(EventType(validated: page.text(2))) {
                let weight = page.byteCount(10) + EventRow.overheadBytes
                if !events.isEmpty && bytes + weight > maximumBytes { break }
                bytes += weight
                events.append(EventRow.event(of: workspace, from: page))
            }
            last = page.integer(0)
        }
        return EventPage(events: events, next: last)
    }

    /// See ``LogReader/span(_:after:through:maximumEvents:maximumBytes:)``.
    func bytes(
        _ workspace: WorkspaceKey, after: SequenceNumber, through: SequenceNumber, maximumEvents: Int,
        maximumBytes: Int
    ) throws(SQLiteError) -> Int {
        var bytes = 0
        bindRange(lengths, workspace, after, through, limit: maximumEvents)
        defer { lengths.reset() }
        while bytes <= maximumBytes, try lengths.step() {
            bytes += lengths.byteCount(0) + EventRow.overheadBytes
        }
        return bytes
    }

    /// The event as the sink saw it when it was committed.
    func committed(_ event: Event) throws(SQLiteError) -> CommittedEvent {
        let facts = Catalogue.facts(of: event.type, data: event.data)
        var target: MessageRecord?
        if let id = facts.message(eventID: event.eventID) {
            target = try MessageKeyQuery.record(id, in: event.workspace, before: event.sequence, by: message)
        }
        return CommittedEvent(event: event, facts: facts, target: target)
    }

    private func bindRange(
        _ statement: SQLiteStatement, _ workspace: WorkspaceKey, _ after: SequenceNumber, _ through: SequenceNumber,
        limit: Int
    ) {
        statement.bind(1, workspace.rawValue)
        statement.bind(2, after)
        statement.bind(3, through)
        statement.bind(4, Int64(limit))
    }
}

@available(*, unavailable)
extension ReaderSession: Sendable {}
