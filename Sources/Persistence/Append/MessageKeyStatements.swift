import Events

/// The statements of `message_keys`: which event made a message, and which deleted it.
final class MessageKeyStatements {
    private let insert: SQLiteStatement
    private let select: SQLiteStatement
    private let markDeleted: SQLiteStatement
    private let forget: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        insert = try connection.prepare("INSERT INTO message_keys VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)")
        select = try connection.prepare(MessageKeyQuery.sql)
        markDeleted = try connection.prepare(
            "UPDATE message_keys SET deleted_seq = ?3 WHERE ws = ?1 AND id = ?2 AND deleted_seq IS NULL")
        forget = try connection.prepare("DELETE FROM message_keys WHERE ws = ?1 AND id = ?2 AND seq = ?3")
    }

    func insert(_ message: MessageID, _ record: MessageRecord, in workspace: WorkspaceKey) throws(SQLiteError) {
        insert.bind(1, workspace.rawValue)
        insert.bind(2, message.text)
        insert.bind(3, record.channel.text)
        insert.bind(4, record.sequence)
        insert.bind(5, record.sender.text)
        insert.bind(6, record.occurredAt)
        try insert.run()
    }

    /// The message as the log has it now.
    func record(_ message: MessageID, in workspace: WorkspaceKey) throws(SQLiteError) -> MessageRecord? {
        try MessageKeyQuery.record(message, in: workspace, before: .max, by: select)
    }

    func markDeleted(
        _ message: MessageID, in workspace: WorkspaceKey, at sequence: SequenceNumber
    ) throws(SQLiteError) {
        markDeleted.bind(1, workspace.rawValue)
        markDeleted.bind(2, message.text)
        markDeleted.bind(3, sequence)
        try markDeleted.run()
    }

    /// Forgets a message whose `message.sent` at `sequence` is pruned; a second one of that id leaves it alone.
    func forget(_ message: MessageID, in workspace: WorkspaceKey, at sequence: SequenceNumber) throws(SQLiteError) {
        forget.bind(1, workspace.rawValue)
        forget.bind(2, message.text)
        forget.bind(3, sequence)
        try forget.run()
    }
}

/// The look-up of a message, which the writer and the replay share.
enum MessageKeyQuery {
    static let sql =
        "SELECT channel, seq, sender, occurred_at, deleted_seq FROM message_keys WHERE ws = ?1 AND id = ?2"

    /// The message as the log had it before the event at `sequence`; nil when it was not sent yet.
    static func record(
        _ message: MessageID, in workspace: WorkspaceKey, before sequence: SequenceNumber, by statement: SQLiteStatement
    ) throws(SQLiteError) -> MessageRecord? {
        statement.bind(1, workspace.rawValue)
        statement.bind(2, message.text)
        defer { statement.reset() }
        guard try statement.step(), statement.integer(1) < sequence else { return nil }
        return MessageRecord(
            channel: ChannelID(validated: statement.text(0)), sequence: statement.integer(1),
            sender: UserID(validated: statement.text(2)), occurredAt: statement.integer(3),
            isDeleted: statement.optionalInteger(4).map { $0 < sequence } ?? false)
    }
}

extension EventFacts {
    /// The message that the event is about, nil where it is about none.
    /// - Parameter eventID: names the message that a `message.sent` leaves unnamed.
    func message(eventID: EventID?) -> MessageID? {
        switch self {
        case .messageSent(let message, _, _, _): message ?? eventID.map { MessageID(validated: $0.text) }
        case .messageEdited(let message, _, _), .messageDeleted(let message), .messageRead(let message),
            .reaction(let message):
            message
        case .present, .absent, .userUpdated, .orchestrator, .task, .workspace, .memberAdded, .memberRemoved,
            .channelCreated, .channelJoined, .channelLeft, .other:
            nil
        }
    }

    /// Whether a ``WorkspaceDirectory`` shows the event.
    var concernsDirectory: Bool {
        switch self {
        case .workspace, .memberAdded, .memberRemoved, .channelCreated, .channelJoined, .channelLeft: true
        case .messageSent, .messageEdited, .messageDeleted, .messageRead, .reaction, .present, .absent, .userUpdated,
            .orchestrator, .task, .other:
            false
        }
    }
}
