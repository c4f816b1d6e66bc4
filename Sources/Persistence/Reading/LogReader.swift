package import Events

/// Reads the log through a bounded pool of connections. Every call blocks: never call it on an event loop.
///
/// One call is one short read transaction of one statement, so a reader never holds the write-ahead log for long.
package final class LogReader: Sendable {
    /// How many rows one page may look at, whatever the filter lets pass.
    package static let maximumScan = 10_000

    private let pool: ReaderPool

    init(pool: ReaderPool) { self.pool = pool }

    /// The events after `after`, up to and including `head`, in order.
    ///
    /// - Parameter limit: the most events.
    /// - Parameter maximumBytes: stops before the page would weigh more; the first event always comes.
    /// - Returns: fewer than asked for only at `head` or at a limit. Pruned events are simply missing: compare with the floor.
    package func events(
        _ workspace: WorkspaceKey, after: SequenceNumber, limit: Int, maximumBytes: Int,
        through head: SequenceNumber
    ) throws(StoreError) -> [Event] {
        try page(workspace, after: after, through: head, limit: limit, maximumBytes: maximumBytes).events
    }

    /// The same with a filter by type, and with the position up to which the log was looked through.
    /// - Parameter maximumScan: how many rows to look at, matching or not.
    package func page(
        _ workspace: WorkspaceKey, after: SequenceNumber, through head: SequenceNumber, limit: Int,
        maximumBytes: Int, maximumScan: Int = LogReader.maximumScan,
        matching matches: @Sendable (EventType) -> Bool = { _ in true }
    ) throws(StoreError) -> EventPage {
        try pool.read { session throws(SQLiteError) in
            try session.page(
                workspace, after: after, through: head, limit: limit, maximumBytes: maximumBytes,
                maximumScan: maximumScan, matches: matches)
        }
    }

    /// The events as the sink saw them: with their facts, and with their targets as they were before each event.
    package func replay(
        _ workspace: WorkspaceKey, after: SequenceNumber, limit: Int, maximumBytes: Int = 4 << 20,
        through head: SequenceNumber = .max
    ) throws(StoreError) -> [CommittedEvent] {
        try pool.read { session throws(SQLiteError) in
            let page = try session.page(
                workspace, after: after, through: head, limit: limit, maximumBytes: maximumBytes, maximumScan: limit,
                matches: { _ in true })
            var committed: [CommittedEvent] = []
            committed.reserveCapacity(page.events.count)
            for event in page.events { committed.append(try session.committed(event)) }
            return committed
        }
    }

    /// Hands everything after `after` up to `head` to `body`, page by page, in order; `body` may take its time.
    package func export(
        _ workspace: WorkspaceKey, after: SequenceNumber, through head: SequenceNumber,
        _ body: ([Event]) throws -> Void
    ) throws {
        var position = after
        while position < head {
            let page = try page(workspace, after: position, through: head, limit: 1_000, maximumBytes: 1 << 20)
            if page.events.isEmpty { return }
            try body(page.events)
            position = page.next
        }
    }

    /// How much lies after `after` up to `head`, for the limits of a replay.
    ///
    /// The count is exact and costs nothing, since the log has no gaps; the bytes are read only within both limits, so
    /// the call's cost is bounded by them.
    package func span(
        _ workspace: WorkspaceKey, after: SequenceNumber, through head: SequenceNumber, maximumEvents: Int,
        maximumBytes: Int
    ) throws(StoreError) -> LogSpan {
        let events = Int(max(0, head - after))
        if events == 0 { return LogSpan(events: 0, bytes: 0, isWithinLimits: true) }
        if events > maximumEvents { return LogSpan(events: events, bytes: nil, isWithinLimits: false) }
        let bytes = try pool.read { session throws(SQLiteError) in
            try session.bytes(
                workspace, after: after, through: head, maximumEvents: maximumEvents, maximumBytes: maximumBytes)
        }
        return LogSpan(events: events, bytes: bytes, isWithinLimits: bytes <= maximumBytes)
    }

    // MARK: Beside the log

    /// The last checkpoint of a fold; nil when there is none, or it is of another version, or damaged.
    package func checkpoint(
        _ workspace: WorkspaceKey, fold: String, version: Int32
    ) throws(StoreError) -> (sequence: SequenceNumber, state: [UInt8])? {
        try pool.read { session throws(SQLiteError) in
            guard let checkpoint = try CheckpointQuery.load(workspace, fold, version, on: session.connection)
            else { return nil }
            return (checkpoint.sequence, checkpoint.state)
        }
    }

    /// The API key that begins with `prefix`, revoked or not.
    package func apiKey(prefix: String) throws(StoreError) -> APIKeyRecord? {
        try pool.read { session throws(SQLiteError) in
            try APIKeyQuery.key(prefix: prefix, on: session.connection)
        }
    }

    /// The API keys of a workspace, oldest first.
    package func apiKeys(_ workspace: WorkspaceKey) throws(StoreError) -> [APIKeyRecord] {
        try pool.read { session throws(SQLiteError) in
            try APIKeyQuery.keys(of: workspace, on: session.connection)
        }
    }

    /// The audit log, newest first.
    /// - Parameter workspace: nil: what concerns none.
    /// - Parameter id: only what is older than this entry; nil: from the newest on.
    package func audit(
        _ workspace: WorkspaceKey?, before id: String? = nil, limit: Int
    ) throws(StoreError) -> [StoredAuditEntry] {
        try pool.read { session throws(SQLiteError) in
            try AuditQuery.entries(of: workspace, before: id, limit: limit, on: session.connection)
        }
    }
}

/// A page of the log.
package struct EventPage: Sendable, Equatable {
    package let events: [Event]
    /// The last position looked at: where the next page begins. That of the request when there was nothing.
    package let next: SequenceNumber
}

/// What lies between two positions of the log.
package struct LogSpan: Sendable, Equatable {
    package let events: Int
    /// nil when it was not counted, since there were too many events; may stop just above the limit.
    package let bytes: Int?
    package let isWithinLimits: Bool
}
